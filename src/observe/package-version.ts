import { readFileSync } from 'node:fs';

/** The version of this package, of the nearest package.json above this file: `dist/cli.js`, or the source. */
export function packageVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version;
    } catch {
      // Not in this folder.
    }
  }
  return 'unknown';
}
