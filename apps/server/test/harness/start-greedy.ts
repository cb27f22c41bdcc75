import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Answers, registerGreedy } from './greedy.ts';
import type { GreedyOrder } from './greedy-process.ts';

export interface Greedy extends AsyncDisposable {
  /** Starts these abuses. Returns the function that ends them and returns the responses. */
  begin(names: readonly string[]): () => Promise<Answers>;
}

/**
 * One user who asks for too much, in a separate process with low priority: in reality it is another machine, and the cost
 * of reading the responses must not count as the waiting time of others.
 */
export async function startGreedy(url: string): Promise<Greedy> {
  const person = await registerGreedy(url);
  const child = fork(fileURLToPath(new URL('./greedy-process.ts', import.meta.url)), { execArgv: [] });
  if (child.pid !== undefined) setPriority(child.pid, 10);
  const tell = (order: GreedyOrder) => child.send(order);
  return {
    begin(names) {
      tell({ person, url, names });
      return async () => {
        tell('end');
        const [answers] = await once(child, 'message');
        return answers;
      };
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
