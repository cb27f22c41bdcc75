import type { UserContext } from '../../context.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { apiKeys } from './entity.ts';
import type { ApiKeyOut, RenameApiKeyInput } from './schemas.ts';
import { toApiKey } from './to-api-key.ts';

/** Renames an API key. Throws NOT_FOUND and STALE_VERSION. */
export async function renameApiKey(ctx: UserContext, input: RenameApiKeyInput): Promise<ApiKeyOut> {
  const { id, name, expectedVersion } = input;
  return toApiKey(await updateRow(ctx, apiKeys, { id, action: 'rename', set: { name }, expectedVersion }));
}
