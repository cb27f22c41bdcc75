import { setTimeout as sleep } from 'node:timers/promises';
import { getJson, type Reply } from './json-client.ts';
import type { Person } from './people.ts';
import { subscribe } from './subscription.ts';

/** A change as the wire gives it, as far as a copy looks into it. */
interface Change {
  readonly number: number;
  readonly entity: string;
  readonly id: string;
  readonly deleted: boolean;
  readonly row: ({ readonly version: number } & Readonly<Record<string, unknown>>) | null;
}

interface Pulled {
  readonly data: readonly Change[];
  readonly nextCursor: string;
  readonly hasMore: boolean;
  readonly fullSyncRequired: boolean;
  readonly number: number | null;
}

interface Held {
  readonly entity: string;
  readonly version: number;
  readonly deleted: boolean;
  readonly row: Change['row'];
}

const backOffMs = 500;

/**
 * A client with a copy of all that a person has: it pulls to the end, then follows the live feed, and after whatever
 * breaks it goes on from the last number that it saw. It writes down every number that it was given.
 */
export class LocalCopy {
  readonly person: Person;
  readonly #urls: readonly string[];
  readonly #rows = new Map<string, Held>();
  /** The numbers that came over the stream, in the order in which they came. */
  readonly received: number[] = [];
  /** What must not happen. */
  readonly faults: string[] = [];
  connects = 0;
  refusals = 0;
  /** The number at which the first sync ended and the stream began. */
  start: number | null = null;
  #lastSeen = 0;
  #cut: (() => void) | null = null;
  #isOver = false;

  constructor(person: Person, urls: readonly string[]) {
    this.person = person;
    this.#urls = urls;
  }

  get lastSeen(): number {
    return this.#lastSeen;
  }

  /** Follows until it is told to stop. */
  async follow(): Promise<void> {
    await this.#pull();
    while (!this.#isOver) {
      await this.#stream();
      await sleep(Math.random() * backOffMs);
    }
  }

  /** Cuts its connection, wherever it is. */
  cut(): void {
    this.#cut?.();
  }

  stop(): void {
    this.#isOver = true;
    this.cut();
  }

  /** The live rows that it holds of an entity, by id. */
  rows(entity: string): ReadonlyMap<string, Change['row']> {
    const held = [...this.#rows].filter(([, row]) => row.entity === entity && !row.deleted);
    return new Map(held.map(([key, { row }]) => [key.slice(entity.length + 1), row]));
  }

  async #pull(): Promise<void> {
    let cursor: string | undefined;
    while (!this.#isOver) {
      const query = `limit=50${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
      const reply: Reply | null = await getJson(`${this.#anyUrl()}/api/v1/sync/changes?${query}`, this.person.token);
      if (reply === null || reply.status >= 500) {
        await sleep(Math.random() * backOffMs);
        continue;
      }
      // The guarantee: a test of the server holds this address to its schema.
      const page = reply.body as Pulled;
      if (reply.status !== 200 || page.fullSyncRequired) {
        this.faults.push(`a pull was answered with ${reply.status}`);
        return;
      }
      for (const change of page.data) this.#apply(change);
      cursor = page.nextCursor;
      if (!page.hasMore && page.number !== null) {
        this.start = page.number;
        this.#lastSeen = page.number;
        return;
      }
    }
  }

  #stream(): Promise<void> {
    this.connects += 1;
    return new Promise((resolve) => {
      const request = subscribe(this.#anyUrl(), this.person.token, this.#lastSeen, {
        onEvent: ({ id, name, data }) => {
          if (name === 'end') this.faults.push(`a stream ended with ${data}`);
          else if (name === 'ready') this.#expectStart(id);
          else this.#receive(id, JSON.parse(data) as Change);
        },
        onEnd: (status) => {
          if (status >= 500 || status === 429) this.refusals += 1;
          else if (status !== 200 && status !== 0) this.faults.push(`a stream was answered with ${status}`);
          resolve();
        },
      });
      this.#cut = () => request.destroy();
    });
  }

  #expectStart(id: number): void {
    if (id !== this.#lastSeen) this.faults.push(`a stream after ${this.#lastSeen} began after ${id}`);
  }

  #receive(id: number, change: Change): void {
    if (id !== change.number) this.faults.push(`the event ${id} holds the change ${change.number}`);
    this.received.push(change.number);
    this.#lastSeen = change.number;
    this.#apply(change);
  }

  /** The higher version stays: a row of the first sync may be ahead of changes that led to it. */
  #apply({ entity, id, deleted, row }: Change): void {
    const key = `${entity} ${id}`;
    const version = row?.version ?? Number.POSITIVE_INFINITY;
    if (version >= (this.#rows.get(key)?.version ?? 0)) this.#rows.set(key, { entity, version, deleted, row });
  }

  #anyUrl(): string {
    return this.#urls[Math.floor(Math.random() * this.#urls.length)] ?? '';
  }
}
