import { readFileSync } from 'node:fs';

/** The files and packages that a source file loads through static imports. */
export function importGraph(entry: URL): { files: string[]; packages: string[] } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: URL) => {
    if (files.has(file.pathname)) return;
    files.add(file.pathname);
    // `import type` is erased. A plain import is not, even if it only names types.
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)(?! type)[^;]*? from '([^']+)'/gm,
    )) {
      if (name.startsWith('.')) visit(new URL(name.replace(/\.js$/, '.ts'), file));
      else if (!name.startsWith('node:')) packages.add(name);
    }
  };
  visit(entry);
  return { files: [...files], packages: [...packages] };
}
