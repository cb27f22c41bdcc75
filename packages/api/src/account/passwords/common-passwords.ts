/** Shorter passwords are rejected for their length. */
const shortest = 8;

let loaded: Promise<ReadonlySet<string>> | undefined;

/**
 * The 18,000 most common passwords of leaks with at least eight characters, in lower case. Loaded at the first use and
 * kept: it takes 0.1 s and 2 MB.
 */
export function commonPasswords(): Promise<ReadonlySet<string>> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common'].filter((password) => password.length >= shortest));
}
