import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const SOURCE = new URL('../dashboard/', import.meta.url);

/** The file that the page of the dashboard is kept in, as text that the plugin loads when the page is asked for. */
export const DASHBOARD = new URL('../src/observe/dashboard/dashboard-page.ts', import.meta.url);

/** Bundles the dashboard into one page without any address, and the policy that allows its script and style only. */
export async function dashboardModule(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('main.ts', SOURCE))],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    charset: 'ascii',
    legalComments: 'none',
  });
  // The licence of uPlot asks to be kept; the bundle of its CSS has it too.
  const licence = '/* uPlot, MIT License, Copyright (c) Leon Sorokin, https://github.com/leeoniya/uPlot */';
  const script = `${licence}${outputFiles[0]?.text ?? ''}`;
  const plotStyle = await readFile(createRequire(import.meta.url).resolve('uplot/dist/uPlot.min.css'), 'utf8');
  const style = plotStyle + (await readFile(new URL('page.css', SOURCE), 'utf8'));
  if (/<\/(script|style)/i.test(script + style)) throw new Error('The script or the style would end too early');
  const html = (await readFile(new URL('index.html', SOURCE), 'utf8'))
    .replace('<style></style>', () => `<style>${style}</style>`)
    .replace('<script></script>', () => `<script>${script}</script>`);
  const policy = [
    "default-src 'none'",
    `script-src '${hash(script)}'`,
    `style-src '${hash(style)}'`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join('; ');
  return [
    '// Generated from dashboard/ by `npm run dashboard:build`.',
    `export const DASHBOARD_POLICY = ${JSON.stringify(policy)};`,
    `export const DASHBOARD_HTML = ${JSON.stringify(html)};`,
    '',
  ].join('\n');
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
