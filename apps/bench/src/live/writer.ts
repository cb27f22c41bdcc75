import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as newId } from 'uuid';
import { send } from './json-client.ts';
import type { Person } from './people.ts';

/** What a reply promised: this row once had this version, with this title. */
export interface Acknowledgement {
  readonly person: Person;
  readonly entity: 'task' | 'goal';
  readonly id: string;
  readonly version: number;
  readonly title: string;
}

interface Known {
  readonly person: Person;
  readonly entity: Acknowledgement['entity'];
  readonly id: string;
  isDeleted: boolean;
}

/** Creates, updates, deletes and restores rows of people at random, at a steady rate whatever the servers do. */
export class Writer {
  readonly acknowledged: Acknowledgement[] = [];
  /** Requests without a whole reply: done or not, nobody knows. */
  unanswered = 0;
  /** Answered with 5xx. */
  refused = 0;
  readonly faults: string[] = [];
  readonly #known: Known[] = [];
  readonly #people: readonly Person[];
  readonly #urls: readonly string[];

  constructor(people: readonly Person[], urls: readonly string[]) {
    this.#people = people;
    this.#urls = urls;
  }

  async write(perSecond: number, seconds: number): Promise<void> {
    const startedAt = performance.now();
    const underWay: Promise<void>[] = [];
    for (let count = 0; count < perSecond * seconds; count += 1) {
      const dueIn = startedAt + (count * 1000) / perSecond - performance.now();
      if (dueIn > 0) await sleep(dueIn);
      underWay.push(this.#writeOne(count));
    }
    await Promise.all(underWay);
  }

  async #writeOne(count: number): Promise<void> {
    const title = `Change ${count}`;
    const known = Math.random() < 0.3 ? undefined : pick(this.#known);
    if (known === undefined) {
      const person = pick(this.#people);
      if (person !== undefined) await this.#create(person, title);
      return;
    }
    const path = `${known.entity}s/${known.id}`;
    if (known.isDeleted) {
      known.isDeleted = false;
      await this.#send(known, 'POST', `${path}/restore`);
    } else if (Math.random() < 0.25) {
      known.isDeleted = true;
      await this.#send(known, 'DELETE', path);
    } else await this.#send(known, 'PATCH', path, { title });
  }

  async #create(person: Person, title: string): Promise<void> {
    const entity = Math.random() < 0.2 ? 'goal' : 'task';
    const known: Known = { person, entity, id: newId(), isDeleted: false };
    if (await this.#send(known, 'POST', `${entity}s`, { id: known.id, title })) this.#known.push(known);
  }

  /** Whether it was acknowledged. Several at once may meet in one row: then one may find it deleted, which is no fault. */
  async #send({ person, entity, id }: Known, method: string, path: string, body?: object): Promise<boolean> {
    const reply = await send(method, `${pick(this.#urls)}/api/v1/${path}`, person.token, body);
    if (reply === null) this.unanswered += 1;
    else if (reply.status >= 500) this.refused += 1;
    else if (reply.status === 404 || reply.status === 412) return false;
    else if (reply.status >= 300) this.faults.push(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    else {
      // The guarantee: these addresses answer with the row in the envelope.
      const { data } = reply.body as { readonly data: { readonly version: number; readonly title: string } };
      this.acknowledged.push({ person, entity, id, version: data.version, title: data.title });
      return true;
    }
    return false;
  }
}

function pick<T>(values: readonly T[]): T | undefined {
  return values[Math.floor(Math.random() * values.length)];
}
