/** Judges coverage: of the whole, and of each operation, so that no rule of the product goes untested behind an average. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { VERBS } from '../../.dependency-cruiser.mjs';
import { inRoot, root } from './workspace.mjs';

const OVERALL = 85;
const PER_OPERATION = 70;
const OPERATION = new RegExp(`^packages/api/src/(account|features|platform)/([a-z-]+/)*(${VERBS})(-[a-z0-9-]+)?[.]ts$`);

/** One line per fault in `coverage/coverage-summary.json`, which vitest has just written. */
export function coverageFaults() {
  const { total, ...files } = JSON.parse(readFileSync(inRoot('coverage/coverage-summary.json'), 'utf8'));
  const faults = [];
  if (total.lines.pct < OVERALL) faults.push(`lines of the whole: ${total.lines.pct} %, wanted ${OVERALL} %`);
  for (const [file, { lines }] of Object.entries(files)) {
    const path = relative(root, file);
    if (OPERATION.test(path) && lines.pct < PER_OPERATION) {
      faults.push(`lines of ${path}: ${lines.pct} %, wanted ${PER_OPERATION} %`);
    }
  }
  return faults;
}
