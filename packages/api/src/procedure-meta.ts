/** How a procedure is reached over REST, or why it is not. */
export type RestLine =
  | {
      readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
      /** Below `/api/v1`; `{id}` names a field of the input. */
      readonly path: string;
      /** Of success. */
      readonly status?: 200 | 201 | 204;
      readonly summary: string;
      /** What an API key must be allowed. */
      readonly scope?: string;
    }
  | { readonly none: string };

/** What a procedure says of itself beside its schemas. */
export interface ProcedureMeta {
  readonly rest: RestLine;
}
