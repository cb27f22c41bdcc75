import type { TRPCProcedureOptions } from '@trpc/client';

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** A procedure that answers in pages, such as `alice.tasks.list`. */
interface PagedProcedure<Input, Item> {
  readonly query: (input: Input, options?: TRPCProcedureOptions) => Promise<Page<Item>>;
}

/** Items one by one, pages fetched as they are needed. */
export interface Pagination<Item> extends AsyncIterable<Item> {
  /** The same, page by page. */
  pages(): AsyncIterable<readonly Item[]>;
}

/**
 * Everything that a list holds: `for await (const task of paginate(alice.tasks.list, { limit: 50 }))`.
 * `input.cursor` says where to begin, `options.signal` ends it. Throws the `AliceError` of the page that failed.
 */
export function paginate<Input, Item>(
  procedure: PagedProcedure<Input, Item>,
  // Where all fields may be left out, `Input` is also `void`.
  input?: NoInfer<Extract<Input, object>>,
  options: TRPCProcedureOptions = {},
): Pagination<Item> {
  async function* pages() {
    let next: Input | null = pageInput(input);
    while (next !== null) {
      const { items, nextCursor }: Page<Item> = await procedure.query(next, options);
      yield items;
      next = nextCursor === null ? null : pageInput({ ...input, cursor: nextCursor });
    }
  }
  return {
    pages,
    async *[Symbol.asyncIterator]() {
      for await (const items of pages()) yield* items;
    },
  };
}

/** The cast holds: `fields` are those of `Input`, and what answers in pages takes a cursor (a type test says so of each list). */
function pageInput<Input>(fields: object = {}): Input {
  return fields as Input;
}
