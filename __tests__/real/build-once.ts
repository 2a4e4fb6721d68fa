import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Builds a folder unless it is there already. It is built beside its final place and moved there when it is whole: an
 * interrupted build leaves nothing that counts.
 * @param isWhole says whether a folder is what it should be. @default it exists
 */
export async function buildOnce(
  place: string,
  build: (part: string) => Promise<void>,
  isWhole: (place: string) => boolean = existsSync,
): Promise<void> {
  if (isWhole(place)) return;
  await mkdir(dirname(place), { recursive: true });
  await removeLeftovers(dirname(place));
  const part = `${place}.part-${process.pid}`;
  await mkdir(part);
  await build(part);
  // One that is not whole any more is in the way of the new one.
  if (!isWhole(place)) await rm(place, { recursive: true, force: true });
  await rename(part, place).catch(async (error: unknown) => {
    await rm(part, { recursive: true, force: true });
    // Somebody else may have been faster.
    if (!isWhole(place)) throw error;
  });
}

/** Half-built folders of processes that are gone. */
async function removeLeftovers(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const pid = /\.part-(\d+)$/.exec(name)?.[1];
    if (pid && !isRunning(Number(pid))) await rm(join(cache, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
