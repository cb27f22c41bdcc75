import { CallerLeftError } from './caller-left-error.ts';

/** A database error in the categories that an operation can act on. */
export type DatabaseFault =
  /** Down, restarting, or out of connections or disk space: the same call may succeed later. */
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'unique' | 'foreign_key' | 'check'; readonly constraint: string | null }
  /**
   * The database is up but did not finish this call in time: a lock, a long statement, a conflict between transactions.
   */
  | { readonly kind: 'timeout' }
  /** The caller has disconnected, so the call was cancelled. */
  | { readonly kind: 'abandoned' }
  /** Text that PostgreSQL cannot store or parse: NUL, an unpaired surrogate in JSON, a malformed UUID. */
  | { readonly kind: 'invalid_text' };

type Kind = DatabaseFault['kind'];

/** SQLSTATE, by code or by class (its first two characters). https://www.postgresql.org/docs/current/errcodes-appendix.html */
const SQLSTATE: Readonly<Record<string, Kind>> = {
  '23505': 'unique',
  '23P01': 'unique',
  '23503': 'foreign_key',
  '23001': 'foreign_key',
  '23514': 'check',
  '22021': 'invalid_text',
  '22P02': 'invalid_text',
  '22P05': 'invalid_text',
  '40001': 'timeout',
  '40P01': 'timeout',
  '55P03': 'timeout',
  '57014': 'timeout',
  '25P03': 'unavailable', // idle in transaction: the session was ended
  '25006': 'unavailable', // a replica after a failover
  '3D000': 'unavailable',
  '08': 'unavailable',
  '28': 'unavailable',
  '53': 'unavailable',
  '57': 'unavailable',
  '58': 'unavailable',
  XX: 'unavailable',
};

/** https://www.prisma.io/docs/orm/reference/error-reference */
const PRISMA: Readonly<Record<string, Kind>> = {
  P1000: 'unavailable',
  P1001: 'unavailable',
  P1002: 'unavailable',
  P1003: 'unavailable',
  P1008: 'unavailable', // the adapter's name for a socket that timed out
  P1010: 'unavailable',
  P1011: 'unavailable',
  P1017: 'unavailable',
  P2024: 'unavailable',
  P2037: 'unavailable',
  P2002: 'unique',
  P2003: 'foreign_key',
  P2004: 'check',
  P2007: 'invalid_text',
  P2023: 'invalid_text',
  P2028: 'timeout',
  P2034: 'timeout',
};

/** The errors of Prisma's adapter, before Prisma assigns a code. */
const ADAPTER: Readonly<Record<string, Kind>> = {
  DatabaseNotReachable: 'unavailable',
  ConnectionClosed: 'unavailable',
  SocketTimeout: 'unavailable',
  TooManyConnections: 'unavailable',
  TlsConnectionError: 'unavailable',
  DatabaseDoesNotExist: 'unavailable',
  TransactionWriteConflict: 'timeout',
};

const SOCKET = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOSPC',
  'ERR_STREAM_DESTROYED',
]);

/** Errors of pg and its pool without a code. */
const MESSAGES =
  /^(?:timeout exceeded when trying to connect|timeout expired|Connection terminated|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end|the database is closing)/;

interface Node {
  readonly code?: unknown;
  readonly originalCode?: unknown;
  readonly kind?: unknown;
  readonly syscall?: unknown;
  readonly message?: unknown;
  readonly originalMessage?: unknown;
  readonly constraint?: unknown;
  readonly cause?: unknown;
  readonly meta?: unknown;
  readonly errors?: unknown;
  readonly driverAdapterError?: unknown;
}

/** Every field is optional and unknown, so any object matches. */
function asNode(value: unknown): Node | null {
  return typeof value === 'object' && value !== null ? (value as Node) : null;
}

function kindOfCode(code: unknown): Kind | undefined {
  if (typeof code !== 'string') return undefined;
  if (SOCKET.has(code)) return 'unavailable';
  if (/^P\d{4}$/.test(code)) return PRISMA[code];
  return /^[0-9A-Z]{5}$/.test(code) ? (SQLSTATE[code] ?? SQLSTATE[code.slice(0, 2)]) : undefined;
}

function kindOf(node: Node): Kind | undefined {
  const byCode = kindOfCode(node.originalCode) ?? kindOfCode(node.code);
  if (byCode !== undefined) return byCode;
  if (node.syscall === 'connect') return 'unavailable'; // ENOENT: a Unix socket whose server is gone
  if (typeof node.kind === 'string' && Object.hasOwn(ADAPTER, node.kind)) return ADAPTER[node.kind];
  return typeof node.message === 'string' && MESSAGES.test(node.message) ? 'unavailable' : undefined;
}

/** The error, its causes and its parts: drivers and Prisma wrap errors several times. */
function* layers(error: unknown, depth = 0): Generator<Node> {
  const node = asNode(error);
  if (node === null || depth > 6) return;
  yield node;
  for (const inner of [node.cause, node.meta, node.driverAdapterError]) yield* layers(inner, depth + 1);
  if (Array.isArray(node.errors)) for (const inner of node.errors) yield* layers(inner, depth + 1);
}

function constraintOf(nodes: readonly Node[]): string | null {
  for (const { constraint } of nodes) {
    if (typeof constraint === 'string') return constraint;
    const index = asNode(constraint);
    if (index !== null && 'index' in index && typeof index.index === 'string') return index.index;
  }
  for (const { originalMessage, message } of nodes) {
    const name = /constraint "([^"]+)"/.exec(`${String(originalMessage ?? '')} ${String(message ?? '')}`)?.[1];
    if (name !== undefined) return name;
  }
  return null;
}

/**
 * Classifies an error of `Database` or of its Prisma client. Null: not a foreseeable database error, but a bug or
 * another kind of error.
 */
export function databaseFault(error: unknown): DatabaseFault | null {
  if (error instanceof CallerLeftError) return { kind: 'abandoned' };
  const nodes = [...layers(error)];
  // The innermost error is the most specific: P2010 (a raw query failed) and P2028 say little, the SQLSTATE in them
  // says why.
  for (const node of nodes.toReversed()) {
    const kind = kindOf(node);
    if (kind === undefined) continue;
    if (kind === 'unique' || kind === 'foreign_key' || kind === 'check')
      return { kind, constraint: constraintOf(nodes) };
    return { kind };
  }
  return null;
}
