import { setTimeout as sleep } from 'node:timers/promises';
import { CallError, call, type Person, type Reply } from './call.ts';
import { EventStream } from './event-stream.ts';

type Change = Reply<'sync.pull'>['items'][number];

const backOffMs = 300;

/**
 * A client with a copy of all that a person has: it pulls to the end, then follows the live feed, and after whatever
 * breaks it goes on from the last number that it saw. It writes down every number that it was given.
 */
export class LiveCopy {
  readonly person: Person;
  readonly #urls: () => readonly string[];
  readonly #changes = new Map<string, Change>();
  readonly received: number[] = [];
  /** What must not happen. */
  readonly faults: string[] = [];
  connects = 0;
  /** The number at which the first sync ended and the stream began. */
  start = -1;
  lastSeen = -1;
  #stream: EventStream | null = null;
  #isOver = false;

  /** `urls`: the servers of this moment; it asks one of them at random. */
  constructor(person: Person, urls: () => readonly string[]) {
    this.person = person;
    this.#urls = urls;
  }

  /** Follows until it is told to stop. */
  async follow(): Promise<void> {
    while (this.start < 0 && !this.#isOver) {
      await this.#pull().catch((error: unknown) => {
        if (error instanceof CallError && error.status < 500) throw error;
        return sleep(Math.random() * backOffMs);
      });
    }
    while (!this.#isOver) {
      await this.#listen();
      await sleep(Math.random() * backOffMs);
    }
  }

  cut(): void {
    this.#stream?.[Symbol.dispose]();
  }

  stop(): void {
    this.#isOver = true;
    this.cut();
  }

  /** The live rows that it holds, as `<id> <version> <title>`, in order. */
  rows(entity: 'task' | 'goal'): string[] {
    return [...this.#changes.values()]
      .flatMap((change) => (change.entity === entity && !change.deleted && change.row !== null ? [change.row] : []))
      .map(({ id, version, title }) => `${id} ${version} ${title}`)
      .sort();
  }

  async #pull(): Promise<void> {
    // What a sync that broke off has left may be deleted by now, and a new one does not name it.
    this.#changes.clear();
    let cursor: string | undefined;
    for (;;) {
      const page = await call(this.#anyUrl(), 'sync.pull', { limit: 20, cursor }, this.person.token);
      for (const change of page.items) this.#apply(change);
      cursor = page.nextCursor;
      if (page.hasMore || page.number === null) continue;
      this.start = page.number;
      this.lastSeen = page.number;
      return;
    }
  }

  async #listen(): Promise<void> {
    this.connects += 1;
    using stream = new EventStream(this.#anyUrl(), this.person.token, {
      lastEventId: this.lastSeen,
      onEvent: ({ id, name, data }) => {
        if (name === 'end') this.faults.push(`a stream ended with ${data}`);
        else if (name !== 'ready') this.#receive(JSON.parse(data) as Change);
        else if (id !== this.lastSeen) this.faults.push(`a stream after ${this.lastSeen} began after ${id}`);
      },
    });
    this.#stream = stream;
    if (this.#isOver) return;
    const status = await stream.opened.then(
      (opening) => opening.status,
      () => 503,
    );
    if (status === 200) await stream.ended;
    else if (status < 500) this.faults.push(`a stream was answered with ${status}`);
  }

  #receive(change: Change): void {
    this.received.push(change.number);
    this.lastSeen = change.number;
    this.#apply(change);
  }

  /** The higher version stays: a row of the first sync may be ahead of changes that led to it. */
  #apply(change: Change): void {
    const key = `${change.entity} ${change.id}`;
    const versionOf = (of: Change | undefined) => of?.row?.version ?? 0;
    if (versionOf(change) >= versionOf(this.#changes.get(key))) this.#changes.set(key, change);
  }

  #anyUrl(): string {
    const urls = this.#urls();
    return urls[Math.floor(Math.random() * urls.length)] ?? '';
  }
}
