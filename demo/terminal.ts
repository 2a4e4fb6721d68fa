const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code: number) => (text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
export const yellow = paint(33);
export const cyan = paint(36);

/** Width without the codes that colour it. */
function width(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
  return text.replace(/\u001b\[\d+m/g, '').length;
}

/** One line of cells, each as wide as its column; the last one takes the rest. */
export function row(cells: readonly string[], columns: readonly number[]): string {
  return cells
    .map((cell, i) => cell + ' '.repeat(Math.max(0, (columns[i] ?? 0) - width(cell))))
    .join('  ')
    .trimEnd();
}
