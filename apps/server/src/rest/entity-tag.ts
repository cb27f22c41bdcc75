import { hash } from 'node:crypto';
import type { HeldCopy } from '@alice/api';

/**
 * The entity tags of one read (RFC 9110, 8.8.3). A read that follows from a person's changes alone is tagged by the number
 * of the latest one, so that a copy is judged without reading anything; the number is taken before the data is read, so a
 * tag is never newer than what it tags. Whose copy it is, and of what, is in the tag too.
 */
export class EntityTag implements HeldCopy {
  readonly #address: string;
  /** The client's tags as they came, by their marks. */
  readonly #held: ReadonlyMap<string, string>;
  #mark: string | undefined;

  /** `release` stands for the code: another one may show the same data otherwise. */
  constructor(ifNoneMatch: string | undefined, url: string, release: string) {
    this.#address = `${release} ${url}`;
    this.#held = ifNoneMatch === undefined ? none : readTags(ifNoneMatch);
  }

  isOf(userId: string, number: number): boolean {
    this.#mark = digest(`${userId} ${number} ${this.#address}`);
    return this.#held.has(this.#mark);
  }

  /** The tag for this data. A row's version leads, as `If-Match` goes by it. */
  for(data: unknown): string {
    this.#mark ??= digest(JSON.stringify(data));
    const version = versionOf(data);
    return version === null ? `"${this.#mark}"` : `"${version}-${this.#mark}"`;
  }

  /** The client's own tag of the copy that is still right. */
  get held(): string {
    return this.#held.get(this.#mark ?? '') ?? '';
  }

  /** Whether the client holds this data: for reads whose tag is made from the data itself. */
  holds(data: unknown): boolean {
    this.#mark ??= digest(JSON.stringify(data));
    return this.#held.has(this.#mark);
  }
}

/** The version of the row that a reply shows, if it shows one. */
export function versionOf(data: unknown): number | null {
  const isRow = typeof data === 'object' && data !== null && 'version' in data;
  return isRow && typeof data.version === 'number' ? data.version : null;
}

const none: ReadonlyMap<string, string> = new Map();

/** The tags in `If-None-Match`, by their marks: without weakness and the version before them. */
function readTags(header: string): ReadonlyMap<string, string> {
  return new Map([...header.matchAll(/"(?:\d{1,10}-)?([0-9a-f]{24})"/g)].map(([tag, mark = '']) => [mark, tag]));
}

function digest(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 24);
}
