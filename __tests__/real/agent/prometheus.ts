import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcess, logOf } from '../child-process.js';
import { freePort } from '../free-port.js';
import { PROMETHEUS, PROMTOOL } from '../system-packages.js';
import { eventually } from './user.js';

const START_TIMEOUT_MS = 30_000;

/** What `promtool check metrics` says about a page: '' when it accepts it. */
export function checkMetrics(page: string): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile(PROMTOOL, ['check', 'metrics'], (error, stdout, stderr) => {
      resolve((error ? `${error.message}\n` : '') + stdout + stderr);
    });
    child.stdin?.end(page);
  });
}

export interface Prometheus {
  /** The sum of a query's values; undefined while it has none. */
  query(query: string): Promise<number | undefined>;
  stop(): Promise<void>;
}

/** Starts a Prometheus that scrapes the metrics of the plugin at `address`, a URL without a path, every second. */
export async function startPrometheus(address: string, agentId: string): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
  const config = {
    scrape_configs: [
      {
        job_name: 'agent',
        scrape_interval: '1s',
        metrics_path: '/elizanet-fallback/metrics',
        params: { agentId: [agentId] },
        static_configs: [{ targets: [new URL(address).host] }],
      },
    ],
  };
  // JSON is YAML.
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const port = await freePort();
  const child = spawn(
    PROMETHEUS,
    [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const log = logOf(child);
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    await endProcess(child, 8_000);
    await rm(folder, { recursive: true, force: true });
  };
  const isReady = () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  if (!(await eventually(isReady, (ready) => ready, START_TIMEOUT_MS))) {
    await stop();
    throw new Error(`Prometheus did not start:\n${log()}`);
  }
  return {
    async query(query) {
      const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
      const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
      return data.result.length === 0 ? undefined : data.result.reduce((sum, { value }) => sum + Number(value[1]), 0);
    },
    stop,
  };
}
