import { type IncomingMessage, ServerResponse } from 'node:http';
import type { ReplyLimits, UntakenReply } from './reply-limits.ts';

/** The size that Node passes to a socket at once. Smaller responses are written as usual. */
const sliceBytes = 64 * 1024;

/** Node's own method. The guarantee: it checks which arguments were given, and gets them unchanged. */
const plainEnd = ServerResponse.prototype.end as (this: ServerResponse, ...args: unknown[]) => unknown;

/**
 * A response that passes a large body to its socket in slices. So it knows how much of it the client has read, and the
 * memory for slow clients is limited.
 */
export abstract class PacedResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  protected abstract get limits(): ReplyLimits;
  /** The owner of the response: a user, or the address of an anonymous caller. */
  owner = '';

  /** Sets the owner, before the work is done. Throws BUSY if they have too many unread responses. */
  claim(owner: string): void {
    this.owner = owner;
    this.limits.admit(owner);
  }

  // With as many parameters as Node's method: a rest parameter would slow down every response.
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
      // A reset: otherwise the kernel would keep sending what it has.
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

/** The response class of a server. */
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
