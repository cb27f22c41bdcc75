import { randomUUID } from 'node:crypto';
import { type Account, startAccount } from './account.ts';
import type { PeerCall, PeerReply, PeerStream } from './peer.ts';

/** A row or a change as it goes over the wire. */
type Wire = Record<string, unknown>;

interface Row extends Wire {
  readonly id: string;
  readonly version: number;
}

type Entity = 'user' | 'list' | 'label' | 'goal' | 'task';

export interface Planner extends Account {
  /** Makes or changes a row, or deletes it (`deletedAt`), as another client would: one more change. */
  write(entity: Entity, fields: Partial<Row> & { readonly id: string }): Row;
  /** A row that is gone for good. */
  purge(entity: Entity, id: string): void;
  /** All rows that are not deleted. */
  rows(entity: Entity): Row[];
  /** The changes up to now can no longer be had. */
  prune(): void;
  /** The open streams. */
  readonly streams: PeerStream[];
  /** Called before each page of a pull. */
  onPull: () => void | Promise<void>;
  /** From now on it is somebody else's, with nothing in it. */
  handOver(person: string): void;
}

const at = '2026-11-22T09:30:00.000Z';
const blank: Readonly<Record<Entity, Wire>> = {
  user: { email: 'a@example.com', name: 'A', role: 'user', timeZone: 'UTC' },
  list: { name: '', color: null, isInbox: false, position: 'a1', archivedAt: null, deletedAt: null },
  label: { name: '', color: null, deletedAt: null },
  goal: { title: '', notes: '', state: 'active', dueDate: null, progressSource: 'manual', deletedAt: null },
  task: {
    title: '',
    notes: '',
    status: 'todo',
    priority: 'none',
    due: null,
    listId: 'person-1',
    goalId: null,
    labels: [],
    parentId: null,
    position: 'l000000000001',
    blockedBy: [],
    weight: 1,
    deletedAt: null,
  },
};

/** A server with one person's lists, goals and tasks, their changes, a feed of them, and idempotency keys. */
export async function startPlanner(): Promise<Planner> {
  let person = 'person-1';
  let tables = emptyTables();
  let log: Wire[] = [];
  let pruned = 0;
  let replies = new Map<string, Promise<PeerReply>>();
  const streams: PeerStream[] = [];

  const latest = () => log.length;

  function record(entity: Entity, id: string, row: Row | null): void {
    const number = latest() + 1;
    const change = {
      number,
      group: null,
      changedAt: at,
      action: 'update',
      entity,
      id,
      deleted: row?.['deletedAt'] != null || row === null,
      row,
    };
    log.push(change);
    for (const stream of streams) stream.change(number, change);
  }

  function write(entity: Entity, fields: Partial<Row> & { readonly id: string }): Row {
    const held = tables[entity].get(fields.id) ?? { ...blank[entity], version: 0, createdAt: at };
    const row = { ...held, ...fields, updatedAt: at, version: Number(held.version) + 1 };
    tables[entity].set(row.id, row);
    record(entity, row.id, row);
    return row;
  }

  const rows = (entity: Entity) => [...tables[entity].values()].filter(({ deletedAt }) => deletedAt == null);

  async function pull(input: unknown): Promise<PeerReply> {
    await planner.onPull();
    const { cursor = `rows ${latest()} `, limit = 20 } = Object(input);
    const [kind, from, after = ''] = String(cursor).split(' ');
    if (kind === 'rows') return pullRows(Number(from), after, limit);
    if (kind !== 'changes')
      return { code: 'VALIDATION_FAILED', status: 400, errors: [{ path: 'cursor', message: 'no' }] };
    const begin = Number(from);
    if (begin < pruned || begin > latest()) {
      return { data: { items: [], nextCursor: cursor, hasMore: false, fullSyncRequired: true, number: null } };
    }
    const items = log.slice(begin, begin + limit);
    const number = begin + items.length;
    const more = { nextCursor: `changes ${number}`, hasMore: number < latest(), number };
    return { data: { items, fullSyncRequired: false, ...more } };
  }

  function pullRows(number: number, after: string, limit: number): PeerReply {
    const all = (['user', 'list', 'label', 'goal', 'task'] as const).flatMap((entity, order) =>
      rows(entity).map((row) => {
        const facts = { number, group: null, changedAt: at, action: 'snapshot' };
        const change = { ...facts, entity, id: row.id, deleted: false, row };
        return { key: `${order}${row.id}`, change };
      }),
    );
    const left = all.filter(({ key }) => key > after).sort((a, b) => (a.key < b.key ? -1 : 1));
    const page = left.slice(0, limit);
    const nextCursor = page.length < limit ? `changes ${number}` : `rows ${number} ${page.at(-1)?.key}`;
    const items = page.map(({ change }) => change);
    return { data: { items, nextCursor, hasMore: true, fullSyncRequired: false, number: null } };
  }

  function mutate({ path, input }: PeerCall): PeerReply {
    const { id = randomUUID(), number, ...fields } = Object(input);
    if (path === 'tasks.create') return { data: write('task', { id, ...fields }) };
    if (path === 'tasks.complete') return { data: write('task', { id, status: 'done', completedAt: at }) };
    if (path === 'tasks.delete') return { data: write('task', { id, deletedAt: at }) };
    if (path === 'tasks.update') return { data: write('task', { id, ...fields }) };
    if (path === 'sync.undo') {
      const undone = Object(log[number - 1]);
      write('task', { id: undone.id, deletedAt: at });
      return { data: log.at(-1) };
    }
    return { data: {} };
  }

  async function answer(call: PeerCall): Promise<PeerReply> {
    const { path, type, input, idempotencyKey } = call;
    if (path === 'sync.pull') return pull(input);
    if (path === 'tasks.list') return { data: { items: rows('task'), nextCursor: null } };
    if (path === 'users.me') return { data: rows('user')[0] };
    if (type === 'query') return { data: {} };
    const earlier = idempotencyKey === undefined ? undefined : replies.get(idempotencyKey);
    const reply = earlier ?? Promise.resolve(mutate(call));
    if (idempotencyKey !== undefined) replies.set(idempotencyKey, reply);
    return reply;
  }

  function openStream(stream: PeerStream): void {
    const { lastEventId } = Object(stream.call.input);
    const from = lastEventId == null ? latest() : Number(lastEventId);
    if (from < pruned || from > latest()) {
      stream.refuse({ code: 'FULL_SYNC_REQUIRED', status: 409 });
      return;
    }
    streams.push(stream);
    void stream.closed.then(() => streams.splice(streams.indexOf(stream), 1));
    stream.connect(from);
    for (const change of log.slice(from)) stream.change(Number(change['number']), change);
  }

  const account = await startAccount({ person: () => person, answer, openStream });
  const planner: Planner = Object.assign(account, {
    write,
    purge(entity: Entity, id: string) {
      tables[entity].delete(id);
      log = log.map((change) => (change['id'] === id ? { ...change, deleted: true, row: null } : change));
      record(entity, id, null);
    },
    rows,
    prune() {
      pruned = latest();
    },
    streams,
    onPull() {},
    handOver(next: string) {
      person = next;
      tables = emptyTables();
      log = [];
      pruned = 0;
      replies = new Map();
      write('user', { id: person });
    },
  });
  write('user', { id: person });
  return planner;
}

function emptyTables(): Record<Entity, Map<string, Row>> {
  return { user: new Map(), list: new Map(), label: new Map(), goal: new Map(), task: new Map() };
}
