import type { TRPCProcedureOptions } from '@trpc/client';

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** A procedure that returns pages, such as `alice.tasks.list`. */
interface PagedProcedure<Input, Item> {
  readonly query: (input: Input, options?: TRPCProcedureOptions) => Promise<Page<Item>>;
}

/** Iterates over items; pages are fetched as needed. */
export interface Pagination<Item> extends AsyncIterable<Item> {
  /** Iterates over pages. */
  pages(): AsyncIterable<readonly Item[]>;
}

/**
 * All items of a list: `for await (const task of paginate(alice.tasks.list, { limit: 50 }))`. `input.cursor` is the
 * start, `options.signal` stops it. Throws the `AliceError` of a failed page.
 */
export function paginate<Input, Item>(
  procedure: PagedProcedure<Input, Item>,
  // If all fields are optional, `Input` is also `void`.
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

/**
 * The cast is safe: `fields` are those of `Input`, and every paginated procedure takes a cursor (a type test checks
 * each list).
 */
function pageInput<Input>(fields: object = {}): Input {
  return fields as Input;
}
