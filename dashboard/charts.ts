import uPlot from 'uplot';
import type { HistorySnapshot } from '../src/observe/history.js';
import type { OutageRecord } from '../src/observe/outages.js';

const HEIGHT = 200;
const ELIZANET = 'elizanet-fallback';

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** ElizaNet has the same colour on every page. */
export function providerColour(names: readonly string[], name: string): string {
  if (name === ELIZANET) return colour('--series-2');
  const others = names.filter((other) => other !== ELIZANET);
  return colour(['--series-1', '--series-3', '--series-4'][others.indexOf(name)] ?? '--series-5');
}

/** The last `minutes` of a history. */
export function cut(history: HistorySnapshot, minutes: number): HistorySnapshot {
  const last = <T>(list: T[]) => list.slice(-minutes);
  return {
    at: last(history.at),
    providers: history.providers.map(({ name, answered, failed, latencyMs }) => {
      return { name, answered: last(answered), failed: last(failed), latencyMs: last(latencyMs) };
    }),
    failovers: last(history.failovers),
    unanswered: last(history.unanswered),
    inputTokens: last(history.inputTokens),
    outputTokens: last(history.outputTokens),
    costUsd: last(history.costUsd),
  };
}

function axes(values: (value: number) => string): uPlot.Axis[] {
  const common = {
    stroke: colour('--soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
    font: '11px system-ui, DejaVu Sans, sans-serif',
  };
  const time = [
    [3600, '{HH}:{mm}', null, null, null, null, null, null, 1],
    [60, '{HH}:{mm}', null, null, null, null, null, null, 1],
  ];
  return [
    { ...common, values: time },
    { ...common, size: 60, values: (_, splits) => splits.map(values) },
  ];
}

/** Colours the times of outages, behind the series. */
function bands(outages: readonly OutageRecord[]): (plot: uPlot) => void {
  return (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.fillStyle = colour('--band');
    for (const { from, to = Date.now() } of outages) {
      const left = Math.max(bbox.left, plot.valToPos(from / 1000, 'x', true));
      const right = Math.min(bbox.left + bbox.width, plot.valToPos(to / 1000, 'x', true));
      if (right > left) ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
    }
    ctx.restore();
  };
}

type PathBuilder = uPlot.Series.PathBuilder;

function draw(
  place: HTMLElement,
  options: Partial<uPlot.Options> & { series: uPlot.Series[] },
  data: uPlot.AlignedData,
) {
  const { padding = [12, 12, 0, 0] } = options;
  const size = { width: Math.max(200, place.clientWidth), height: HEIGHT };
  place.replaceChildren();
  new uPlot({ ...size, padding, legend: { show: false }, cursor: { show: false }, ...options }, data, place);
}

/** Answers of each provider, stacked, with unanswered calls on top and outages as bands. */
export function drawTimeline(place: HTMLElement, history: HistorySnapshot, outages: readonly OutageRecord[]): void {
  const names = history.providers.map(({ name }) => name);
  const parts = [
    ...history.providers.map(({ name, answered }) => ({ colour: providerColour(names, name), values: answered })),
    { colour: colour('--bad'), values: history.unanswered },
  ];
  const bars: PathBuilder | undefined = uPlot.paths.bars?.({ size: [0.9, 20], align: 1 });
  const sums = history.at.map(() => 0);
  const stacked = parts.map(({ values, colour }) => {
    for (const [i, value] of values.entries()) sums[i] = (sums[i] ?? 0) + value;
    return { colour, values: [...sums] };
  });
  // The highest stack is drawn first, so that the lower ones cover it.
  stacked.reverse();
  const most = Math.max(4, ...sums);
  draw(
    place,
    {
      axes: axes((value) => (Number.isInteger(value) ? String(value) : '')),
      // Up to the end of the newest minute.
      scales: { x: { range: (_, first, last) => [first, last + 60] }, y: { range: [0, most * 1.1] } },
      series: [{}, ...stacked.map(({ colour }) => ({ fill: colour, width: 0, paths: bars, points: { show: false } }))],
      hooks: { drawClear: [bands(outages)] },
    },
    [history.at.map((at) => at / 1000), ...stacked.map(({ values }) => values)],
  );
  const total = (list: number[]) => list.reduce((sum, value) => sum + value, 0);
  const shares = history.providers.map(({ name, answered }) => `${name} ${total(answered)}`).join(', ');
  const said = `Answers by provider: ${shares || 'none'}. Failovers: ${total(history.failovers)}. Unanswered: ${total(history.unanswered)}.`;
  place.setAttribute('aria-label', said);
}

/** Mean latency of each provider. */
export function drawLatency(place: HTMLElement, history: HistorySnapshot): void {
  const names = history.providers.map(({ name }) => name);
  const seconds = (value: number) => (value >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms`);
  const lines = history.providers.map(({ name, latencyMs }) => {
    const stroke = providerColour(names, name);
    return { series: { stroke, width: 2, spanGaps: true, points: { show: true, size: 5, fill: stroke } }, latencyMs };
  });
  draw(
    place,
    {
      axes: axes(seconds),
      scales: {
        x: { range: (_, first, last) => [first, last + 60] },
        y: { range: (_, __, highest) => [0, Math.max(100, highest ?? 0) * 1.1] },
      },
      series: [{}, ...lines.map(({ series }) => series)],
    },
    [history.at.map((at) => at / 1000), ...lines.map(({ latencyMs }) => latencyMs)],
  );
  const newest = history.providers.map(({ name, latencyMs }) => {
    const known = latencyMs.filter((value) => value !== null);
    return `${name} ${known.length > 0 ? seconds(known.at(-1) ?? 0) : 'no answer yet'}`;
  });
  place.setAttribute('aria-label', `Latest mean time to an answer: ${newest.join(', ') || 'none'}.`);
}
