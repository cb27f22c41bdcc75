import { authed, fresh } from '../../procedures/access.ts';
import { createApiKey } from './create-api-key.ts';
import { getApiKey } from './get-api-key.ts';
import { listApiKeys } from './list-api-keys.ts';
import { renameApiKey } from './rename-api-key.ts';
import { revokeApiKey } from './revoke-api-key.ts';
import { rotateApiKey } from './rotate-api-key.ts';
import * as s from './schemas.ts';

/** Markdown, for the reference. */
const descriptions = {
  create: `The response is the only one that contains the key: the server stores its hash. Send the key as \`Authorization: Bearer alice_…\` in
place of an access token, over REST or tRPC. A key can call only the operations that its scopes allow. Operations without a scope, such as this
one, cannot be called with a key. Only administrators can grant \`accounts:*\`, and these scopes work only while the owner is an administrator.
A user can have at most 50 active keys.`,
  list: 'Each key with its last characters, and with the time and the address of its last use. The keys themselves are never returned.',
  revoke:
    'Every server rejects the key within one second, and its open streams end. Recent authentication is not required.',
  rotate: `Creates a new key with the same name, scopes and lifetime. The old key expires after 24 hours, so that you can deploy the new one. Revoke
the old key as soon as it is no longer used.`,
};

/** No scope: an API key cannot create, read or revoke API keys. */
export const apiKeysRouter = {
  create: fresh({
    summary: 'Create an API key',
    description: descriptions.create,
    isSecret: true,
    rest: { method: 'POST', path: '/api-keys', status: 201 },
  })
    .input(s.createApiKeyInput)
    .output(s.createdApiKey)
    .mutation(({ ctx, input }) => createApiKey(ctx, input)),

  list: authed({ summary: 'List API keys', description: descriptions.list, rest: { method: 'GET', path: '/api-keys' } })
    .input(s.listApiKeysInput.prefault({}))
    .output(s.apiKeyPage)
    .query(({ ctx, input }) => listApiKeys(ctx, input)),

  get: authed({ summary: 'Get an API key', rest: { method: 'GET', path: '/api-keys/{id}' } })
    .input(s.apiKeyInput)
    .output(s.apiKey)
    .query(({ ctx, input }) => getApiKey(ctx, input)),

  rename: authed({ summary: 'Rename an API key', rest: { method: 'PATCH', path: '/api-keys/{id}' } })
    .input(s.renameApiKeyInput)
    .output(s.apiKey)
    .mutation(({ ctx, input }) => renameApiKey(ctx, input)),

  revoke: authed({
    summary: 'Revoke an API key',
    description: descriptions.revoke,
    rest: { method: 'DELETE', path: '/api-keys/{id}' },
  })
    .input(s.apiKeyInput)
    .output(s.apiKey)
    .mutation(({ ctx, input }) => revokeApiKey(ctx, input)),

  rotate: fresh({
    summary: 'Rotate an API key',
    description: descriptions.rotate,
    isSecret: true,
    rest: { method: 'POST', path: '/api-keys/{id}/rotate', status: 201 },
  })
    .input(s.apiKeyInput)
    .output(s.createdApiKey)
    .mutation(({ ctx, input }) => rotateApiKey(ctx, input)),
};
