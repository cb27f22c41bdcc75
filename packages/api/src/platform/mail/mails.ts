/**
 * Every mail that ALICE sends, with what is in it. `token` opens what the mail is about (see `crypto/bearer-secret.ts`); the
 * template makes the link. Instants are ISO 8601.
 */
export type Mail = {
  readonly to: string;
  /** Null where nobody has shown that the address is theirs: see `send-notice.ts`. */
  readonly name: string | null;
} & MailContent;

export type MailContent =
  /** After signing up: show that the address is yours. Counts for 24 hours. */
  | { readonly kind: 'verify-email'; readonly token: string }
  /** Somebody signed up with, or asked to change to, an address that has an account. */
  | { readonly kind: 'address-taken' }
  /** Counts for 30 minutes. */
  | { readonly kind: 'reset-password'; readonly token: string }
  | { readonly kind: 'password-changed' }
  /** To the old address: agree to the new one, or learn of it. Counts for an hour. */
  | { readonly kind: 'change-email-from'; readonly token: string; readonly newEmail: string }
  /** To the new address. */
  | { readonly kind: 'change-email-to'; readonly token: string; readonly newEmail: string }
  /** To the old address, when it was changed. */
  | { readonly kind: 'email-changed'; readonly newEmail: string }
  /** A sign-in from a network that the person was never seen at. */
  | {
      readonly kind: 'new-sign-in';
      readonly at: string;
      readonly address: string | null;
      readonly userAgent: string | null;
    }
  /** A passkey, an authenticator app or recovery codes were added or removed. */
  | { readonly kind: 'second-factor-changed'; readonly what: string }
  | { readonly kind: 'api-key-created'; readonly keyName: string }
  | { readonly kind: 'api-key-expires'; readonly keyName: string; readonly at: string }
  | { readonly kind: 'deletion-requested'; readonly at: string }
  | { readonly kind: 'deletion-cancelled' }
  | { readonly kind: 'role-changed'; readonly role: string }
  | { readonly kind: 'account-disabled' }
  | { readonly kind: 'account-enabled' };

/** What happened to an account. All else asks for something, or tells of an account that somebody wanted. */
export type Notice = Exclude<
  MailContent,
  { readonly kind: 'verify-email' | 'address-taken' | 'reset-password' | 'change-email-from' | 'change-email-to' }
>;
