import type { TRPCProcedureOptions } from '@trpc/client';

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** Of a list, all of whose fields may be left out, tRPC says `void` too. */
type ListInput = { cursor?: string | undefined } | void | undefined;

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
export function paginate<Input extends ListInput, Item>(
  procedure: PagedProcedure<Input, Item>,
  input?: NoInfer<Exclude<Input, void | undefined>>,
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

/** The cast holds: `fields` are those of `Input`, which by its constraint may have a cursor, or be left out. */
function pageInput<Input extends ListInput>(fields: ListInput): Input {
  return (fields ?? {}) as Input;
}
