import type { UserContext } from '../../../context.ts';
import { notFound } from '../../../errors/domain-error.ts';
import { lockPerson } from '../../../platform/history/lock-person.ts';
import { updateRow } from '../../../platform/history/update-rows.ts';
import { requireRemovable } from '../require-removable.ts';
import { sendFactorMail } from '../send-factor-mail.ts';
import { passkeys } from './entity.ts';
import { findPasskeys } from './find-passkeys.ts';

/** Removes a passkey. Throws NOT_FOUND, and CONFLICT if the password is too short to be used without it. */
export function removePasskey(ctx: UserContext, { id }: { readonly id: string }): Promise<{ ok: true }> {
  const { deps, user } = ctx;
  return deps.db.transaction(async ({ query, database }) => {
    await lockPerson(user.id, query);
    const passkey = (await findPasskeys(database, user.id)).find((row) => row.id === id);
    if (passkey === undefined) throw notFound('passkey');
    await requireRemovable(query, user.id);
    const set = { endedAt: deps.clock.now().toISOString() };
    await updateRow({ deps, user, query }, passkeys, { id, action: 'remove', set });
    await sendFactorMail(ctx, user.id, `the passkey "${passkey.name}" was removed`, query);
    return { ok: true } as const;
  });
}
