import type { RunQuery } from '@alice/db';
import type { Context } from '../context.ts';

const findPerson = { name: 'secondFactor.person', text: 'SELECT email, name FROM users WHERE id = $1' };

/** Tells the person of a change of what guards their account, if the transaction of `query` commits. */
export async function sendFactorMail({ deps }: Context, userId: string, what: string, query: RunQuery): Promise<void> {
  const [person] = await query<{ email: string; name: string }>(findPerson, [userId]);
  if (person === undefined) return;
  const { email, name } = person;
  await deps.jobs.send('mail', { kind: 'second-factor-changed', to: email, name, what }, { query });
}
