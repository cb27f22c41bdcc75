import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { verify as verifyPassword } from 'argon2';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { serveParent } from './child-process.ts';
import type { RecordedStatement, RecordedStatements } from './record-statements.ts';

/**
 * The limit: what a request must cost in Node.js. Bare `node:http`, the product's own statements, a token checked each
 * time; no framework, no validation, no log. Faults of its callers end it.
 */
export interface LimitSettings {
  readonly databaseUrl: string;
  readonly poolSize: number;
  readonly jwtSecret: string;
  readonly statements: RecordedStatements;
}

interface Claims {
  readonly sub: string;
  readonly sid: string;
  readonly exp: number;
}

type Row = Record<string, unknown>;
type Handle = (query: URLSearchParams, claims: () => Claims, request: IncomingMessage) => Promise<unknown>;

serveParent(async (settings: LimitSettings): Promise<{ readonly port: number }> => {
  const handlers = createHandlers(settings);
  const claimsOf = tokenReader(settings.jwtSecret);
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    const mark = url.indexOf('?');
    const path = mark === -1 ? url : url.slice(0, mark);
    if (path === '/ping') {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 2 }).end('ok');
      return;
    }
    const handle = handlers[path];
    if (handle === undefined) {
      response.writeHead(404).end();
      return;
    }
    const query = new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1));
    handle(query, () => claimsOf(request), request).then(
      (answer) => send(response, 200, answer),
      (error: unknown) => send(response, 500, { error: String(error) }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the limit server is not bound to a port');
  return { port: address.port };
});

function createHandlers({
  databaseUrl,
  poolSize,
  jwtSecret,
  statements,
}: LimitSettings): Readonly<Record<string, Handle>> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize, options: '-c TimeZone=UTC' });
  const run = async (statement: Pick<RecordedStatement, 'name' | 'text'>, values: unknown[]): Promise<Row[]> =>
    (await pool.query<Row>({ name: statement.name, text: statement.text, values, types: plainTypes })).rows;

  const listValues = placeholders(statements.list.values);
  const getValues = placeholders(statements.get.values);
  const createValues = placeholders(statements.create.values);
  const sessionValues = placeholders(statements.startSession.values);
  const newTask = JSON.parse(statements.newTask) as Row;
  const newSession = JSON.parse(statements.newSession) as Row;
  const findUser = { name: 'findUser', text: 'SELECT * FROM users WHERE email = $1' };

  return {
    '/list': async (_query, claims) => {
      const rows = await run(statements.list, listValues({ user: claims().sub }));
      // The statement asks for one row more than the page, to know whether there is another.
      return { items: rows.slice(0, -1), nextCursor: rows.at(-1)?.['id'] };
    },
    '/get': async (query, claims) =>
      (await run(statements.get, getValues({ user: claims().sub, id: query.get('id') })))[0],
    '/batch': async (query, claims) => {
      const user = claims().sub;
      const ids = query.get('ids')?.split(',') ?? [];
      return Promise.all(ids.map(async (id) => (await run(statements.get, getValues({ user, id })))[0]));
    },
    '/create': async (_query, claims, request) => {
      const { sub, sid } = claims();
      const now = new Date().toISOString();
      const fields = await readJson(request);
      const row = { ...newTask, ...fields, id: uuidv7(), user_id: sub, created_at: now, updated_at: now };
      return (
        await run(statements.create, createValues({ user: sub, session: sid, now, row: JSON.stringify(row) }))
      )[0];
    },
    '/login': async (_query, _claims, request) => {
      const { email, password } = await readJson(request);
      const [user] = await run(findUser, [email]);
      if (user === undefined) throw new Error('there is no such user');
      const { password_hash: passwordHash, ...profile } = user;
      if (!(await verifyPassword(String(passwordHash), String(password)))) throw new Error('the password is wrong');
      const sid = uuidv7();
      const at = new Date();
      const now = at.toISOString();
      const claims = {
        sub: user['id'],
        sid,
        iat: Math.floor(at.getTime() / 1000),
        jti: randomBytes(16).toString('base64url'),
      };
      const accessToken = sign(jwtSecret, { ...claims, typ: 'access', exp: claims.iat + 900 });
      const refreshToken = sign(jwtSecret, { ...claims, typ: 'refresh', exp: claims.iat + 7 * 86_400 });
      const row = {
        ...newSession,
        id: sid,
        user_id: user['id'],
        refresh_hash: `\\x${createHash('sha256').update(refreshToken).digest('hex')}`,
        created_at: now,
        updated_at: now,
        rotated_at: now,
      };
      await run(
        statements.startSession,
        sessionValues({ user: user['id'], session: sid, now, row: JSON.stringify(row) }),
      );
      return { user: profile, tokens: { accessToken, refreshToken } };
    },
  };
}

interface Given {
  readonly user: unknown;
  readonly id?: unknown;
  readonly session?: unknown;
  readonly now?: string;
  readonly row?: string;
}

/** Tells what each value of a recorded statement stood for; what stands for nothing of the request stays as it was. */
function placeholders(recorded: readonly unknown[]): (given: Given) => unknown[] {
  const isUuid = (value: unknown) => typeof value === 'string' && /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(value);
  const [person, ...others] = recorded;
  if (!isUuid(person)) throw new Error('a statement does not begin with the person');
  const isWrite = others.some((value) => typeof value === 'string' && value.startsWith('{'));
  const kinds = recorded.map((value, index): keyof Given | null => {
    if (index === 0) return 'user';
    if (isUuid(value)) return isWrite ? 'session' : 'id';
    if (typeof value !== 'string') return null;
    if (value.startsWith('{')) return 'row';
    return /^\d{4}-\d\d-\d\dT.*Z$/.test(value) ? 'now' : null;
  });
  return (given) => kinds.map((kind, index) => (kind === null ? recorded[index] : given[kind]));
}

/** Numbers as numbers, all else as PostgreSQL wrote it: the least that a driver can do. */
const plainTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid: number) => (numberTypes.has(oid) ? Number : String),
};
const numberTypes = new Set([20, 21, 23, 700, 701, 1700]);

/** Checks the signature and the end of a request's token, each time. */
function tokenReader(secret: string): (request: IncomingMessage) => Claims {
  return ({ headers: { authorization = '' } }) => {
    const token = authorization.slice('Bearer '.length);
    const [header = '', payload = '', signature = ''] = token.split('.');
    const expected = createHmac('sha256', secret).update(`${header}.${payload}`).digest();
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new Error('bad signature');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
    if (claims.exp * 1000 < Date.now()) throw new Error('the token has expired');
    return claims;
  };
}

function sign(secret: string, claims: object): string {
  const text = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const signed = text.join('.');
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function readJson(request: IncomingMessage): Promise<Row> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', reject);
    request.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString()) as Row));
  });
}

function send(response: ServerResponse, status: number, answer: unknown): void {
  const body = JSON.stringify(answer);
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body);
}
