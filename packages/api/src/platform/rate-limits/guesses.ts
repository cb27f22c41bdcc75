import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { DomainError } from '../../errors/domain-error.ts';
import {
  type GuessBudget,
  type GuessSettings,
  guessBudgets,
  guessSettings,
  isUsedBy,
  mayRefuse,
} from './guess-budgets.ts';
import { networkOf } from './network-of.ts';
import { memoryWindows, type OpenWindows, type Windows } from './windows.ts';

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
  /** A change of address, which sends mails to both: whoever asks for it to another's leaves them theirs of kind `mail`. */
  | 'email-change'
  /** A mail that nobody asked for, to the owner of an account: at most one a day. */
  | 'notice'
  /** A mail about what happened to an account, to its owner: those of one kind are counted together. */
  | 'account-notice'
  /** A line in the history about a sign-in that failed: a flood of them is not all written down. */
  | 'note'
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
  /** The session of the account that it came with. */
  readonly sessionId?: string | null;
}

/** An attempt that was counted. */
export interface Attempt {
  /** It was right, and so no guess: all that it used can be used again. */
  giveBack(): Promise<void>;
}

export interface GuessLimiter {
  /**
   * Counts an attempt before it is looked at. Throws TOO_MANY_REQUESTS, whatever is right and whether or not there is such
   * an account; a refused attempt uses nothing.
   */
  count(guess: Guess): Promise<Attempt>;
}

/** Where nobody guesses: scripts, and tests of something else. */
export const uncounted: GuessLimiter = { count: async () => ({ giveBack: async () => undefined }) };

export interface GuessLimiterOptions {
  /** Names accounts in the store without telling who they are; the same in each process that shares it. */
  readonly secret: string;
  /** This process's memory unless told. */
  readonly openWindows?: OpenWindows;
  readonly settings?: GuessSettings;
  /** The table unless told. */
  readonly budgets?: Readonly<Record<GuessKind, readonly GuessBudget[]>>;
}

interface Counted {
  readonly budget: GuessBudget;
  readonly windows: Windows;
}

/** Counts guesses by account and by network, in windows that stay as long as their store does. */
export function createGuessLimiter(options: GuessLimiterOptions): GuessLimiter {
  const { openWindows = memoryWindows, settings = guessSettings, budgets = guessBudgets(settings) } = options;
  const secret = createSecretKey(options.secret, 'utf8');
  const open = (kind: GuessKind): Counted[] =>
    budgets[kind].map((budget) => ({ budget, windows: openWindows(budget) }));
  const counted: Readonly<Record<GuessKind, readonly Counted[]>> = {
    password: open('password'),
    code: open('code'),
    register: open('register'),
    mail: open('mail'),
    'email-change': open('email-change'),
    notice: open('notice'),
    'account-notice': open('account-notice'),
    note: open('note'),
    token: open('token'),
  };
  const keyOf = ({ account, address, sessionId }: Guess, { whose }: GuessBudget): string => {
    if (whose === 'everybody') return 'all';
    if (whose === 'network' || account === null) return networkOf(address);
    if (whose === 'in-session') return accountKey(secret, `${account} ${sessionId}`);
    if (whose === 'in-known-network') return accountKey(secret, `${account} ${networkOf(address)}`);
    return accountKey(secret, account);
  };

  return {
    async count(guess) {
      const used = counted[guess.kind]
        .filter(({ budget }) => isUsedBy(guess, budget))
        .map(({ budget, windows }) => ({ windows, key: keyOf(guess, budget), isStrict: mayRefuse(guess, budget) }));
      // All at once: a slow store is waited for once.
      const taken = await Promise.all(used.map(async (use) => ({ ...use, ...(await use.windows.take(use.key, 1)) })));
      const refused = taken.filter(({ granted, isStrict }) => isStrict && granted === 0);
      const giveBack = async () => {
        for (const { windows, key, granted } of taken) if (granted > 0) windows.giveBack(key, granted);
      };
      if (refused.length === 0) return { giveBack };
      await giveBack();
      throw tooMany(Math.max(...refused.map(({ msUntilEnd }) => msUntilEnd)));
    },
  };
}

/** 96 bits tell any two accounts apart. */
function accountKey(secret: KeyObject, account: string): string {
  const name = account.normalize('NFC').toLowerCase();
  return createHmac('sha256', secret).update(`alice guesses ${name}`).digest('base64url').slice(0, 16);
}

function tooMany(ms: number): DomainError {
  const retryAfterSeconds = Math.max(Math.ceil(ms / 1000), 1);
  return new DomainError('TOO_MANY_REQUESTS', `Too many attempts: come again in ${spoken(retryAfterSeconds)}`, {
    retryAfterSeconds,
  });
}

/** For people: in seconds, then minutes, then hours, rounded up. */
function spoken(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.ceil(seconds / 3600)} hours`;
}
