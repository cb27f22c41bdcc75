import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { call, inputParameter, type Person, register } from './call.ts';

/** What was answered to one who asks for more than anybody should: how often with each status. */
export type Answers = Record<string, number>;

/** One way in which a person asks for as much as they can, until it is over. */
export type Abuse = (person: Person, url: string, answers: Answers, isOver: AbortSignal) => Promise<void>;

const longest = 'a'.repeat(20_000);
const updates = 300;

/** A person with much to search through, much to read, and a task that was changed again and again. */
export async function registerGreedy(url: string): Promise<Person> {
  const person = await register(url);
  const { token } = person;
  for (let count = 0; count < 200; count += 10) {
    await Promise.all(
      Array.from({ length: 10 }, () => call(url, 'tasks.create', { title: 'Long', notes: longest }, token)),
    );
  }
  const diary = await call(url, 'tasks.create', { title: 'Diary' }, token);
  for (let count = 0; count < updates; count += 1) {
    await call(url, 'tasks.update', { id: diary.id, notes: `${count} ${longest.slice(10)}` }, token);
  }
  return person;
}

const searched = { text: `${'a'.repeat(199)}b`, limit: 100 };
const page = { limit: 100 };

/** Each with so many requests at once that a queue forms, and with no pause. */
export const abuses: Readonly<Record<string, Abuse>> = {
  searches: repeat(12, () => `/trpc/tasks.list?${inputParameter(searched)}`),
  pulls: repeat(
    12,
    (index) => `/trpc/sync.pull?${inputParameter({ ...page, cursor: after(210 + (index % updates)) })}`,
  ),
  exports: repeat(4, () => '/api/v1/users/me/export'),
  batches: repeat(6, () => {
    const inputs = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [index, index % 2 ? page : searched]));
    return `/trpc/${Array(10).fill('tasks.list').join(',')}?batch=1&${inputParameter(inputs)}`;
  }),
  'slow reads': async (person, url, answers, isOver) => {
    const path = `/trpc/${Array(10).fill('tasks.list').join(',')}?batch=1&${inputParameter({ 0: page, 1: page, 2: page })}`;
    await inLanes(20, isOver, answers, async () => {
      const response = await send(`${url}${path}`, person, isOver);
      count(answers, response.statusCode);
      // A kilobyte a second, for a few seconds; then the next.
      for (let seconds = 0; seconds < 3 && !isOver.aborted; seconds += 1) {
        response.read(1024);
        await sleep(1000, undefined, { signal: isOver });
      }
      response.destroy();
    });
  },
  streams: async (person, url, answers, isOver) => {
    await inLanes(20, isOver, answers, async (lane) => {
      const response = await send(`${url}/api/v1/sync/live`, person, isOver, {
        accept: 'text/event-stream',
        'last-event-id': String(210 + lane),
      });
      count(answers, response.statusCode);
      response.resume();
      await sleep(500, undefined, { signal: isOver });
      response.destroy();
    });
  },
};

function after(number: number): string {
  return Buffer.from(JSON.stringify(['changes', [String(number)]])).toString('base64url');
}

/** Asks `width` times at once, again and again; answers are read and thrown away. */
function repeat(width: number, pathOf: (index: number) => string): Abuse {
  return (person, url, answers, isOver) =>
    inLanes(width, isOver, answers, async (lane, round) => {
      const response = await send(`${url}${pathOf(lane + round * width)}`, person, isOver);
      response.resume();
      await new Promise((resolve) => response.once('close', resolve));
      count(answers, response.statusCode);
      // A refused caller may retry at once; the sender shares this machine, so that has its price as well.
      if (response.statusCode !== 200) await sleep(20, undefined, { signal: isOver });
    });
}

async function inLanes(
  width: number,
  isOver: AbortSignal,
  answers: Answers,
  work: (lane: number, round: number) => Promise<void>,
): Promise<void> {
  const lane = async (_: unknown, index: number) => {
    for (let round = 0; !isOver.aborted; round += 1) {
      await work(index, round).catch(() => {
        // The server cuts clients that hold too much; then they come again.
        if (!isOver.aborted) count(answers, 'cut');
      });
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}

const agent = new Agent({ keepAlive: true, maxSockets: 100 });

function send(
  url: string,
  { token }: Person,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { agent, signal, headers: { ...headers, authorization: `Bearer ${token}` } },
      (response) => {
        response.on('error', () => undefined);
        resolve(response);
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

function count(answers: Answers, status: number | 'cut' | undefined): void {
  answers[String(status)] = (answers[String(status)] ?? 0) + 1;
}
