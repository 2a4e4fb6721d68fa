import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Builds a folder unless it exists. It is built beside its final path and renamed when complete, so that an interrupted
 * build leaves no half-built folder there.
 * @param isComplete whether an existing folder can be used. @default it exists
 */
export async function buildOnce(
  place: string,
  build: (part: string) => Promise<void>,
  isComplete: (place: string) => boolean = existsSync,
): Promise<void> {
  if (isComplete(place)) return;
  await mkdir(dirname(place), { recursive: true });
  await removeLeftovers(dirname(place));
  const part = `${place}.part-${process.pid}`;
  await mkdir(part);
  await build(part);
  // Make room: the existing folder cannot be used.
  if (!isComplete(place)) await rm(place, { recursive: true, force: true });
  await rename(part, place).catch(async (error: unknown) => {
    await rm(part, { recursive: true, force: true });
    // Another process may have built it in the meantime.
    if (!isComplete(place)) throw error;
  });
}

/** Removes half-built folders of processes that have ended. */
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
