/** What an API key must be allowed. */
export type Scope = `${'users' | 'tasks' | 'goals' | 'insights' | 'sync'}:${'read' | 'write'}`;

/** How a procedure is reached over REST. */
export interface RestRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below `/api/v1`; `{id}` names a field of the input. */
  readonly path: string;
  /** Of success; 200 unless told. */
  readonly status?: 200 | 201;
  /** What it does, as a command: `Create a task`. */
  readonly summary: string;
  /** The whole story, in Markdown, for the reference. */
  readonly description?: string;
  readonly scope?: Scope;
  /**
   * The output follows from the input and from what the person's changes wrote, and from nothing else (not the time, not
   * another person's rows): as long as no change takes a number, a client's copy is still right and is not read again.
   */
  readonly followsChanges?: true;
}

/** How a procedure is reached over REST, or why it is not. */
export type RestLine = RestRoute | { readonly none: string };

/** What a procedure says of itself beside its schemas. */
export interface ProcedureMeta {
  readonly rest: RestLine;
  /** Which step of the ladder it stands on. */
  readonly access: 'public' | 'authed' | 'admin';
}
