const { stdout } = process;
export const isTerminal = stdout.isTTY === true;

const colour = isTerminal && !process.env.NO_COLOR;
const paint = (code: number) => (text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
export const yellow = paint(33);
export const cyan = paint(36);

/** One line of cells, each padded to the width of its column. A cell is a text, or a text and its colour. */
export function row(
  cells: readonly (string | [string, (text: string) => string])[],
  columns: readonly number[],
): string {
  return cells
    .map((cell, i) => {
      const [text, colourOf] = typeof cell === 'string' ? [cell, String] : cell;
      return colourOf(text) + ' '.repeat(Math.max(0, (columns[i] ?? 0) - text.length));
    })
    .join('  ')
    .trimEnd();
}

/** The text on one line, shortened to what fits beside `usedWidth` characters. */
export function fitted(text: string, usedWidth: number): string {
  const space = Math.max(20, (stdout.columns || 200) - usedWidth - 1);
  const line = text.replace(/\s+/g, ' ');
  return line.length > space ? `${line.slice(0, space - 1)}…` : line;
}

/** Moves the cursor back to the start of the line `count` lines up, and clears from there. */
export function rewind(count: number): void {
  if (isTerminal) stdout.write(`\u001b[${count}F\u001b[J`);
}
