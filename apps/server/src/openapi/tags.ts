/** In reading order. */
export const tags = [
  { name: 'health', description: 'How the server is.' },
  {
    name: 'auth',
    description: 'Make an account, sign in, stay signed in, sign out; passwords, addresses and sessions.',
  },
  { name: 'secondFactor', description: 'What is asked for beside the password, and codes for when it is lost.' },
  { name: 'totp', description: 'An authenticator app as a second factor.' },
  { name: 'passkeys', description: 'Sign in with a device in place of a password, or beside it.' },
  { name: 'apiKeys', description: 'Keys for programs: each with what it may do, and an end.' },
  { name: 'users', description: 'Yourself, what others may see of a person, and what administrators do.' },
  { name: 'tasks', description: 'What there is to do: with a day or time, a priority, and the goal that it serves.' },
  { name: 'goals', description: 'What is to be reached, measured by hand or by the tasks that belong to it.' },
  { name: 'insights', description: 'How work flows: figures with the numbers that they stand on.' },
  {
    name: 'sync',
    description: 'Keep a copy: pull changes in their order, follow them as they happen, and take one back.',
  },
] as const;
