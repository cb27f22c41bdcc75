import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTokenIssuer } from '../../account/sessions/tokens.ts';
import type { Deps } from '../../deps.ts';
import { signUp, type TestClock, testClock, testDeps } from '../../testing/index.ts';

let deps: Deps;
let clock: TestClock;

beforeAll(async () => {
  clock = testClock();
  // Access tokens outlive the days that are told.
  const lifetimes = { accessMinutes: 10_000, refreshDays: 7, sessionDays: 30 };
  const tokens = createTokenIssuer(
    { secrets: ['a key that only this test ever uses, of 32 bytes'], ...lifetimes },
    clock,
  );
  deps = await testDeps(await testDatabase(), { clock, tokens });
});
afterAll(() => deps.db.close());

describe('insights.overview', () => {
  it('reports too little data', async () => {
    clock.set('2026-03-04T10:00:00.000Z');
    const { api } = await signUp(deps);
    const overview = await api.insights.overview({ weeks: 2 });
    expect(overview).toMatchObject({
      throughput: {
        n: 0,
        window: { from: '2026-02-23', to: '2026-03-04', timeZone: 'UTC' },
        weeks: [
          { start: '2026-02-23', completed: 0 },
          { start: '2026-03-02', completed: 0 },
        ],
      },
      cycleTime: { n: 0, p50Hours: null, p85Hours: null },
      open: { n: 0, measuredAt: '2026-03-04T10:00:00.000Z' },
      overdue: { n: 0 },
      workInProgress: { n: 0 },
    });
    expect((await api.insights.overview()).throughput.weeks).toHaveLength(12);
  });

  it("counts weeks in the user's time zone, and percentiles of the hours since the start", async () => {
    // Sunday 23:30 in UTC is Monday in Tokyo: the same completion is of another week there.
    clock.set('2026-03-01T13:00:00.000Z');
    const people = await Promise.all([signUp(deps, { timeZone: 'UTC' }), signUp(deps, { timeZone: 'Asia/Tokyo' })]);
    const weeks: unknown[] = [];
    for (const { api } of people) {
      clock.set('2026-03-01T13:30:00.000Z');
      const hours = [1, 2, 3, 4, 10];
      const tasks = await Promise.all(hours.map(() => api.tasks.create({ title: 't' })));
      for (const [index, task] of tasks.entries()) {
        // The last was started late: its cycle begins there.
        if (index === 4) {
          clock.set('2026-03-01T17:30:00.000Z');
          await api.tasks.update({ id: task.id, status: 'in_progress' });
        }
        clock.set(new Date(Date.parse('2026-03-01T13:30:00.000Z') + (hours[index] ?? 0) * 3_600_000).toISOString());
        await api.tasks.complete({ id: task.id });
      }
      const deleted = await api.tasks.create({ title: 'deleted', status: 'done' });
      await api.tasks.delete({ id: deleted.id });
      clock.set('2026-03-04T10:00:00.000Z');
      const { throughput, cycleTime } = await api.insights.overview({ weeks: 2 });
      weeks.push(throughput.weeks.map((week) => `${week.start} ${week.completed}`));
      expect(throughput.n).toBe(5);
      // 1, 2, 3, 4, 6: percentile_cont interpolates.
      expect(cycleTime).toMatchObject({ n: 5, p50Hours: 3, p85Hours: expect.closeTo(4.8, 6) });
    }
    expect(weeks).toEqual([
      ['2026-02-23 5', '2026-03-02 0'],
      ['2026-02-23 1', '2026-03-02 4'],
    ]);
  });

  it('decides what is overdue in the time zone of the task, or else of the user', async () => {
    clock.set('2026-03-04T10:00:00.000Z');
    const overdueIn = async (zone: string) => {
      const { api } = await signUp(deps, { timeZone: zone });
      await api.tasks.create({ title: 'yesterday', due: { date: '2026-03-03' } });
      await api.tasks.create({ title: 'today', due: { date: '2026-03-04' } });
      await api.tasks.create({ title: 'at noon here', due: { date: '2026-03-04', time: '12:00' } });
      await api.tasks.create({
        title: 'noon in Tokyo is past',
        due: { date: '2026-03-04', time: '12:00', timeZone: 'Asia/Tokyo' },
      });
      await api.tasks.create({
        title: 'noon in New York is not',
        due: { date: '2026-03-04', time: '12:00', timeZone: 'America/New_York' },
      });
      await api.tasks.create({ title: 'done', status: 'done', due: { date: '2026-01-01' } });
      await api.tasks.create({ title: 'busy', status: 'in_progress' });
      const { open, overdue, workInProgress } = await api.insights.overview();
      return [open.n, overdue.n, workInProgress.n];
    };
    expect(await overdueIn('UTC')).toEqual([6, 2, 1]);
    expect(await overdueIn('Asia/Tokyo')).toEqual([6, 3, 1]);
    // Kiritimati has 5 March already: the whole of the 4th is over.
    expect(await overdueIn('Pacific/Kiritimati')).toEqual([6, 4, 1]);
  });
});
