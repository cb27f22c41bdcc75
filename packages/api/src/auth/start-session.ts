import type { RunQuery } from '@alice/db';
import { v7 as uuidv7 } from 'uuid';
import { createRow } from '../changes/create-row.ts';
import { sessions } from '../changes/tables.ts';
import type { Context } from '../context.ts';
import type { TokensOut } from './schemas.ts';
import { hashToken } from './tokens.ts';

const maxUserAgent = 500;

/** Starts a session for a person who has just shown who they are, and gives its first tokens. */
export async function startSession(
  ctx: Context,
  userId: string,
  action: 'register' | 'login',
  query?: RunQuery,
): Promise<TokensOut> {
  const { clock, tokens } = ctx.deps;
  const id = uuidv7();
  const now = clock.now();
  const subject = { userId, id, generation: 1, createdAt: now, rotatedAt: now };
  const pair = await tokens.issue(subject);
  await createRow(
    { deps: ctx.deps, user: { id: userId, sessionId: id }, query },
    sessions,
    {
      id,
      generation: 1,
      refreshHash: hashToken(pair.refreshToken),
      userAgent: ctx.request.userAgent?.slice(0, maxUserAgent) ?? null,
      address: ctx.request.address,
      rotatedAt: now.toISOString(),
      expiresAt: tokens.refreshExpiry(subject).toISOString(),
      endedAt: null,
      endReason: null,
    },
    action,
  );
  return pair;
}
