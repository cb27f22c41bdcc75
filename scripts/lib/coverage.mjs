/** Checks the line coverage in total and of each operation, so that a good average cannot hide an untested operation. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { VERBS } from '../../.dependency-cruiser.mjs';
import { inRoot, root } from './workspace.mjs';

const OVERALL = 85;
const PER_OPERATION = 70;
const OPERATION = new RegExp(`^packages/api/src/(account|features|platform)/([a-z-]+/)*(${VERBS})(-[a-z0-9-]+)?[.]ts$`);

/** One message per coverage below its threshold, from the `coverage/coverage-summary.json` that vitest has just written. */
export function coverageFaults() {
  const { total, ...files } = JSON.parse(readFileSync(inRoot('coverage/coverage-summary.json'), 'utf8'));
  const faults = [];
  if (total.lines.pct < OVERALL)
    faults.push(`total line coverage is ${total.lines.pct} %, at least ${OVERALL} % required`);
  for (const [file, { lines }] of Object.entries(files)) {
    const path = relative(root, file);
    if (OPERATION.test(path) && lines.pct < PER_OPERATION) {
      faults.push(`line coverage of ${path} is ${lines.pct} %, at least ${PER_OPERATION} % required`);
    }
  }
  return faults;
}
