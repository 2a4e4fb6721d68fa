type Child = Node | string;

/** Creates an element. Texts are set as text, so nothing that a server sends is read as HTML. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  { className, ...attributes }: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (className) made.className = className;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element ${id}`);
  return found;
}

/** A table with a caption for screen readers; a sentence when there are no rows. */
export function table(label: string, heads: string[], rows: Child[][], none: string): HTMLElement {
  if (rows.length === 0) return element('p', { className: 'none' }, none);
  const [first = []] = rows;
  const classOf = (cell: Child | undefined) => (cell instanceof HTMLTableCellElement ? cell.className : '');
  const heading = (text: string, i: number) => element('th', { scope: 'col', className: classOf(first[i]) }, text);
  const head = element('tr', {}, ...heads.map(heading));
  const body = rows.map((cells) =>
    element('tr', {}, ...cells.map((cell) => (cell instanceof HTMLTableCellElement ? cell : element('td', {}, cell)))),
  );
  const made = element('table', { 'aria-label': label }, element('thead', {}, head), element('tbody', {}, ...body));
  return element('div', { className: 'scroll' }, made);
}

/** A right-aligned cell. */
export function numberCell(text: string): HTMLTableCellElement {
  return element('td', { className: 'number' }, text);
}
