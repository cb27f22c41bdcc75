/** The owner of the process's own work, which is not limited. */
export const ownWork = '';

/** A waiting caller: called once, when there is a slot. */
type Admit = () => void;

/** Emptied after the wait: old tables of a Set can outlive its entries. */
interface Waiting {
  admit: Admit | null;
}

interface Owner {
  running: number;
  readonly waiting: Set<Waiting>;
}

/** How many idle owners are remembered: the next call of each is cheaper. */
const mostIdle = 1000;

/**
 * Assigns a number of slots. Owners are served round-robin, so that twelve callers of one owner do not delay the only
 * caller of another. One owner holds at most a part of the slots, even if others are free; the process's own work is
 * not limited.
 */
export class FairQueue {
  readonly #places: number;
  readonly #mostOfOne: number;
  readonly #owners = new Map<string, Owner>();
  /** Owners with waiting callers, in the order of their turns. */
  readonly #turns = new Set<string>();
  #taken = 0;
  #forgetAt = mostIdle;

  constructor(places: number, mostOfOne: number) {
    this.#places = places;
    this.#mostOfOne = mostOfOne;
  }

  /** Takes a slot if one is available now. */
  tryEnter(name: string): boolean {
    if (this.#taken >= this.#places) return false;
    const owner = this.#owner(name);
    if (owner.running >= this.#mostOf(name)) return false;
    owner.running += 1;
    this.#taken += 1;
    return true;
  }

  /** Calls `admit` when a slot is available and taken. Returns the function that cancels the wait. */
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

  /** Returns a slot, and gives it to the next caller. */
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
      // To the end: all other owners come before this owner's next caller.
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

  /** Runs rarely, so that it costs nothing with many active owners. */
  #forgetIdle(): void {
    for (const [name, owner] of this.#owners) {
      if (owner.running === 0 && owner.waiting.size === 0) this.#owners.delete(name);
    }
    this.#forgetAt = Math.max(mostIdle, 2 * this.#owners.size);
  }
}
