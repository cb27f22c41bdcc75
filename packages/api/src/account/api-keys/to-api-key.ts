import type { Rows } from '@alice/db';
import { type Scope, scopes } from '../../platform/schemas/scopes.ts';
import type { ApiKeyOut } from './schemas.ts';

const known: ReadonlySet<string> = new Set(scopes);

/** Drops scopes that no longer exist. */
export function toScopes(kept: readonly string[]): Scope[] {
  return kept.filter((scope): scope is Scope => known.has(scope));
}

/** What a client may see of a key: never the hash. */
export const shownColumns = {
  id: true,
  name: true,
  hint: true,
  scopes: true,
  expiresAt: true,
  lastUsedAt: true,
  lastUsedAddress: true,
  endedAt: true,
  version: true,
  createdAt: true,
  updatedAt: true,
} as const satisfies Partial<Record<keyof Rows['api_keys'], true>>;

/** Converts a row to its wire form. */
export function toApiKey(row: Pick<Rows['api_keys'], keyof typeof shownColumns>): ApiKeyOut {
  const { id, name, hint, expiresAt, lastUsedAt, lastUsedAddress, endedAt, version, createdAt, updatedAt } = row;
  const times = { expiresAt, lastUsedAt, lastUsedAddress, endedAt, version, createdAt, updatedAt };
  return { id, name, hint, scopes: toScopes(row.scopes), ...times };
}
