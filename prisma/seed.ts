/** `pnpm db:seed`: a person with a few weeks of history behind them, made by the product's own operations. */
import { randomBytes } from 'node:crypto';
import {
  type Clock,
  createCaller,
  createDeps,
  createRequestContext,
  type Deps,
  DomainError,
  type JobQueue,
  plainRequest,
} from '@alice/api';
import { joinDatabase } from '@alice/db';
import { commandSettings, describeLocation, requireProductionFlag } from '@alice/db/commands';
import { migrate } from '@alice/db/migrations';

const account = { email: 'demo@alice.example', name: 'Demo', timeZone: 'Europe/Berlin' };
/** In production nobody may know it beforehand: it is made for the one account, and shown once. */
const publicPassword = 'a demo password for everybody';
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const log = {
  debug: () => undefined,
  info: (_fields: object, message: string) => console.log(message),
  warn: (_fields: object, message: string) => console.warn(message),
  error: (fields: object, message: string) => console.error(message, fields),
};

/** Nobody reads the mails of a person who is made up. */
const noJobs: JobQueue = { send: async () => undefined };

/** A clock that is set to the day that is being told. */
function movableClock(): Clock & { set(at: number): void } {
  let now = Date.now();
  return {
    now: () => new Date(now),
    set: (at) => {
      now = at;
    },
  };
}

async function seed(deps: Deps, clock: ReturnType<typeof movableClock>, password: string): Promise<string> {
  const callAs = (authorization: string | null) =>
    createCaller(() =>
      createRequestContext(deps, plainRequest({ id: 'seed', log, authorization, userAgent: 'db:seed' })),
    );
  const today = Date.now();
  clock.set(today - 70 * dayMs);
  await callAs(null).auth.register({ ...account, password });
  /** Access tokens are short: a day that is being told begins with a sign-in. */
  const onDay = async (at: number) => {
    clock.set(at);
    const { tokens } = await callAs(null).auth.login({ email: account.email, password });
    return callAs(`Bearer ${tokens.accessToken}`);
  };

  let api = await onDay(today - 70 * dayMs);
  const book = await api.goals.create({
    title: 'Write the book',
    notes: 'Twelve chapters, one a week.',
    progressSource: 'tasks',
    metric: { unit: 'chapters', target: 12 },
    dueDate: new Date(today + 60 * dayMs).toISOString().slice(0, 10),
  });
  await api.goals.create({ title: 'Lighter by summer', metric: { unit: 'kg', start: 84, target: 78, current: 81.5 } });

  for (let chapter = 1; chapter <= 9; chapter += 1) {
    const startsAt = today - (70 - chapter * 7) * dayMs;
    api = await onDay(startsAt);
    const task = await api.tasks.create({
      title: `Chapter ${chapter}`,
      goalId: book.id,
      priority: 'high',
      estimateMinutes: 600,
      due: { date: new Date(startsAt + 6 * dayMs).toISOString().slice(0, 10) },
    });
    await api.tasks.update({ id: task.id, status: 'in_progress' });
    if (chapter === 9) break;
    api = await onDay(startsAt + (2 + (chapter % 4)) * dayMs);
    await api.tasks.complete({ id: task.id });
  }

  api = await onDay(today);
  const date = (days: number) => new Date(today + days * dayMs).toISOString().slice(0, 10);
  await api.tasks.create({ title: 'Pay the rent 🏠', priority: 'urgent', due: { date: date(-1) } });
  await api.tasks.create({ title: 'Call the dentist', due: { date: date(1), time: '09:30' }, estimateMinutes: 10 });
  await api.tasks.create({ title: 'Plan the trip to 京都', notes: '- trains\n- a room with a view' });
  return `Seeded. Sign in as ${account.email} with "${password}".`;
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (args.some((arg) => arg !== '--production')) throw new Error('usage: pnpm db:seed [--production]');
  const settings = commandSettings();
  console.log(`database: ${describeLocation(settings.database)}`);
  requireProductionFlag(settings, args.length > 0, 'db:seed creates a demo user');
  const password = settings.isProduction ? randomBytes(24).toString('base64url') : publicPassword;
  const db = await joinDatabase(settings.database);
  try {
    await migrate({ database: db, log });
    const clock = movableClock();
    const deps = await createDeps({ db, log, jobs: noJobs, secrets: [crypto.randomUUID().repeat(2)] }, { clock });
    console.log(await seed(deps, clock, password));
  } catch (error) {
    const isThere = error instanceof Error && error.cause instanceof DomainError && error.cause.code === 'CONFLICT';
    if (!isThere) throw error;
    console.log(`${account.email} already exists: nothing to do.`);
  } finally {
    await db.close();
  }
}

main().catch((error: unknown) => {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
