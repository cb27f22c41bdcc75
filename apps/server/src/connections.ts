import type { Socket } from 'node:net';

/** The open connections of a server, and when each was last used. */
export class Connections {
  readonly #lastUses = new Map<Socket, number>();

  /** A connection was opened. */
  add(socket: Socket): void {
    this.noteUse(socket);
    socket.once('close', () => this.#lastUses.delete(socket));
  }

  /** It received a request. */
  noteUse(socket: Socket): void {
    this.#lastUses.set(socket, performance.now());
  }

  /**
   * Closes connections that never received a request: browsers open some in advance. Node does not treat them as idle,
   * so closing the server would wait for them.
   */
  endUnused(): void {
    for (const socket of this.#lastUses.keys()) if (socket.bytesRead === 0) socket.destroy();
  }

  /** Whether a connection that is still open was used at that time or later (in milliseconds of `performance.now()`). */
  isAnyUsedSince(time: number): boolean {
    for (const lastUse of this.#lastUses.values()) if (lastUse >= time) return true;
    return false;
  }
}
