import { type TrackedEnvelope, tracked as track } from '@trpc/server';
import { z } from 'zod';

/**
 * What a subscription puts out: items with their ids, so that a client that lost the connection resumes after the last
 * one it has seen. The operation checks the items; `itemOf` gives their schema.
 */
export function streamOf<Item extends z.ZodType>(item: Item) {
  return z
    .custom<AsyncIterable<TrackedEnvelope<z.output<Item>>>>((value) => typeof value === 'object' && value !== null)
    .meta({ [streamedItem]: item });
}

/** The schema of the items of a subscription's output; undefined for what is no stream. */
export function itemOf(output: z.ZodType): z.ZodType | undefined {
  const item = output.meta()?.[streamedItem];
  return item instanceof z.ZodType ? item : undefined;
}

const streamedItem = 'streamedItem';

/** Gives the items of a stream their ids; `from`, where it begins, stays for the transport to tell. */
export function tracked<Item extends { readonly number: number }>(
  stream: AsyncIterable<unknown> & { readonly from: number; readonly over: Promise<void> },
) {
  async function* iterate() {
    // The guarantee: the operation has parsed each item with the schema that the procedure names.
    for await (const item of stream as AsyncIterable<Item>) yield track(String(item.number), item);
  }
  return { from: stream.from, over: stream.over, [Symbol.asyncIterator]: iterate };
}
