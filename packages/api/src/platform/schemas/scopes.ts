import { z } from 'zod';

/** What an API key can be allowed. `accounts` is for administrators: other people's accounts. */
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

/** What only an administrator's key can be allowed. */
export const administratorScopes: ReadonlySet<Scope> = new Set(['accounts:read', 'accounts:write']);

export const scope = z
  .enum(scopes)
  .meta({ id: 'Scope', description: 'What an API key may do.', examples: ['tasks:read'] });
