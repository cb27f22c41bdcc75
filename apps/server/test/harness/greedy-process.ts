import type { Person } from './call.ts';
import { type Answers, abuses } from './greedy.ts';

/** What this process is told: begin with these abuses, or end, and say what was answered. */
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
