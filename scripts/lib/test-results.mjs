/** Counts what vitest reported as JSON. */
import { readFileSync } from 'node:fs';

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
