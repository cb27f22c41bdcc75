import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ReplyLimits, type UntakenReply } from './reply-limits.ts';

interface Reply extends UntakenReply {
  taken: number;
  isCut: boolean;
}

function replyTo(owner: string, held: number): Reply {
  return {
    owner,
    held,
    taken: 0,
    isCut: false,
    cut() {
      this.isCut = true;
    },
  };
}

it('a user may have one pending response of any size, and others beside it up to the limit', () => {
  const limits = new ReplyLimits({ ownerBytes: 100, totalBytes: 10_000 });
  limits.add(replyTo('ada', 5000));
  limits.add(replyTo('ada', 100));
  // Admitted while there was room, done when there is none.
  const [late, other] = [replyTo('ada', 1), replyTo('grace', 100)];
  limits.add(late);
  limits.add(other);
  expect([late.isCut, other.isCut]).toEqual([true, false]);
});

it('calls of a user with too many pending bytes are refused at once, and calls of others are not', () => {
  const limits = new ReplyLimits({ ownerBytes: 100 });
  const [first, second] = [replyTo('ada', 500), replyTo('ada', 50)];
  limits.add(first);
  limits.admit('ada');
  limits.add(second);
  expect([first.isCut, second.isCut]).toEqual([false, false]);
  expect(() => limits.admit('ada')).toThrow(expect.objectContaining({ code: 'BUSY', retryAfterSeconds: 5 }));
  limits.admit('grace');
  limits.remove(second);
  limits.admit('ada');
});

it('the slowest response is cut when all responses together are too large', async () => {
  const limits = new ReplyLimits({ totalBytes: 100 });
  const [fast, slow, last] = [replyTo('ada', 40), replyTo('grace', 40), replyTo('alan', 40)];
  limits.add(slow);
  limits.add(fast);
  await sleep(20);
  [fast.taken, slow.taken, last.taken] = [30, 10, 20];
  limits.add(last);
  expect([fast.isCut, slow.isCut, last.isCut]).toEqual([false, true, false]);
});
