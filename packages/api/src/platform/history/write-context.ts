import { claimed, type Database, type RowShape, type RunQuery, type Statement, type sqlFamily } from '@alice/db';
import type { Clock } from '../runtime/clock.ts';
import { lockPerson } from './lock-person.ts';

/** The context of a change. */
export interface ChangeContext {
  readonly deps: { readonly db: Pick<Database, 'query' | 'transaction'>; readonly clock: Clock };
  /** The owner of the row, and the session of the call; null if the call used a one-time token. */
  readonly user: { readonly id: string; readonly sessionId: string | null };
  /** The actor, if it is not the user: an administrator. */
  readonly actorId?: string | undefined;
  /** Where the statements run: by default on the pool, or in a larger transaction. */
  readonly query?: RunQuery | undefined;
  /** The group that the change belongs to: see `writeGroup`. */
  readonly group?: number | undefined;
}

/**
 * Runs `write` in one transaction, as a group of changes: their change numbers follow each other, and one undo takes all
 * of them back. `write` gets the context of the group, and uses no other. A group is named by the number of its first
 * change.
 */
export function writeGroup<Outer extends Pick<ChangeContext, 'deps' | 'user' | 'group'>, Result>(
  ctx: Outer,
  write: (group: Outer & { readonly group: number }) => Promise<Result>,
): Promise<Result> {
  return ctx.deps.db.transaction(async ({ query, database }) => {
    const latest = await lockPerson(ctx.user.id, query);
    return write({ ...ctx, deps: { ...ctx.deps, db: database }, group: ctx.group ?? latest + 1 });
  });
}

/** The values that every change has: $1 user, $2 now, $3 session, $4 actor, $5 action, $6 group. */
export function commonValues({ deps, user, actorId, group }: ChangeContext, action: string): unknown[] {
  return [user.id, deps.clock.now().toISOString(), user.sessionId, actorId ?? user.id, action, group ?? null];
}

interface Generated {
  readonly returns: RowShape;
  readonly text: string;
}

/**
 * Keeps the generated statements of a family by all that shapes their text. `verb` names a statement in the log.
 * PostgreSQL cuts names after 63 bytes, so further shapes of a verb are numbered and not spelt out.
 */
export class StatementCache {
  readonly #declare: ReturnType<typeof sqlFamily>;
  /** The caller knows the rows of its table. */
  readonly #statements: Map<string, Statement<never>> = new Map();
  readonly #shapesOf: Map<string, number> = new Map();

  constructor(declare: ReturnType<typeof sqlFamily>) {
    this.#declare = declare;
  }

  get(verb: string, shape: string, write: () => Generated): Statement<never> {
    const key = `${verb} ${shape}`;
    let statement = this.#statements.get(key);
    if (statement === undefined) {
      const count = (this.#shapesOf.get(verb) ?? 0) + 1;
      this.#shapesOf.set(verb, count);
      const { returns, text } = write();
      statement = this.#declare({
        name: count === 1 ? verb : `${verb}.${count}`,
        returns: claimed<never>(returns),
        text,
      });
      this.#statements.set(key, statement);
    }
    return statement;
  }
}
