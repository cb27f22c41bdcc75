/** Counts and lists what vitest reported as JSON. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { root } from './workspace.mjs';

/** Tests that passed and failed. A file that could not be run, and a run that ended badly without a failed test, count as one failure each. */
export function countTests(reportPath, exitCode) {
  let report;
  try {
    report = JSON.parse(readFileSync(reportPath, 'utf8'));
  } catch {
    return { passed: 0, failed: 1 };
  }
  const unrun = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  );
  const failed = report.numFailedTests + unrun.length;
  return { passed: report.numPassedTests, failed: exitCode === 0 ? failed : Math.max(failed, 1) };
}

/** The lines of a message that say what was wrong; the whole stands in the log above. */
const MESSAGE_LINES = 12;

/**
 * The failed tests of a report, a paragraph each: file, title, and the beginning of the message. `[]` without a report.
 * `.ci/run` repeats them under all its output, of which often only the end is kept.
 */
export function failedTests(reportPath) {
  let report;
  try {
    report = JSON.parse(readFileSync(reportPath, 'utf8'));
  } catch {
    return [];
  }
  const indented = (message) =>
    message
      .split('\n')
      .slice(0, MESSAGE_LINES)
      .map((line) => `    ${line}`)
      .join('\n');
  return report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults.filter((assertion) => assertion.status === 'failed');
    if (failed.length === 0) return status === 'failed' ? [`  ${file}\n${indented(message ?? '')}`] : [];
    return failed.map(
      ({ fullName, failureMessages }) => `  ${file} > ${fullName}\n${indented(failureMessages.join('\n'))}`,
    );
  });
}
