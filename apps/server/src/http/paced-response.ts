import { type IncomingMessage, ServerResponse } from 'node:http';
import type { ReplyLimits, UntakenReply } from './reply-limits.ts';

/** As much as Node hands to a socket before it asks to wait. What is smaller is written as ever. */
const sliceBytes = 64 * 1024;

/** Node's own. The guarantee: it finds out by itself which of its arguments were given, and gets them as they came. */
const plainEnd = ServerResponse.prototype.end as (this: ServerResponse, ...args: unknown[]) => unknown;

/**
 * A response that hands a large body to its socket slice by slice. So it is known how much of it the client has taken, and
 * what is held for clients that take little stays within limits.
 */
export abstract class PacedResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  protected abstract get limits(): ReplyLimits;
  /** Who has to take it: a person, or the address of a caller who does not say who they are. */
  owner = '';

  /** Names the owner, before the work is done. Throws BUSY while they have too much to take. */
  claim(owner: string): void {
    this.owner = owner;
    this.limits.admit(owner);
  }

  // With as many parameters as Node's: a rest parameter would cost every response.
  override end(body?: unknown, encoding?: unknown, callback?: unknown): this {
    if (lengthOf(body) > sliceBytes && this.req.method !== 'HEAD') this.#writeSlices(toBytes(body));
    else plainEnd.call(this, body, encoding, callback);
    return this;
  }

  #writeSlices(body: Uint8Array): void {
    let written = 0;
    const { owner, req } = this;
    const reply: UntakenReply = {
      owner,
      get taken() {
        return Math.max(written - sliceBytes, 0);
      },
      held: body.byteLength,
      // A reset: the kernel would otherwise go on offering what it holds.
      cut: () => void req.socket.resetAndDestroy(),
    };
    const writeNext = () => {
      while (!req.socket.destroyed && written < body.byteLength) {
        const slice = body.subarray(written, written + sliceBytes);
        written += slice.byteLength;
        if (written === body.byteLength) super.end(slice);
        else if (!this.write(slice)) return;
      }
    };
    this.on('drain', writeNext);
    this.once('close', () => this.limits.remove(reply));
    this.limits.add(reply);
    writeNext();
  }
}

/** The class of all responses of one server. */
export function pacedBy(replyLimits: ReplyLimits) {
  return class<Request extends IncomingMessage = IncomingMessage> extends PacedResponse<Request> {
    protected override get limits(): ReplyLimits {
      return replyLimits;
    }
  };
}

function lengthOf(body: unknown): number {
  return typeof body === 'string' || body instanceof Uint8Array ? body.length : 0;
}

function toBytes(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? body : Buffer.from(String(body));
}
