import { type RunQuery, rowOf, sql, types } from '@alice/db';

/** The second factors of a user. */
export interface Factors {
  readonly totp: boolean;
  readonly passkeys: number;
  readonly recoveryCodes: number;
  /** The password is long enough to be used without a second factor. */
  readonly passwordStandsAlone: boolean;
}

const statement = sql({
  name: 'secondFactor.find',
  returns: {
    totp: types.boolean,
    passkeys: types.number,
    recoveryCodes: types.number,
    ...rowOf('users', 'passwordStandsAlone'),
  },
  text: `
    SELECT EXISTS (SELECT FROM totps t
                    WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL AND t.ended_at IS NULL) AS totp,
           (SELECT count(*) FROM passkeys p WHERE p.user_id = u.id AND p.ended_at IS NULL) AS passkeys,
           (SELECT count(*) FROM recovery_codes r WHERE r.user_id = u.id AND r.used_at IS NULL) AS "recoveryCodes",
           u.password_stands_alone AS "passwordStandsAlone"
      FROM users u WHERE u.id = $1`,
});

const none: Factors = { totp: false, passkeys: 0, recoveryCodes: 0, passwordStandsAlone: true };

/** One statement; each part uses an index by user id. */
export async function findFactors(query: RunQuery, userId: string): Promise<Factors> {
  const [found] = await query<Factors>(statement, [userId]);
  return found ?? none;
}

/** Recovery codes are not counted as a factor: they only replace a lost one. */
export function countFactors({ totp, passkeys }: Factors): number {
  return passkeys + (totp ? 1 : 0);
}
