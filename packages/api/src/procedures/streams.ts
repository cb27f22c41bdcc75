import { type TrackedEnvelope, tracked as track } from '@trpc/server';
import { z } from 'zod';

/**
 * The output of a subscription: items with ids, so that a client can resume after the last one. The operation validates
 * the items; `itemOf` returns their schema.
 */
export function streamOf<Item extends z.ZodType>(item: Item) {
  return z
    .custom<AsyncIterable<TrackedEnvelope<z.output<Item>>>>((value) => typeof value === 'object' && value !== null)
    .meta({ [streamedItem]: item });
}

/** The schema of a subscription's items; undefined for other outputs. */
export function itemOf(output: z.ZodType): z.ZodType | undefined {
  const item = output.meta()?.[streamedItem];
  return item instanceof z.ZodType ? item : undefined;
}

const streamedItem = 'streamedItem';

/** Adds ids to the items of a stream; `from`, its start, is kept for the transport. */
export function tracked<Item extends { readonly number: number }>(
  stream: AsyncIterable<unknown> & { readonly from: number; readonly over: Promise<void> },
) {
  async function* iterate() {
    // The guarantee: the operation has parsed each item with the procedure's schema.
    for await (const item of stream as AsyncIterable<Item>) yield track(String(item.number), item);
  }
  return { from: stream.from, over: stream.over, [Symbol.asyncIterator]: iterate };
}
