import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import type { Fault } from '../../lab/stand-in/fault.js';
import { type StandIn, type StandInOptions, startStandIn } from '../../lab/stand-in/server.js';
import type { CheckResult } from '../../src/doctor/check-result.js';
import { type Diagnosis, type DoctorInput, diagnose } from '../../src/doctor/doctor.js';

export const KEY = 'sk-doctor-must-never-show-this';

/** The folder that the doctor runs in, in a parent of its own. A new one for each test. */
export let cwd: string;
let parent: string;
let elizaNet: StandIn | undefined;

/** Prepares the tests of the file that calls it. Bun runs the hooks of an imported file for one importer only. */
export function setUp(): void {
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'elizanet-doctor-'));
    cwd = mkdtempSync(join(parent, 'agent-'));
  });

  afterEach(async () => {
    rmSync(parent, { recursive: true, force: true });
    await elizaNet?.close();
    elizaNet = undefined;
  });
}

/** The stand-in of this test. */
export function standIn(): StandIn {
  if (!elizaNet) throw new Error('no stand-in was started');
  return elizaNet;
}

export async function startElizaNet(options?: StandInOptions): Promise<StandIn> {
  elizaNet = await startStandIn(options);
  return elizaNet;
}

export type Examination = Diagnosis & { results: CheckResult[] };

/** Runs the doctor with this environment. Proves that no result contains the key. */
export async function examine(env: Record<string, string>, input: Partial<DoctorInput> = {}): Promise<Examination> {
  const results: CheckResult[] = [];
  const findings = diagnose({ cwd, env: { ELIZANET_API_KEY: KEY, ...env }, ...input });
  for (;;) {
    const { done, value } = await findings.next();
    if (!done) {
      results.push(value);
      continue;
    }
    expect(JSON.stringify(results)).not.toContain(KEY);
    return { ...value, results };
  }
}

/** Examines a stand-in with this fault. */
export async function examineStandIn(fault: Fault, env: Record<string, string> = {}, options?: StandInOptions) {
  const { url } = await startElizaNet(options);
  standIn().fault = fault;
  return examine({ ELIZANET_BASE_URL: url, ...env });
}

/** The result with this id. */
export function resultOf({ results }: Examination, id: CheckResult['id']): CheckResult | undefined {
  return results.find((result) => result.id === id);
}
