import { fileURLToPath } from 'node:url';
import { ensurePackages } from '../packages.js';

/**
 * Installs AgentServer, PGlite and the plugins of a real agent once. Not dev dependencies, because they take half a
 * gigabyte and bring their own core.
 * @returns the folder whose `node_modules` has them.
 */
export function ensureAgentPackages(): Promise<string> {
  return ensurePackages(new URL('.', import.meta.url));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await ensureAgentPackages());
