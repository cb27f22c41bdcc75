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

/** The kind of attempt. Each kind has its own budgets. */
export type GuessKind =
  /** A password, at a sign-in or a re-authentication. */
  | 'password'
  /** A code of a second factor. */
  | 'code'
  /** A registration. */
  | 'register'
  /** A request that sends a mail to an address that the caller chooses. */
  | 'mail'
  /**
   * A request for an email change, which sends mails to both addresses. It is separate from `mail`, so that a foreign
   * address keeps its budget.
   */
  | 'email-change'
  /** An unrequested mail to the owner of an account: at most one a day. */
  | 'notice'
  /** A notice about an account, to its owner. Each kind of notice is counted separately. */
  | 'account-notice'
  /** An activity entry about a failed sign-in: a flood is recorded only in part. */
  | 'note'
  /** A token from a mail, a passkey, or anything else that cannot be guessed but costs a lookup. */
  | 'token';

export interface Guess {
  readonly kind: GuessKind;
  /** The client's address, as trusted proxies report it. */
  readonly address: string | null;
  /** The account id, or the email address as it was typed if there may be no account. */
  readonly account: string | null;
  /** The user has signed in from this network before: attackers elsewhere do not use up the owner's budget there. */
  readonly isKnownNetwork?: boolean;
  /** The session of the call, if it belongs to the account. */
  readonly sessionId?: string | null;
}

/** A counted attempt. */
export interface Attempt {
  /** The attempt succeeded: refund its points. */
  giveBack(): Promise<void>;
}

export interface GuessLimiter {
  /**
   * Counts an attempt before it is checked. Throws TOO_MANY_REQUESTS, also for correct credentials and for unknown
   * accounts; a rejected attempt consumes nothing.
   */
  count(guess: Guess): Promise<Attempt>;
}

/** No limits, for scripts and for tests of something else. */
export const uncounted: GuessLimiter = { count: async () => ({ giveBack: async () => undefined }) };

export interface GuessLimiterOptions {
  /** Pseudonymises accounts in the store; the same in all processes that share it. */
  readonly secret: string;
  /** In this process's memory by default. */
  readonly openWindows?: OpenWindows;
  readonly settings?: GuessSettings;
  /** The table by default. */
  readonly budgets?: Readonly<Record<GuessKind, readonly GuessBudget[]>>;
}

interface Counted {
  readonly budget: GuessBudget;
  readonly windows: Windows;
}

/** Limits attempts by account and by network, in windows that last as long as their store. */
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
      // In parallel: a slow store is waited for once.
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

/** 96 bits identify an account. */
function accountKey(secret: KeyObject, account: string): string {
  const name = account.normalize('NFC').toLowerCase();
  return createHmac('sha256', secret).update(`alice guesses ${name}`).digest('base64url').slice(0, 16);
}

function tooMany(ms: number): DomainError {
  const retryAfterSeconds = Math.max(Math.ceil(ms / 1000), 1);
  return new DomainError('TOO_MANY_REQUESTS', `Too many attempts: retry in ${spoken(retryAfterSeconds)}`, {
    retryAfterSeconds,
  });
}

/** A duration for humans: in seconds, then minutes, then hours, rounded up. */
function spoken(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.ceil(seconds / 3600)} hours`;
}
