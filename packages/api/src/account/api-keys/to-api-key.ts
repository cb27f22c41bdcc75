import type { Rows } from '@alice/db';
import { type Scope, scopes } from '../../platform/schemas/scopes.ts';
import type { ApiKeyOut } from './schemas.ts';

const known: ReadonlySet<string> = new Set(scopes);

/** Drops scopes that no longer exist. */
export function toScopes(kept: readonly string[]): Scope[] {
  return kept.filter((scope): scope is Scope => known.has(scope));
}

/** Converts a row to its wire form, without the hash. */
export function toApiKey(row: Omit<Rows['api_keys'], 'hash'>): ApiKeyOut {
  const { id, name, hint, expiresAt, lastUsedAt, lastUsedAddress, endedAt, version, createdAt, updatedAt } = row;
  const times = { expiresAt, lastUsedAt, lastUsedAddress, endedAt, version, createdAt, updatedAt };
  return { id, name, hint, scopes: toScopes(row.scopes), ...times };
}
