import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from '@elizaos/core';

/** `dist/index.js`, which this code is built into. The source has no such file. */
const BUILD = fileURLToPath(new URL('index.js', import.meta.url));

const loadedAt = Date.now();

/**
 * The plugin of a build that was made after this one was loaded; undefined if there is none. `elizaos test` loads an
 * existing `dist`, then deletes it and builds it: what was not loaded by then is gone, and what was is outdated.
 */
export async function newerBuild(): Promise<Plugin | undefined> {
  const builtAt = statSync(BUILD, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (builtAt <= loadedAt) return undefined;
  // Without the query, Bun returns the module that it has; also with one, if it is given a `file:` URL.
  const { default: plugin }: { default: Plugin } = await import(`${BUILD}?built=${builtAt}`);
  return plugin;
}
