import { cp, mkdtemp, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** What git ignores, such as a build. */
const IGNORED = /[\\/](?:\.git|node_modules|dist|coverage|\.cache|\.eliza\w*|docs[\\/]api|\.env)$/;

/** A copy of the repository in a temporary folder, as a clone has it; the installed packages are linked. @returns its path */
export async function cloneRepository(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'elizanet-clone-'));
  await cp(ROOT, folder, { recursive: true, filter: (path) => !IGNORED.test(path) });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}
