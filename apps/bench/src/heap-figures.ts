import { once } from 'node:events';

/** What is left of a process's heap after a full collection. */
export interface HeapFigures {
  readonly bytes: number;
  /** How many ReadableStreams live, one for each open event stream. */
  readonly streams: number;
}

/** Asks over V8's inspector protocol; nothing of it stays in the process but the open inspector. */
export async function heapFigures(inspectorUrl: string): Promise<HeapFigures> {
  const socket = new WebSocket(inspectorUrl);
  await once(socket, 'open');
  let lastId = 0;
  const waiting = new Map<number, (result: unknown) => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { readonly id?: number; readonly result?: unknown };
    if (id !== undefined) waiting.get(id)?.(result);
  });
  /** `Result` is the caller's word for what the protocol answers. */
  function ask<Result>(method: string, params: object = {}): Promise<Result> {
    const id = ++lastId;
    socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => waiting.set(id, (result) => resolve(result as Result)));
  }
  try {
    // What the first one finalizes, the second one collects.
    await ask('HeapProfiler.collectGarbage');
    await ask('HeapProfiler.collectGarbage');
    const heap = await ask<{ usedSize: number; backingStorageSize?: number }>('Runtime.getHeapUsage');
    const prototype = await ask<Evaluated>('Runtime.evaluate', { expression: 'ReadableStream.prototype' });
    const { objects } = await ask<{ objects: { objectId: string } }>('Runtime.queryObjects', {
      prototypeObjectId: prototype.result.objectId,
    });
    const count = await ask<Evaluated>('Runtime.callFunctionOn', {
      objectId: objects.objectId,
      functionDeclaration: 'function () { return this.length }',
    });
    return { bytes: heap.usedSize + (heap.backingStorageSize ?? 0), streams: Number(count.result.value) };
  } finally {
    socket.close();
  }
}

interface Evaluated {
  readonly result: { readonly objectId?: string; readonly value?: unknown };
}
