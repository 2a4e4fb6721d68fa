import { PATTERNS } from './patterns.js';

/** A sentence of a message, its first 400 characters. */
export interface Clause {
  /** Without quotations and addresses: each is replaced by `…`. */
  words: string;
  /** With them: providers quote the names of their limits. */
  quoting: string;
  /** True for the first sentence of its message. */
  isFirst: boolean;
}

const MAX_CLAUSES = 12;
const MAX_CLAUSE_CHARS = 400;
const ENDS_SENTENCE = '.!?;';
const ENDS_ADDRESS = '.,;:!?)]}>\'"';
const CLOSING: Readonly<Record<string, string>> = { '"': '"', '`': '`', "'": "'", '“': '”', '«': '»', '‘': '’' };

/** Splits a message into sentences and removes what they quote. */
export function clausesOf(message: string): Clause[] {
  const clauses: Clause[] = [];
  const add = (words: string, quoting: string) => {
    if (words !== '') clauses.push({ words, quoting, isFirst: clauses.length === 0 });
  };
  for (let from = 0; from < message.length && clauses.length < MAX_CLAUSES; ) {
    const sentence = readSentence(message, from);
    from = sentence.end;
    const { words, quoting } = sentence;
    const reason = PATTERNS.reasonHead.exec(words);
    add(words, quoting);
    if (reason && clauses.length === 1)
      clauses.push({ words: words.slice(reason[0].length), quoting: '', isFirst: true });
  }
  return clauses;
}

/** Reads up to the end of a sentence. Punctuation inside a quotation does not end it. */
function readSentence(message: string, start: number): { words: string; quoting: string; end: number } {
  let words = '';
  let at = start;
  for (; at < message.length; at++) {
    const character = message.charAt(at);
    if (character === '\n' || (ENDS_SENTENCE.includes(character) && isSpace(message.charAt(at + 1)))) break;
    const skipTo = quotationEnd(message, at) ?? addressEnd(message, at);
    if (words.length < MAX_CLAUSE_CHARS) words += skipTo === undefined ? character : '…';
    if (skipTo !== undefined) at = skipTo - 1;
  }
  const quoting = message.slice(start, Math.min(at, start + MAX_CLAUSE_CHARS)).trim();
  return { words: words.trim(), quoting, end: at + 1 };
}

/** @returns the position after the quotation that begins here. One that is not closed extends to the end of the message. */
function quotationEnd(message: string, at: number): number | undefined {
  const closing = CLOSING[message.charAt(at)];
  if (closing === undefined) return undefined;
  const isSingle = closing === "'" || closing === '’';
  if (isSingle && isWordCharacter(message.charAt(at - 1))) return undefined;
  for (let end = at + 1; end < message.length; end++) {
    if (message.charAt(end) === '\\') end++;
    else if (message.charAt(end) === closing && !(isSingle && isWordCharacter(message.charAt(end + 1)))) return end + 1;
  }
  return message.length;
}

/** @returns the position after the address whose `://` or `www.` begins here. */
function addressEnd(message: string, at: number): number | undefined {
  if (!message.startsWith('://', at) && !message.startsWith('www.', at)) return undefined;
  let end = at + 3;
  while (end < message.length && !isSpace(message.charAt(end))) end++;
  while (end > at + 3 && ENDS_ADDRESS.includes(message.charAt(end - 1))) end--;
  return end;
}

function isSpace(character: string): boolean {
  return character === '' || character.trim() === '';
}

function isWordCharacter(character: string): boolean {
  return (
    character !== '' && (PATTERNS.wordCharacter.test(character) || character.toLowerCase() !== character.toUpperCase())
  );
}
