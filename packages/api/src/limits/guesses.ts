/** What is tried: each kind has budgets of its own. */
export type GuessKind =
  /** A password, at sign-in or to confirm who one is. */
  | 'password'
  /** The code of a second factor. */
  | 'code'
  /** A new account. */
  | 'register'
  /** What makes a mail go out, to an address that the caller names. */
  | 'mail'
  /** A secret that was sent by mail, a passkey, anything too long to be guessed that costs work to look up. */
  | 'token';

export interface Guess {
  readonly kind: GuessKind;
  /** Where it comes from: the client's address, as trusted proxies give it. */
  readonly address: string | null;
  /** What it is about: the account's id, or the e-mail address as it was typed where there may be no account. */
  readonly account: string | null;
  /** The person was signed in from this network before: strangers who guess do not use up the owner's budget there. */
  readonly isKnownNetwork?: boolean;
}

/** An attempt that was counted. */
export interface Attempt {
  /** It was right, and so no guess. */
  giveBack(): Promise<void>;
}

export interface GuessLimiter {
  /** Counts an attempt before it is looked at. Throws TOO_MANY_REQUESTS, whatever is right. */
  count(guess: Guess): Promise<Attempt>;
}

/** Where nobody guesses: scripts, and tests of something else. */
export const uncounted: GuessLimiter = { count: async () => ({ giveBack: async () => undefined }) };
