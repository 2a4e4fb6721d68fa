import { readFileSync } from 'node:fs';

/** What loading a source file loads with it, by its static imports: files, and names of packages. */
export function importGraph(entry: URL): { files: string[]; packages: string[] } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: URL) => {
    if (files.has(file.pathname)) return;
    files.add(file.pathname);
    // A type import leaves nothing behind; every other one does, even when all it names are types.
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
