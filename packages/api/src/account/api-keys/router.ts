import { authed, fresh } from '../../procedures/access.ts';
import { createApiKey } from './create-api-key.ts';
import { getApiKey } from './get-api-key.ts';
import { listApiKeys } from './list-api-keys.ts';
import { renameApiKey } from './rename-api-key.ts';
import { revokeApiKey } from './revoke-api-key.ts';
import { rotateApiKey } from './rotate-api-key.ts';
import * as s from './schemas.ts';

/** Markdown, for the reference. */
const stories = {
  create: `The reply is the one time that the key is seen: only its hash is kept. Send it as \`Authorization: Bearer alice_…\` wherever an
access token goes, over REST and tRPC alike. It may do what its scopes say and nothing else; what needs no scope, such as this, no key may do.
\`accounts:*\` is for administrators, and counts for as long as they are. At most 50 keys count at once.`,
  list: 'Never the keys themselves: the last characters, to tell one from another, and when and from where it was last used.',
  revoke:
    'It is refused from now on, on every server within a second, and streams that it opened end. It needs no fresh sign-in.',
  rotate: `The new key has the same name, scopes and lifetime. The old one still counts for 24 hours, for the time in which its users are
given the new one: revoke it when they have it.`,
};

/** None has a scope: a key makes, sees and ends no keys. */
export const apiKeysRouter = {
  create: fresh({
    summary: 'Make an API key',
    description: stories.create,
    isSecret: true,
    rest: { method: 'POST', path: '/api-keys', status: 201 },
  })
    .input(s.createApiKeyInput)
    .output(s.createdApiKey)
    .mutation(({ ctx, input }) => createApiKey(ctx, input)),

  list: authed({ summary: 'List your API keys', description: stories.list, rest: { method: 'GET', path: '/api-keys' } })
    .input(s.listApiKeysInput.prefault({}))
    .output(s.apiKeyPage)
    .query(({ ctx, input }) => listApiKeys(ctx, input)),

  get: authed({ summary: 'Get what is known of an API key', rest: { method: 'GET', path: '/api-keys/{id}' } })
    .input(s.apiKeyInput)
    .output(s.apiKey)
    .query(({ ctx, input }) => getApiKey(ctx, input)),

  rename: authed({ summary: 'Rename an API key', rest: { method: 'PATCH', path: '/api-keys/{id}' } })
    .input(s.renameApiKeyInput)
    .output(s.apiKey)
    .mutation(({ ctx, input }) => renameApiKey(ctx, input)),

  revoke: authed({
    summary: 'Revoke an API key',
    description: stories.revoke,
    rest: { method: 'DELETE', path: '/api-keys/{id}' },
  })
    .input(s.apiKeyInput)
    .output(s.apiKey)
    .mutation(({ ctx, input }) => revokeApiKey(ctx, input)),

  rotate: fresh({
    summary: 'Replace an API key by a new one',
    description: stories.rotate,
    isSecret: true,
    rest: { method: 'POST', path: '/api-keys/{id}/rotate', status: 201 },
  })
    .input(s.apiKeyInput)
    .output(s.createdApiKey)
    .mutation(({ ctx, input }) => rotateApiKey(ctx, input)),
};
