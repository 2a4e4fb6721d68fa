/** Installs the packages of the real tier once, so that no test times out while it waits for a registry. */

import { ensureVenv } from './litellm/venv.js';
import { ensurePackages } from './packages.js';
import { ensureSystemPackages } from './system-packages.js';

await ensureSystemPackages();
await ensureVenv();
for (const folder of ['agent/', 'elizaos/', 'compat/nodes/', 'compat/core-2/', 'next-core/'])
  await ensurePackages(new URL(folder, import.meta.url));
