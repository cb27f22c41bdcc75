/** The text of a mail. Both parts, plain text and HTML, are rendered from it. */
export interface MailText {
  readonly subject: string;
  /** The name in the greeting. Null while the address is unverified: the name could be an attacker's message. */
  readonly name: string | null;
  readonly before: readonly string[];
  /** The link, if the mail has one. */
  readonly action?: MailAction;
  readonly after: readonly string[];
}

export interface MailAction {
  /** The text of the link. */
  readonly label: string;
  readonly url: string;
  /** For programs that use the API. */
  readonly token?: string;
}
