/** Shorter ones are refused for their length anyway. */
const shortest = 8;

let loaded: Promise<ReadonlySet<string>> | undefined;

/**
 * The 18,000 passwords of eight characters and more that leaks show most often, in lower case. Read when the first is
 * needed and kept: they take a tenth of a second to unpack and two megabytes.
 */
export function commonPasswords(): Promise<ReadonlySet<string>> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common'].filter((password) => password.length >= shortest));
}
