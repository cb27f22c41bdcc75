import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * Children lead process groups of their own: Ctrl-C at the terminal reaches the bench alone, which stops them in order.
 */
export const ownGroup = { detached: true, windowsHide: true } as const;

/** Starts a module of this folder with a channel for messages. It has none of our environment. */
export function forkModule(name: string): ChildProcess {
  const path = fileURLToPath(new URL(name, import.meta.url));
  return fork(path, { env: {}, stdio: ['ignore', 'inherit', 'inherit', 'ipc'], ...ownGroup });
}

/** Asks a process to end, and kills it when it has not after `graceMs`. */
export async function stopProcess(child: ChildProcess, graceMs = 10_000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await exited;
  clearTimeout(timer);
}

/**
 * Sends one message and gives the answer; throws what the child reports as its error, and when it ends instead.
 * `Answer` is the caller's word for what the module at the other end sends.
 */
export async function ask<Answer>(child: ChildProcess, message: object): Promise<Answer> {
  if (!child.connected) throw new Error('the process has ended');
  const waiting = new AbortController();
  const answered = once(child, 'message', { signal: waiting.signal });
  const ended = once(child, 'exit', { signal: waiting.signal }).then(() => {
    throw new Error(`the process ended with ${child.exitCode ?? child.signalCode}`);
  });
  child.send(message);
  try {
    const [reply] = (await Promise.race([answered, ended])) as [Reply<Answer>];
    if ('error' in reply) throw new Error(reply.error);
    return reply.answer;
  } finally {
    waiting.abort();
    await Promise.allSettled([answered, ended]);
  }
}

export type Reply<Answer> = { readonly answer: Answer } | { readonly error: string };

/** The other end: answers each message, and ends when the bench is gone. `Message` is what the bench sends. */
export function serveParent<Message, Answer>(work: (message: Message) => Promise<Answer>): void {
  process.once('disconnect', () => process.exit());
  process.on('message', (message) => {
    void work(message as Message)
      .then(
        (answer): Reply<Answer> => ({ answer }),
        (error: unknown): Reply<Answer> => ({ error: error instanceof Error ? error.message : String(error) }),
      )
      .then((reply) => process.send?.(reply));
  });
}
