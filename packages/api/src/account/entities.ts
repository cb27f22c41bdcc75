import { apiKeys } from './api-keys/entity.ts';
import { users } from './profile/entity.ts';
import { passkeys } from './second-factor/passkeys/entity.ts';
import { totps } from './second-factor/totp/entity.ts';
import { sessions } from './sessions/entity.ts';

/** The entities of an account. */
export const accountEntities = [users, sessions, apiKeys, passkeys, totps] as const;
