import { expect, it } from 'vitest';
import { createLoggers } from './log.ts';

function logTo(lines: Record<string, unknown>[], logLevel = 'info') {
  return createLoggers({ appEnv: 'test', logLevel }, { write: (line: string) => void lines.push(JSON.parse(line)) });
}

it('writes JSON lines with a level by name and an instant', () => {
  const lines: Record<string, unknown>[] = [];
  const { log, accessLog } = logTo(lines);
  log.info({ port: 8000 }, 'listening');
  log.debug({}, 'not at this level');
  accessLog.error({ status: 500 }, 'request');
  expect(lines).toMatchObject([
    { level: 'info', port: 8000, msg: 'listening' },
    { level: 'error', status: 500, msg: 'request' },
  ]);
  for (const { time } of lines) expect(Math.abs(Date.parse(String(time)) - Date.now())).toBeLessThan(5000);
});

it('writes no secret, wherever it stands', () => {
  const lines: Record<string, unknown>[] = [];
  const { log } = logTo(lines);
  const secrets = { password: 'hunter2', accessToken: 'hunter2', refreshToken: 'hunter2', cookie: 'hunter2' };
  log.info({ ...secrets, input: secrets, request: { headers: { authorization: 'hunter2' } } }, 'registered');
  expect(JSON.stringify(lines)).not.toContain('hunter2');
  expect(lines[0]).toMatchObject({ password: '[secret]', input: { refreshToken: '[secret]' } });
});

it('writes what went wrong with its cause', () => {
  const lines: Record<string, unknown>[] = [];
  logTo(lines).log.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'failed');
  expect(lines[0]).toMatchObject({ err: { type: 'Error', message: expect.stringContaining('inner') } });
});
