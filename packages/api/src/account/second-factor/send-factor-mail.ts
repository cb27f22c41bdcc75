import { type RunQuery, rowOf, sql } from '@alice/db';
import type { Context } from '../../context.ts';
import { type MailedAccount, sendNotice } from '../../platform/mail/send-notice.ts';

const findPerson = sql({
  name: 'secondFactor.person',
  returns: rowOf('users', 'email', 'name', 'emailVerifiedAt'),
  text: 'SELECT email, name, email_verified_at AS "emailVerifiedAt" FROM users WHERE id = $1',
});

/** Notifies the user of a change of the second factors, if the transaction of `query` commits. */
export async function sendFactorMail({ deps }: Context, userId: string, what: string, query: RunQuery): Promise<void> {
  const [person] = await query<MailedAccount>(findPerson, [userId]);
  if (person !== undefined) await sendNotice(deps, person, { kind: 'second-factor-changed', what }, query);
}
