import { rowOf, sql } from '@alice/db';
import { v7 as uuidv7 } from 'uuid';
import type { UserContext } from '../../../context.ts';
import { notFound } from '../../../errors/domain-error.ts';
import { createRow } from '../../../platform/history/create-rows.ts';
import { lockPerson } from '../../../platform/history/lock-person.ts';
import { endTotps } from './end-totps.ts';
import { totps } from './entity.ts';
import type { EnrolmentOut } from './schemas.ts';
import { makeSecret, secretUri } from './totp-code.ts';

const findEmail = sql({
  name: 'totp.email',
  returns: rowOf('users', 'email'),
  text: 'SELECT email FROM users WHERE id = $1',
});

/** Creates a TOTP secret and replaces an earlier unconfirmed one. Sign-ins do not change until it is confirmed. */
export function enrollTotp(ctx: UserContext): Promise<EnrolmentOut> {
  const { deps, user } = ctx;
  return deps.db.transaction(async ({ query }) => {
    await lockPerson(user.id, query);
    const [person] = await query<{ email: string }>(findEmail, [user.id]);
    if (person === undefined) throw notFound('user');
    await endTotps(ctx, 'unconfirmed', 'replace', query);
    const secret = makeSecret(deps.random);
    const row = { id: uuidv7(), sealedSecret: deps.sealer.seal(secret), confirmedAt: null, lastStep: 0, endedAt: null };
    await createRow({ deps, user, query }, totps, row, 'enroll');
    return { secret, uri: secretUri(secret, deps.site.name, person.email) };
  });
}
