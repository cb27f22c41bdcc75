/** How the outside knows this service. */
export interface Site {
  /** What it calls itself in mails and authenticator apps. */
  readonly name: string;
  /** Where people reach it, with no slash at the end: links in mails lead there, and passkeys belong to its host. */
  readonly url: string;
  /** The origins whose pages may use a person's passkeys: its own, and those of CORS. */
  readonly origins: readonly string[];
  /** Whoever shows that one of these addresses is theirs becomes an administrator. In lower case. */
  readonly adminEmails: ReadonlySet<string>;
}
