/** Runs the matrix of published primaries, prints it, and writes what was seen for the documents. `npm run docs:matrix` */
import { writeFileSync } from 'node:fs';
import { expectedOutcome } from '../lab/matrix/cells.js';
import { runMatrix } from '../lab/matrix/run-matrix.js';
import { MATRIX_FILE, matrixJson, matrixOf, matrixSummary } from './matrix.js';

const findings = await runMatrix();
const results = findings.flatMap((found) => found.results);
const matrix = matrixOf(results);
console.log(matrixSummary(matrix));
const failed = results.filter((result) => result.outcome !== expectedOutcome(result) || result.problems.length > 0);
for (const { plugin, kind, fault, outcome, problems, route } of failed) {
  console.error(`plugin-${plugin}, ${kind}, ${fault}: ${[outcome, ...problems, route].join('; ')}`);
}
const unhandled = findings.flatMap(({ plugin, unhandled }) => unhandled.map((error) => `plugin-${plugin}: ${error}`));
for (const error of unhandled) console.error(`unhandled: ${error}`);
if (failed.length + unhandled.length > 0) process.exit(1);
writeFileSync(MATRIX_FILE, matrixJson(matrix));
