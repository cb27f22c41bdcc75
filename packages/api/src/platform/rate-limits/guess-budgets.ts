import type { Guess, GuessKind } from './guesses.ts';
import type { WindowLimit } from './windows.ts';

/**
 * The account's, the account's for strangers or for networks that it knows, the network's whatever the account, or one for
 * all. Of an attempt that is counted where it comes from: the account's within one of its sessions, in one of the networks
 * that it knows, or anywhere else.
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

/** What an operator may have to raise: many people behind one address. */
export interface GuessSettings {
  readonly registrationsPerHour: number;
  /** Of each of two kinds: what changes of address send is counted apart. */
  readonly mailsPerHour: number;
}

/** Each an hour and network. */
export const guessSettings: GuessSettings = { registrationsPerHour: 10, mailsPerHour: 10 };

const minutes = 60;
const hours = 60 * minutes;
const days = 24 * hours;

/**
 * All budgets of guesses. One attempt takes one of each that its kind has. Names stand in Redis: a changed window needs a
 * new name. An account that strangers guess at stays open to its owner, who has a budget of their own where they are known.
 */
export function guessBudgets(settings: GuessSettings): Readonly<Record<GuessKind, readonly GuessBudget[]>> {
  return {
    password: [
      // What is right is given back, once it was looked at: so many can be under way at once.
      { name: 'p1', whose: 'stranger', points: 20, seconds: hours },
      { name: 'p2', whose: 'stranger', points: 40, seconds: days },
      // As many as for strangers, and taken from theirs, too: what was used up where the owner is known is refused elsewhere,
      // as where there is no account. The reverse shows to whoever shares the owner's network: the owner must get in there.
      { name: 'p3', whose: 'known', points: 20, seconds: hours },
      { name: 'p6', whose: 'known', points: 40, seconds: days },
      { name: 'p4', whose: 'network', points: 30, seconds: 15 * minutes },
      { name: 'p5', whose: 'network', points: 300, seconds: days },
    ],
    // Whoever gets here has shown the password, and may be a thief of it: so each place has budgets of its own, and what
    // fails in one place refuses nobody in another. A thief cannot make a network or a session the account's without a
    // second factor. With one of each at hand, all their guesses of a day are 20.
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
    // As many lines as a history takes in an hour; and each is work, which a flood from everywhere must not make without end.
    note: [
      { name: 'h1', whose: 'account', points: 20, seconds: hours },
      { name: 'h2', whose: 'everybody', points: 300, seconds: minutes },
    ],
    token: [{ name: 't1', whose: 'network', points: 60, seconds: 15 * minutes }],
  };
}

/** Whether an attempt uses this budget. One about no account uses the network's alone. */
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

/** Whether an attempt is refused when this budget, which it uses, is used up: strangers lock nobody out who is known. */
export function mayRefuse({ isKnownNetwork = false }: Guess, { whose }: GuessBudget): boolean {
  return whose !== 'stranger' || !isKnownNetwork;
}
