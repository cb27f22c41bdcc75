/** Counts and lists the results in vitest's JSON report. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { root } from './workspace.mjs';

/** The numbers of passed and failed tests. A file that could not run is one failure, and so is a failed run without a failed test. */
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

/** How many lines of a message to repeat; the log above contains all of it. */
const MESSAGE_LINES = 12;

/**
 * The failed tests of a report, one text each: file, title, and the start of the message. `[]` without a report.
 * `.ci/run` prints them again at the end of its output, since CI systems often show only the end.
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
