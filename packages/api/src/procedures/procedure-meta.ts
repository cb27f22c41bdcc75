import type { Scope } from '../platform/schemas/scopes.ts';

export { type Scope, scopes } from '../platform/schemas/scopes.ts';

/** How a procedure is reached over REST. */
export interface RestRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below `/api/v1`; `{id}` names a field of the input. */
  readonly path: string;
  /** Status of a success; 200 by default. */
  readonly status?: 200 | 201;
  /** The response is a download: browsers save it as `<name>-2026-11-22.json`. */
  readonly attachment?: string;
}

/** How a procedure is reached over REST, or why it is not. */
export type RestLine = RestRoute | { readonly none: string };

/** Everyone; an authenticated user; a user who authenticated less than five minutes ago; an administrator. */
export type Access = 'public' | 'authed' | 'fresh' | 'admin';

/** Metadata of a procedure, besides its access level and its schemas. All except `rest` applies to every transport. */
export interface ProcedureDescription {
  /** Verb and noun, as headings of a reference: `Create a task`. */
  readonly summary: string;
  /** Details for the reference, in Markdown. */
  readonly description?: string;
  /** The scope that an API key needs. Without one, API keys cannot call it: it takes a session. */
  readonly scope?: Scope;
  /**
   * The output depends on the input and on the rows that the user's changes wrote, not on the time or on other users. So a
   * conditional request is answered with 304 while the user's change number stays the same, without running the procedure.
   */
  readonly followsChanges?: true;
  /** The response contains a secret that is shown once: it is encrypted when it is stored for an idempotency key. */
  readonly isSecret?: true;
  readonly rest: RestLine;
}

export interface ProcedureMeta extends ProcedureDescription {
  /** Who may call it. */
  readonly access: Access;
}
