/** The owner of what the process does for itself, which may take every place. */
export const ownWork = '';

/** Why somebody waits: called once, when there is a place. */
type Admit = () => void;

/** Let go of when it is over: a Set's old tables may outlive what they hold. */
interface Waiting {
  admit: Admit | null;
}

interface Owner {
  running: number;
  readonly waiting: Set<Waiting>;
}

/** So many owners are remembered although they have nothing here: the next call of each costs less. */
const mostIdle = 1000;

/**
 * Gives out a number of places. Those who wait are served in turns, one of each owner, so that twelve callers of one owner do not
 * stand before the only one of another; and one owner holds no more than a part of the places, however many are free. The process's own work is no owner's.
 */
export class FairQueue {
  readonly #places: number;
  readonly #mostOfOne: number;
  readonly #owners = new Map<string, Owner>();
  /** Owners with somebody who waits, and whose turn it is next. */
  readonly #turns = new Set<string>();
  #taken = 0;
  #forgetAt = mostIdle;

  constructor(places: number, mostOfOne: number) {
    this.#places = places;
    this.#mostOfOne = mostOfOne;
  }

  /** Takes a place if there is one right now. */
  tryEnter(name: string): boolean {
    if (this.#taken >= this.#places) return false;
    const owner = this.#owner(name);
    if (owner.running >= this.#mostOf(name)) return false;
    owner.running += 1;
    this.#taken += 1;
    return true;
  }

  /** Calls `admit` when there is a place, which is then taken. Gives the function that ends the waiting. */
  wait(name: string, admit: Admit): () => void {
    const owner = this.#owner(name);
    const waiting: Waiting = { admit };
    owner.waiting.add(waiting);
    this.#turns.add(name);
    return () => {
      owner.waiting.delete(waiting);
      waiting.admit = null;
      if (owner.waiting.size === 0) this.#turns.delete(name);
    };
  }

  /** Gives a place back, to the next in the queue. */
  leave(name: string): void {
    const owner = this.#owner(name);
    owner.running -= 1;
    this.#taken -= 1;
    if (this.#owners.size > this.#forgetAt) this.#forgetIdle();
    if (this.#turns.size > 0) this.#serve();
  }

  #serve(): void {
    for (const name of this.#turns) {
      if (this.#taken >= this.#places) return;
      const owner = this.#owner(name);
      if (owner.running >= this.#mostOf(name)) continue;
      const [next] = owner.waiting;
      if (next === undefined) continue;
      owner.waiting.delete(next);
      const { admit } = next;
      next.admit = null;
      // To the end: all others come before this owner's next one.
      this.#turns.delete(name);
      if (owner.waiting.size > 0) this.#turns.add(name);
      owner.running += 1;
      this.#taken += 1;
      admit?.();
    }
  }

  #mostOf(name: string): number {
    return name === ownWork ? this.#places : this.#mostOfOne;
  }

  #owner(name: string): Owner {
    let owner = this.#owners.get(name);
    if (owner === undefined) {
      owner = { running: 0, waiting: new Set() };
      this.#owners.set(name, owner);
    }
    return owner;
  }

  /** Rarely enough to cost nothing, however many are busy. */
  #forgetIdle(): void {
    for (const [name, owner] of this.#owners) {
      if (owner.running === 0 && owner.waiting.size === 0) this.#owners.delete(name);
    }
    this.#forgetAt = Math.max(mostIdle, 2 * this.#owners.size);
  }
}
