/** What a mail says. The plain and the HTML part are made of it, so that they say the same. */
export interface MailText {
  readonly subject: string;
  /** Whom it greets. Null where nobody has shown yet that the address is theirs: a name could be a stranger's message. */
  readonly name: string | null;
  readonly before: readonly string[];
  /** The one thing to do. */
  readonly action?: MailAction;
  readonly after: readonly string[];
}

export interface MailAction {
  /** What the link does. */
  readonly label: string;
  readonly url: string;
  /** For programs that use the API. */
  readonly token?: string;
}
