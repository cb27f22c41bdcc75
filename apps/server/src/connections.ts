import type { Socket } from 'node:net';

/** The open connections of a server, and when each was last used. */
export class Connections {
  readonly #lastUses = new Map<Socket, number>();

  /** A connection was opened, which is done to use it. */
  add(socket: Socket): void {
    this.noteUse(socket);
    socket.once('close', () => this.#lastUses.delete(socket));
  }

  /** A request came over it. */
  noteUse(socket: Socket): void {
    this.#lastUses.set(socket, performance.now());
  }

  /** Ends those over which nothing ever came: browsers open such ahead. To Node they are not idle, and closing waits for them. */
  endUnused(): void {
    for (const socket of this.#lastUses.keys()) if (socket.bytesRead === 0) socket.destroy();
  }

  /** Whether one that is still open was used at that time or later (in milliseconds of `performance.now()`). */
  isAnyUsedSince(time: number): boolean {
    for (const lastUse of this.#lastUses.values()) if (lastUse >= time) return true;
    return false;
  }
}
