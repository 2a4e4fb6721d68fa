import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fault, HEALTHY } from '../../../lab/stand-in/fault.js';
import type { StandIn } from '../../../lab/stand-in/server.js';
import { CHROMIUM } from '../system-packages.js';
import type { RunningAgent } from './agent-server.js';
import { shapeOf } from './page-shape.js';
import {
  type ColorScheme,
  differenceFromPicture,
  keepPicture,
  openRecorded,
  RECORDS,
  recordAnswers,
} from './pictures.js';
import { nextMessage } from './script.js';
import { PREPARE_TIMEOUT_MS, type Stage, startStage } from './stage.js';
import { User } from './user.js';

/** The dashboard in a real Chromium, served by a real AgentServer. */

/** Share of a picture's pixels. A moved line of text is more. */
const MOST_DIFFERENT = 0.002;
const RATE_LIMITED: Fault = { kind: 'status', status: 429, headers: { 'retry-after': '25' } };

let stage: Stage;
let openAi: StandIn;
let elizaNet: StandIn;
let agent: RunningAgent;
let browser: Browser;

beforeAll(async () => {
  stage = await startStage({ openAi: { delayMs: 40 }, settings: { ELIZA_UI_ENABLE: 'true' } });
  ({ openAi, elizaNet, agent } = stage);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
}, PREPARE_TIMEOUT_MS);

afterAll(async () => {
  await browser?.close();
  await stage?.stop();
});

interface Opened {
  page: Page;
  /** Errors of the script, refused resources, requests to any other place. */
  problems: string[];
}

async function open(path: string, colorScheme: ColorScheme = 'light'): Promise<Opened> {
  const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 1100 } });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (line) => line.type() === 'error' && problems.push(line.text()));
  page.on('request', (request) => {
    if (!request.url().startsWith(agent.url)) problems.push(`asked for ${request.url()}`);
  });
  await page.goto(agent.url + path);
  return { page, problems };
}

const DASHBOARD = '/elizanet-fallback/dashboard';

const SCHEMES: readonly ColorScheme[] = ['light', 'dark'];

/** Opens the page in both colour schemes, and checks what it says. */
async function expectPhase(name: string, title: string): Promise<void> {
  for (const scheme of SCHEMES) {
    const { page, problems } = await open(DASHBOARD, scheme);
    await page.getByRole('status').getByText(title).waitFor();
    await page.getByText(/^Live,/).waitFor();
    await expect(await shapeOf(page)).toMatchFileSnapshot(`dashboard-pages/${name}-${scheme}.txt`);
    expect(problems).toEqual([]);
    await page.close();
  }
  if (RECORDS) await recordAnswers(name, `${agent.url}/elizanet-fallback`);
}

async function talk(messages: number): Promise<void> {
  const user = await User.arrive(agent, 'sse');
  for (let i = 0; i < messages; i++) await user.say(nextMessage().content, 15_000);
}

