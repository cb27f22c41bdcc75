import type { Guess, GuessKind } from './guesses.ts';
import type { WindowLimit } from './windows.ts';

/**
 * The scope of a budget. For an account: all attempts, attempts from unknown networks, or attempts from known networks.
 * For a network: attempts on any account. Or global. Some budgets depend on where the attempt comes from: a session of
 * the account, one of its known networks, or elsewhere.
 */
type Whose =
  | 'account'
  | 'stranger'
  | 'known'
  | 'network'
  | 'everybody'
  | 'in-session'
  | 'in-known-network'
  | 'elsewhere';

export interface GuessBudget extends WindowLimit {
  readonly whose: Whose;
}

/** Limits that an operator may have to raise: many users behind one address. */
export interface GuessSettings {
  readonly registrationsPerHour: number;
  /** For each of two kinds: mails for email changes are counted separately. */
  readonly mailsPerHour: number;
}

/** Per hour and network. */
export const guessSettings: GuessSettings = { registrationsPerHour: 10, mailsPerHour: 10 };

const minutes = 60;
const hours = 60 * minutes;
const days = 24 * hours;

/**
 * All attempt budgets. An attempt consumes one point of each budget of its kind. The names are keys in Redis: a changed
 * window needs a new name. The owner of an attacked account can still sign in, since known networks have their own
 * budget.
 */
export function guessBudgets(settings: GuessSettings): Readonly<Record<GuessKind, readonly GuessBudget[]>> {
  return {
    password: [
      // Successful attempts are refunded after the check: this is the maximum of concurrent attempts.
      { name: 'p1', whose: 'stranger', points: 20, seconds: hours },
      { name: 'p2', whose: 'stranger', points: 40, seconds: days },
      // Attempts from a known network also use up the strangers' budget; strangers never use up the owner's. So
      // elsewhere the limit looks the same as for an address without an account. Users who share the owner's network
      // can see a difference, which is accepted: the owner must be able to sign in there.
      { name: 'p3', whose: 'known', points: 20, seconds: hours },
      { name: 'p6', whose: 'known', points: 40, seconds: days },
      { name: 'p4', whose: 'network', points: 30, seconds: 15 * minutes },
      { name: 'p5', whose: 'network', points: 300, seconds: days },
    ],
    // These callers know the password and may have stolen it: so each place has its own budget, and failures in one
    // place do not block another. A thief without the second factor cannot make a network or a session known. With one
    // of each, a thief has at most 20 attempts a day.
    code: [
      { name: 'c3', whose: 'elsewhere', points: 5, seconds: 15 * minutes },
      { name: 'c4', whose: 'elsewhere', points: 8, seconds: days },
      { name: 'c5', whose: 'in-known-network', points: 5, seconds: 15 * minutes },
      { name: 'c6', whose: 'in-known-network', points: 6, seconds: days },
      { name: 'c7', whose: 'in-session', points: 5, seconds: 15 * minutes },
      { name: 'c8', whose: 'in-session', points: 6, seconds: days },
    ],
    register: [{ name: 'r1', whose: 'network', points: settings.registrationsPerHour, seconds: hours }],
    mail: [
      { name: 'm1', whose: 'account', points: 3, seconds: hours },
      { name: 'm2', whose: 'network', points: settings.mailsPerHour, seconds: hours },
    ],
    'email-change': [
      { name: 'e1', whose: 'account', points: 3, seconds: hours },
      { name: 'e2', whose: 'network', points: settings.mailsPerHour, seconds: hours },
    ],
    notice: [{ name: 'n1', whose: 'account', points: 1, seconds: days }],
    'account-notice': [{ name: 'n2', whose: 'account', points: 10, seconds: hours }],
    // The same number of entries as the history accepts per hour. Each one is work, which a distributed flood must not
    // cause without limit.
    note: [
      { name: 'h1', whose: 'account', points: 20, seconds: hours },
      { name: 'h2', whose: 'everybody', points: 300, seconds: minutes },
    ],
    token: [{ name: 't1', whose: 'network', points: 60, seconds: 15 * minutes }],
  };
}

/** Whether an attempt consumes this budget. An attempt without an account consumes only the network's. */
export function isUsedBy(guess: Guess, { whose }: GuessBudget): boolean {
  if (whose === 'network' || whose === 'everybody') return true;
  if (guess.account === null) return false;
  if (whose === 'known') return guess.isKnownNetwork === true;
  if (whose === 'in-session' || whose === 'in-known-network' || whose === 'elsewhere') return whose === placeOf(guess);
  return true;
}

function placeOf({ sessionId = null, isKnownNetwork = false }: Guess) {
  if (sessionId !== null) return 'in-session';
  return isKnownNetwork ? 'in-known-network' : 'elsewhere';
}

/** Whether an exhausted budget rejects an attempt that consumes it: strangers cannot lock out known networks. */
export function mayRefuse({ isKnownNetwork = false }: Guess, { whose }: GuessBudget): boolean {
  return whose !== 'stranger' || !isKnownNetwork;
}
