/** Installs everything that the real tier runs, once: tests that wait for a registry have no time left for the rest. */

import { ensureVenv } from './litellm/venv.js';
import { ensurePackages } from './packages.js';

await ensureVenv();
for (const folder of ['agent/', 'elizaos/', 'compat/nodes/']) await ensurePackages(new URL(folder, import.meta.url));
