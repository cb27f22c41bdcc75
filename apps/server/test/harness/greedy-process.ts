import type { Person } from './call.ts';
import { type Answers, abuses } from './greedy.ts';

/** The commands of this process: start these abuses, or end and report the responses. */
export type GreedyOrder = { readonly person: Person; readonly url: string; readonly names: readonly string[] } | 'end';

let over = new AbortController();
let running: Promise<Answers> = Promise.resolve({});

process.on('message', (order: GreedyOrder) => {
  if (order === 'end') {
    over.abort();
    void running.then((answers) => process.send?.(answers));
  } else {
    over = new AbortController();
    running = abuse(order, over.signal);
  }
});

async function abuse({ person, url, names }: Exclude<GreedyOrder, 'end'>, isOver: AbortSignal): Promise<Answers> {
  const answers: Answers = {};
  await Promise.all(names.map((name) => abuses[name]?.(person, url, answers, isOver)));
  return answers;
}
