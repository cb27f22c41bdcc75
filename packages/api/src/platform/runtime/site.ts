/** The public identity of this service. */
export interface Site {
  /** The name in mails and authenticator apps. */
  readonly name: string;
  /** The public URL, without a trailing slash. Links in mails point to it, and passkeys are bound to its host. */
  readonly url: string;
  /** The origins whose pages may use passkeys: its own and those of CORS. */
  readonly origins: readonly string[];
  /** Users who prove that they own one of these addresses become administrators. In lower case. */
  readonly adminEmails: ReadonlySet<string>;
}
