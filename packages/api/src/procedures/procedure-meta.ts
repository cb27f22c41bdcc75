import type { Scope } from '../platform/schemas/scopes.ts';

export { type Scope, scopes } from '../platform/schemas/scopes.ts';

/** How a procedure is reached over REST. */
export interface RestRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below `/api/v1`; `{id}` names a field of the input. */
  readonly path: string;
  /** Of success; 200 unless told. */
  readonly status?: 200 | 201;
  /** It is a file to keep: browsers save the reply under this name and the day, `<name>-2026-11-22.json`. */
  readonly attachment?: string;
}

/** How a procedure is reached over REST, or why it is not. */
export type RestLine = RestRoute | { readonly none: string };

/** Anyone; a person; a person who showed less than five minutes ago who they are; an administrator. */
export type Access = 'public' | 'authed' | 'fresh' | 'admin';

/** What a procedure says of itself beside its access and its schemas. All but `rest` holds for every transport. */
export interface ProcedureDescription {
  /** What it does, as a command: `Create a task`. */
  readonly summary: string;
  /** The whole story, in Markdown, for the reference. */
  readonly description?: string;
  /** What an API key must be allowed. Without one, no key can do it: only a person who has signed in. */
  readonly scope?: Scope;
  /**
   * The output follows from the input and from what the person's changes wrote, and from nothing else (not the time, not
   * another person's rows): as long as no change takes a number, a client's copy is still right and is not read again.
   */
  readonly followsChanges?: true;
  /** The reply shows a secret once: where it is kept under an idempotency key, it is sealed. */
  readonly isSecret?: true;
  readonly rest: RestLine;
}

export interface ProcedureMeta extends ProcedureDescription {
  /** Which step of the ladder it stands on. */
  readonly access: Access;
}
