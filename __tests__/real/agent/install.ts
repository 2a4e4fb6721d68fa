import { fileURLToPath } from 'node:url';
import { ensurePackages } from '../packages.js';

/**
 * Installs AgentServer, PGlite and the plugins of a real agent once, and returns the folder that has them in its
 * `node_modules`. They are no dev dependencies of ours: together they are half a gigabyte, with a core of their own.
 */
export function ensureAgentPackages(): Promise<string> {
  return ensurePackages(new URL('.', import.meta.url));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await ensureAgentPackages());
