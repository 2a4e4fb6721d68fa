import { createRequire } from 'node:module';
import ts from 'typescript';
import * as plugin from '../src/index.js';

const load = createRequire(import.meta.url);

/** Runs a TypeScript block of a document, with `src` as this package. @returns what it exports. */
export function runSnippet(code: string): Record<string, unknown> {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const exports: Record<string, unknown> = {};
  const require = (name: string) => (name === '@elizaos/plugin-elizanet-fallback' ? plugin : load(name));
  new Function('exports', 'require', outputText)(exports, require);
  return exports;
}