describe('the dashboard', { timeout: 180_000 }, () => {
  it('says what to do before the first call', () => expectPhase('empty', 'No call yet'));

  it('shows a healthy agent', async () => {
    await talk(4);
    await expectPhase('healthy', 'Every provider works');
  });

  it('shows an outage: who answers, the circuit that counts down, the attempts of the last failovers', async () => {
    openAi.fault = RATE_LIMITED;
    await talk(4);
    await expectPhase('outage', 'A provider is failing');
    const { page } = await open(DASHBOARD);
    const circuit = page
      .getByRole('table', { name: 'Open circuits' })
      .getByRole('row', { name: /openai TEXT_LARGE 429/ });
    const left = async () => Number(/in (\d+) s/.exec((await circuit.textContent()) ?? '')?.[1]);
    const before = await left();
    await expect.poll(left, { timeout: 5_000 }).toBeLessThan(before);
    const answers = page.getByRole('table', { name: 'Who answers each model type' });
    expect(await answers.getByRole('row', { name: /TEXT_LARGE/ }).textContent()).toContain('ElizaNet');
    // By keyboard alone.
    await page.locator('#failovers summary').last().focus();
    await page.keyboard.press('Enter');
    await page.locator('#failovers details[open] li').first().waitFor();
    expect(await page.locator('#failovers details[open]').textContent()).toMatch(
      /openai: rate_limit 429.*ElizaNet: answered/,
    );
    await page.getByRole('button', { name: '6 h' }).press('Space');
    expect(await page.getByRole('button', { name: '6 h' }).getAttribute('aria-pressed')).toBe('true');
    expect(await page.locator('#timeline').getAttribute('aria-label')).toMatch(
      /^Answers by provider: .*Failovers: [1-9]/,
    );
    await page.close();
  });

  it('shows that ElizaNet is down as well', async () => {
    elizaNet.fault = { kind: 'status', status: 429, headers: { 'retry-after': '290' } };
    await talk(1);
    await expectPhase('down', 'A provider and ElizaNet are both failing');
    const { page } = await open(DASHBOARD);
    const answers = page.getByRole('table', { name: 'Who answers each model type' });
    expect(await answers.getByRole('row', { name: /TEXT_LARGE/ }).textContent()).toContain('none');
    await page.close();
    openAi.fault = HEALTHY;
  });

  it('shows that ElizaNet is down while the primary is well', async () => {
    const phase = async () => {
      await talk(1);
      return ((await (await fetch(`${agent.url}/elizanet-fallback/status`)).json()) as { phase: string }).phase;
    };
    await expect.poll(phase, { timeout: 90_000, interval: 2_000 }).toBe('elizanet_down');
    await expectPhase('elizanet-down', 'ElizaNet is down: the next outage would not be answered');
    const { page } = await open(DASHBOARD);
    expect(await page.getByRole('status').textContent()).toContain('plugin-elizanet-fallback doctor');
    await page.close();
    elizaNet.fault = HEALTHY;
  });

  it('shows the agent that its address names, and that it does not answer', async () => {
    const { page } = await open(`${DASHBOARD}?agentId=${agent.agentId}`);
    await page.getByText(/^Eliza · version/).waitFor();
    const { page: nobody } = await open(`${DASHBOARD}?agentId=${agent.agentId}`);
    await nobody.route('**/status*', (route) => route.abort());
    await nobody.getByText('The agent does not answer').waitFor();
    await page.close();
    await nobody.close();
  });

  it.each(['empty', 'healthy', 'outage', 'down', 'elizanet-down'])('looks as in its picture: %s', async (name) => {
    for (const scheme of SCHEMES) {
      const page = await openRecorded(browser, agent.url + DASHBOARD, name, scheme);
      const picture = `${name}-${scheme}`;
      if (RECORDS) await keepPicture(page, picture);
      expect(await differenceFromPicture(page, picture), picture).toBeLessThan(MOST_DIFFERENT);
      await page.close();
    }
  });

  it('is a panel of the agent in the web UI of the server', async () => {
    const response = await fetch(`${agent.url}/api/agents/${agent.agentId}/panels`);
    const { data } = (await response.json()) as { data: { name: string; path: string }[] };
    const panel = data.find(({ name }) => name === 'ElizaNet');
    expect(panel?.path).toContain('/plugins/elizanet-fallback/dashboard');
    const { page, problems } = await open(panel?.path ?? '');
    await page.getByText(/^Live,/).waitFor();
    expect(problems).toEqual([]);
    await page.goto(`${agent.url}/chat/${agent.agentId}`);
    // The button that opens the agent's side bar has no name.
    await page.locator('button:has(svg.lucide-panel-right)').click();
    await page.getByRole('tab', { name: 'ElizaNet' }).click();
    const frame = page.frameLocator('iframe[title="ElizaNet"]');
    await frame.getByText(/^Live,/).waitFor();
    if (RECORDS) await keepPicture(page, 'panel');
    await page.close();
  });

  it('cannot be shown in a frame of another origin, and allows no other script', async () => {
    const { headers } = await fetch(agent.url + DASHBOARD);
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'self'");
    expect(policy).not.toContain('unsafe');
    const frame = { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'iframe' };
    expect((await fetch(agent.url + DASHBOARD, { headers: frame })).status).toBe(403);
  });
});
