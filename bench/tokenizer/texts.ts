import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Length of the texts that are encoded, in characters. */
export const TEXT_LENGTH = 9_000;

const COMMON_CHARACTERS =
  '的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能对着事其里所去行过家十用发天如然作方成者多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从';

/** Numbers from 0 up to 1, the same in every run. */
function random(): () => number {
  let state = 12_345;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Clauses of six to nineteen random characters: about a token each, harder than prose. */
function randomChinese(length: number): string {
  const next = random();
  let text = '';
  while (text.length < length) {
    const clause = 6 + Math.floor(next() * 14);
    for (let i = 0; i < clause; i++) text += COMMON_CHARACTERS[Math.floor(next() * COMMON_CHARACTERS.length)];
    text += next() < 0.7 ? '，' : '。';
  }
  return text;
}

/** Paragraphs of the READMEs of installed packages. */
function englishProse(modules: string): string {
  const packages = readdirSync(modules).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => join(name, inner)) : [name],
  );
  const readmes = packages.map((name) => join(modules, name, 'README.md')).filter((path) => existsSync(path));
  const lines = readmes.flatMap((path) => readFileSync(path, 'utf8').split('\n'));
  return [...new Set(lines)].filter((line) => /^[A-Z].{60,}[.:]$/.test(line)).join('\n\n');
}

/** The compiler's own messages, in Chinese. */
function chineseProse(modules: string): string {
  return ['zh-cn', 'zh-tw']
    .flatMap((locale) => {
      const path = join(modules, 'typescript', 'lib', locale, 'diagnosticMessages.generated.json');
      return Object.values(JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>);
    })
    .map((message) => message.replace(/[!-~]+ ?/g, ''))
    .join('\n');
}

/** Texts of each kind, `TEXT_LENGTH` long, none of them twice. */
export function benchTexts(root: string, count: number): Record<string, string[]> {
  const modules = join(root, 'node_modules');
  const sources = {
    English: englishProse(modules),
    Chinese: chineseProse(modules),
    'Chinese, random': randomChinese(count * TEXT_LENGTH),
    // Behind the list of its exports.
    code: readFileSync(join(modules, 'typescript', 'lib', 'typescript.js'), 'utf8').slice(1_000_000),
  };
  return Object.fromEntries(
    Object.entries(sources).map(([kind, source]) => {
      const available = Math.min(count, Math.floor(source.length / TEXT_LENGTH));
      return [kind, Array.from({ length: available }, (_, i) => source.slice(i * TEXT_LENGTH, (i + 1) * TEXT_LENGTH))];
    }),
  );
}
