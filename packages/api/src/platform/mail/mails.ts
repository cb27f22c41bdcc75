/**
 * Every mail that ALICE sends, with its data. `token` is a one-time token (`crypto/bearer-secret.ts`); the template builds
 * the link. Instants are ISO 8601.
 */
export type Mail = {
  readonly to: string;
  /** Null while the address is unverified: see `send-notice.ts`. */
  readonly name: string | null;
} & MailContent;

export type MailContent =
  /** After registration. Valid for 24 hours. */
  | { readonly kind: 'verify-email'; readonly token: string }
  /** Someone registered with, or asked to change to, an address that already has an account. */
  | { readonly kind: 'address-taken' }
  /** Valid for 30 minutes. */
  | { readonly kind: 'reset-password'; readonly token: string }
  | { readonly kind: 'password-changed' }
  /** To the old address: confirm the change. Valid for one hour. */
  | { readonly kind: 'change-email-from'; readonly token: string; readonly newEmail: string }
  /** To the new address: verify it. Valid for one hour. */
  | { readonly kind: 'change-email-to'; readonly token: string; readonly newEmail: string }
  /** To the old address, after the change. */
  | { readonly kind: 'email-changed'; readonly newEmail: string }
  /** A sign-in from a network that the user never signed in from before. */
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

/** A notice about an account. The other mails ask for an action, or report that an address is taken. */
export type Notice = Exclude<
  MailContent,
  { readonly kind: 'verify-email' | 'address-taken' | 'reset-password' | 'change-email-from' | 'change-email-to' }
>;
