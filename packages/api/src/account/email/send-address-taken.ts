import type { RunQuery } from '@alice/db';
import type { Deps } from '../../deps.ts';
import { findAccountOf } from '../sign-in/find-account.ts';

/** Notifies the owner of an address that someone tried to use it, at most once a day. The caller does not learn of it. */
export async function sendAddressTaken({ jobs }: Pick<Deps, 'jobs'>, email: string, query: RunQuery): Promise<void> {
  const owner = await findAccountOf(email, query);
  if (owner !== undefined)
    await jobs.send('mail', { to: owner.email, name: owner.name, kind: 'address-taken' }, { query });
}
