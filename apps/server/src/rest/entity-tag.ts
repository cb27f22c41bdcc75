import { hash } from 'node:crypto';
import type { HeldCopy } from '@alice/api';

/**
 * The entity tags of one read (RFC 9110, 8.8.3). A read that depends only on the user's changes is tagged with the
 * latest change number, so a conditional request is answered without reading the data. The number is read before the
 * data, so a tag is never newer than the data. The tag also covers the user and the URL.
 */
export class EntityTag implements HeldCopy {
  readonly #address: string;
  /** The client's tags, by their hash. */
  readonly #held: ReadonlyMap<string, string>;
  #mark: string | undefined;

  /** `release` identifies the code: another version may render the same data differently. */
  constructor(ifNoneMatch: string | undefined, url: string, release: string) {
    this.#address = `${release} ${url}`;
    this.#held = ifNoneMatch === undefined ? none : readTags(ifNoneMatch);
  }

  isOf(userId: string, number: number): boolean {
    this.#mark = digest(`${userId} ${number} ${this.#address}`);
    return this.#held.has(this.#mark);
  }

  /** The tag for this data. It starts with the version of the row, which `If-Match` uses. */
  for(data: unknown): string {
    this.#mark ??= digest(JSON.stringify(data));
    const version = versionOf(data);
    return version === null ? `"${this.#mark}"` : `"${version}-${this.#mark}"`;
  }

  /** The client's tag of the current data. */
  get held(): string {
    return this.#held.get(this.#mark ?? '') ?? '';
  }

  /** Whether the client has this data: for reads whose tag is computed from the data. */
  holds(data: unknown): boolean {
    this.#mark ??= digest(JSON.stringify(data));
    return this.#held.has(this.#mark);
  }
}

/** The version of the row in a response, if it contains one. */
export function versionOf(data: unknown): number | null {
  const isRow = typeof data === 'object' && data !== null && 'version' in data;
  return isRow && typeof data.version === 'number' ? data.version : null;
}

const none: ReadonlyMap<string, string> = new Map();

/** The tags in `If-None-Match` by their hash, without `W/` and the version. */
function readTags(header: string): ReadonlyMap<string, string> {
  return new Map([...header.matchAll(/"(?:\d{1,10}-)?([0-9a-f]{24})"/g)].map(([tag, mark = '']) => [mark, tag]));
}

function digest(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 24);
}
