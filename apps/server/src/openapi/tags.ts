import { featureEntities } from '@alice/api';

/** The headings of the reference, in reading order, each with the router whose procedures it holds. */
const sections = [
  ...featureEntities.flatMap(({ reference }) => reference ?? []).toReversed(),
  {
    router: 'insights',
    name: 'Insights',
    description: 'Flow metrics: throughput, cycle time and work in progress, each with its sample size.',
  },
  {
    router: 'sync',
    name: 'Sync',
    description:
      'Incremental sync for a local copy: list changes in order, stream them as they happen, and undo a change.',
  },
  {
    router: 'auth',
    name: 'Authentication',
    description: 'Registration, sign-in, sessions, token refresh, passwords and email addresses.',
  },
  {
    router: 'secondFactor',
    name: 'Two-factor authentication',
    description: 'The second step of a sign-in, and recovery codes.',
  },
  {
    router: 'totp',
    name: 'Authenticator apps',
    description: 'Time-based one-time passwords (TOTP) as a second factor.',
  },
  {
    router: 'passkeys',
    name: 'Passkeys',
    description: 'Passkeys (WebAuthn): sign in without a password, or use them as a second factor.',
  },
  { router: 'apiKeys', name: 'API keys', description: 'Keys for programs, with scopes and an expiry date.' },
  { router: 'users', name: 'Users', description: 'The current user, public profiles, and user administration.' },
  { router: 'health', name: 'Health', description: 'Service health, liveness and readiness probes.' },
];

export const tags = sections.map(({ name, description }) => ({ name, description }));

/** The tag of a router's procedures. Throws if it has none, so that a new feature is not left out of the reference. */
export function tagOf(router: string): string {
  const section = sections.find((candidate) => candidate.router === router);
  if (section === undefined) throw new Error(`${router} has no tag: add one to tags.ts`);
  return section.name;
}
