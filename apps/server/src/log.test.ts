import { expect, it } from 'vitest';
import { createLoggers } from './log.ts';

function logTo(lines: Record<string, unknown>[], logLevel = 'info') {
  return createLoggers({ appEnv: 'test', logLevel }, { write: (line: string) => void lines.push(JSON.parse(line)) });
}

it('writes JSON lines with the name of the level and a timestamp', () => {
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

it('writes no secret, at any depth', () => {
  const lines: Record<string, unknown>[] = [];
  const { log } = logTo(lines);
  const secrets = { password: 'hunter2', accessToken: 'hunter2', refreshToken: 'hunter2', cookie: 'hunter2' };
  log.info({ ...secrets, input: secrets, request: { headers: { authorization: 'hunter2' } } }, 'registered');
  expect(JSON.stringify(lines)).not.toContain('hunter2');
  expect(lines[0]).toMatchObject({ password: '[secret]', input: { refreshToken: '[secret]' } });
});

it('does not write a failed Redis command, which may contain the password', async () => {
  const lines: Record<string, unknown>[] = [];
  const { log } = logTo(lines);
  const failed = Object.assign(new Error('WRONGPASS'), { command: { name: 'auth', args: ['ada', 'hunter2'] } });
  log.warn({ err: failed }, 'alone');
  log.warn({ err: Object.assign(new Error('outer'), { lastNodeError: failed, code: 'GONE' }) }, 'within another');
  log.warn({ err: new AggregateError([failed], 'many') }, 'among others');
  expect(JSON.stringify(lines)).not.toContain('hunter2');
  expect(lines[0]).toMatchObject({ err: { type: 'Error', message: 'WRONGPASS', stack: expect.any(String) } });
  expect(lines[1]).toMatchObject({ err: { code: 'GONE', lastNodeError: { message: 'WRONGPASS' } } });
  expect(lines[2]).toMatchObject({ err: { aggregateErrors: [{ message: 'WRONGPASS' }] } });
});

it('writes an error with its cause', () => {
  const lines: Record<string, unknown>[] = [];
  logTo(lines).log.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'failed');
  expect(lines[0]).toMatchObject({ err: { type: 'Error', message: expect.stringContaining('inner') } });
});
