import { describeDuration } from '../src/core/describe-duration.js';
import { displayName } from '../src/core/provider-name.js';
import type { HistorySnapshot } from '../src/observe/history.js';
import type { FailoverStatus } from '../src/observe/status.js';
import { cut, drawLatency, drawTimeline, providerColour } from './charts.js';
import { byId, element, numberCell, table } from './dom.js';
import { PHASES } from './phases.js';

/** The page: reads `status` and `history` beside it every few seconds. It sends nothing. */

const REFRESH_MS = 5_000;

let minutes = 60;
let latest: { status: FailoverStatus; history: HistorySnapshot; readAt: number } | undefined;

/** The agent is the only parameter that the page takes. */
function addressOf(name: string): string {
  const agentId = new URLSearchParams(location.search).get('agentId');
  return agentId === null ? name : `${name}?agentId=${encodeURIComponent(agentId)}`;
}

async function read<T>(name: string): Promise<T> {
  const response = await fetch(addressOf(name));
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

async function refresh(): Promise<void> {
  try {
    const [status, history] = await Promise.all([read<FailoverStatus>('status'), read<HistorySnapshot>('history')]);
    latest = { status, history, readAt: Date.now() };
    show();
  } catch {
    byId('live').className = 'lost';
    byId('live').textContent = 'The agent does not answer. Is it running?';
  }
}

function show(): void {
  if (!latest) return;
  const { status, history } = latest;
  byId('agent').textContent = `${status.agent.name || status.agent.id} · version ${status.version}`;
  byId('live').className = '';
  byId('live').textContent = `Live, ${new Date(status.at).toLocaleTimeString()}`;
  showPhase(status);
  showTotals(status);
  showAnswers(status);
  showFailures(status);
  showFailovers(status);
  tick();
  draw(history, status);
}

function draw(history: HistorySnapshot, { outages }: FailoverStatus): void {
  const range = cut(history, minutes);
  drawTimeline(byId('timeline'), range, outages);
  drawLatency(byId('latency'), range);
  const names = history.providers.map(({ name }) => name);
  const entry = (text: string, colour: string) => {
    const mark = element('i', { 'aria-hidden': 'true' });
    mark.style.background = colour;
    return element('li', {}, mark, text);
  };
  byId('legend').replaceChildren(
    ...names.map((name) => entry(displayName(name), providerColour(names, name))),
    entry('unanswered', 'var(--bad)'),
    entry('outage', 'var(--band)'),
  );
}

/** Says it again only when it has changed: a screen reader reads every change aloud. */
function showPhase({ phase }: FailoverStatus): void {
  const { tone, title, advice } = PHASES[phase];
  const place = byId('phase');
  if (place.dataset.phase === phase) return;
  place.dataset.phase = phase;
  place.className = tone;
  place.replaceChildren(element('strong', {}, title), element('p', {}, advice));
}

function showTotals({ totals, endpoints }: FailoverStatus): void {
  const sumOf = (count: 'inFlight' | 'retriesLeft') =>
    endpoints.reduce((sum, endpoint) => sum + endpoint[count], 0).toLocaleString();
  const shown: [string, string][] = [
    ['calls', totals.calls.toLocaleString()],
    ['failed over', totals.failovers.toLocaleString()],
    ['unanswered', totals.unanswered.toLocaleString()],
    ['ElizaNet tokens', (totals.inputTokens + totals.outputTokens).toLocaleString()],
    ['ElizaNet cost', `$${totals.costUsd.toFixed(4)}`],
    ['requests under way', sumOf('inFlight')],
    ['retries left', sumOf('retriesLeft')],
  ];
  byId('totals').replaceChildren(
    ...shown.map(([name, value]) => element('li', {}, element('span', {}, name), element('b', {}, value))),
  );
}

function showAnswers({ modelTypes }: FailoverStatus): void {
  const rows = modelTypes.map(({ modelType, answeredBy, providers }) => {
    const tone = answeredBy === undefined ? 'failed' : answeredBy === providers[0] ? '' : 'answered';
    const by = element('span', { className: tone }, answeredBy === undefined ? 'none' : displayName(answeredBy));
    return [element('code', {}, modelType), by, providers.map(displayName).join(' → ')];
  });
  const heads = ['model type', 'answered by', 'order'];
  byId('answers').replaceChildren(table('Who answers each model type', heads, rows, 'No model is registered.'));
}

function showFailures({ failuresByKind }: FailoverStatus): void {
  const sorted = [...failuresByKind].sort((a, b) => b.count - a.count);
  const most = sorted[0]?.count ?? 1;
  const rows = sorted.map(({ provider, kind, count }) => {
    const meter = element('div', { className: 'meter', 'aria-hidden': 'true' });
    meter.style.width = `${(100 * count) / most}%`;
    return [
      displayName(provider),
      element('code', {}, kind),
      numberCell(String(count)),
      element('td', { className: 'meter-cell' }, meter),
    ];
  });
  const heads = ['provider', 'kind', 'count', ''];
  byId('failures').replaceChildren(table('Failures by kind', heads, rows, 'No attempt has failed.'));
}

function showFailovers({ lastFailovers, at }: FailoverStatus): void {
  const place = byId('failovers');
  const open = new Set([...place.querySelectorAll('details[open]')].map((each) => each.id));
  const focused = document.activeElement?.parentElement?.id;
  const calls = lastFailovers.map(({ id, modelType, endedAt, durationMs, answered, attempts }) => {
    const winner = attempts.find(({ outcome }) => outcome === 'answered');
    const end = answered && winner ? `answered by ${displayName(winner.provider)}` : 'not answered';
    const summary = element(
      'summary',
      {},
      `${describeDuration(Math.max(0, at - endedAt))} ago · `,
      element('code', {}, modelType),
      ' · ',
      element('span', { className: answered ? 'answered' : 'failed' }, end),
      ` in ${describeDuration(durationMs)}`,
    );
    const items = attempts.map(({ provider, outcome, reason = 'circuit open', failure, durationMs }) => {
      const why = failure ? [failure.kind, failure.statusCode ?? failure.code].filter(Boolean).join(' ') : outcome;
      const took = outcome === 'skipped' ? reason : describeDuration(durationMs);
      const said = outcome === 'skipped' ? '' : `${why}, `;
      return element('li', { className: outcome }, `${displayName(provider)}: ${said}${took}`);
    });
    const details = element('details', { id: `call-${id}` }, summary, element('ol', {}, ...items));
    details.open = open.has(details.id);
    return details;
  });
  place.replaceChildren(
    ...(calls.length > 0 ? calls : [element('p', { className: 'none' }, 'No call has failed over.')]),
  );
  if (focused) document.getElementById(focused)?.querySelector('summary')?.focus();
}

/** The countdowns of the circuits, every second. */
function tick(): void {
  if (!latest) return;
  const { status, readAt } = latest;
  const sinceMs = Date.now() - readAt;
  const rows = status.circuits.map(({ provider, modelType, state, reason, statusCode, since, retryInMs }) => {
    const left = Math.max(0, retryInMs - sinceMs);
    const cause = [statusCode, reason].filter(Boolean).join(' ') || 'reported by another process';
    const next = state === 'open' && left > 0 ? `in ${Math.ceil(left / 1000)} s` : 'with the next call';
    const lasts = describeDuration(Math.max(0, status.at + sinceMs - since));
    return [displayName(provider), modelType ?? 'every model type', cause, numberCell(lasts), numberCell(next)];
  });
  const heads = ['provider', 'model type', 'cause', 'for', 'probe'];
  byId('circuits').replaceChildren(table('Open circuits', heads, rows, 'None. Every provider is asked.'));
}

for (const button of document.querySelectorAll<HTMLButtonElement>('#ranges button')) {
  button.addEventListener('click', () => {
    minutes = Number(button.dataset.minutes);
    for (const each of document.querySelectorAll('#ranges button')) {
      each.setAttribute('aria-pressed', String(each === button));
    }
    if (latest) draw(latest.history, latest.status);
  });
}
const redraw = () => latest && draw(latest.history, latest.status);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
addEventListener('resize', redraw);
document.addEventListener('visibilitychange', () => !document.hidden && refresh());
setInterval(() => !document.hidden && refresh(), REFRESH_MS);
setInterval(tick, 1_000);
refresh();
