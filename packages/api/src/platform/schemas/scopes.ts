import { z } from 'zod';

/** The scopes of API keys. `accounts` is for administrators: the accounts of other users. */
export const scopes = [
  'tasks:read',
  'tasks:write',
  'goals:read',
  'goals:write',
  'insights:read',
  'sync:read',
  'sync:write',
  'users:read',
  'users:write',
  'accounts:read',
  'accounts:write',
] as const;
export type Scope = (typeof scopes)[number];

/** Scopes that only an administrator can grant. */
export const administratorScopes: ReadonlySet<Scope> = new Set(['accounts:read', 'accounts:write']);

export const scope = z
  .enum(scopes)
  .meta({ id: 'Scope', description: 'A scope of an API key.', examples: ['tasks:read'] });
