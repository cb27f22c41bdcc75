import { type Database, openDatabase, type Statement, type UnnamedStatement } from '@alice/db';
import { productOn } from './product.ts';
import type { Account } from './scene.ts';
import { pageSize } from './works.ts';

/** A statement as the product sent it once, with the values of that time. */
export interface RecordedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What the product asks the database in each work: the limit server asks the very same. */
export interface RecordedStatements {
  readonly list: RecordedStatement;
  readonly get: RecordedStatement;
  readonly create: RecordedStatement;
  /** What a sign-in writes. */
  readonly startSession: RecordedStatement;
  /** The row that `create` was given, as JSON. */
  readonly newTask: string;
  /** The row that `startSession` was given, as JSON. */
  readonly newSession: string;
}

interface Recorder {
  readonly databaseUrl: string;
  readonly jwtSecret: string;
  readonly account: Account;
  readonly password: string;
}

/** Runs each operation once and listens. Throws when one takes other than one statement: then the limit is no equal. */
export async function recordStatements({
  databaseUrl,
  jwtSecret,
  account,
  password,
}: Recorder): Promise<RecordedStatements> {
  await using database = await openDatabase({ url: databaseUrl, poolSize: 1 });
  const seen: RecordedStatement[] = [];
  const listening: Database = {
    ...database,
    query<Row>(statement: Statement<Row> | UnnamedStatement, values: readonly unknown[]) {
      seen.push({ name: statement.name ?? '', text: statement.text, values });
      return database.query<Row>(statement, values);
    },
  };
  const caller = (await productOn(listening, jwtSecret))({ id: account.id, sessionId: account.sessionId });

  /** The one statement that an operation takes, or the one of many that is called `named`. */
  async function record(work: string, operation: () => Promise<unknown>, named?: string): Promise<RecordedStatement> {
    seen.length = 0;
    await operation();
    const found = seen.filter(({ name }) => named === undefined || name === named);
    const [statement] = found;
    if (statement === undefined || found.length > 1) {
      const names = seen.map(({ name }) => name).join(', ') || 'none';
      throw new Error(`${work} ran ${seen.length} statements (${names}); the limit server knows how to run one`);
    }
    return statement;
  }

  let taskId = '';
  const create = await record('tasks.create', async () => {
    taskId = (await caller.tasks.create({ title: 'Listen' })).id;
  });
  const startSession = await record(
    'auth.login',
    () => caller.auth.login({ email: account.email, password }),
    'changes.create.sessions',
  );
  return {
    create,
    startSession,
    newSession: recordIn(startSession),
    newTask: recordIn(create),
    get: await record('tasks.get', () => caller.tasks.get({ id: taskId })),
    list: await record('tasks.list', () => caller.tasks.list({ limit: pageSize })),
  };
}

/** The one value of an inserting statement that is a row. */
function recordIn({ name, values }: RecordedStatement): string {
  const record = values.find((value) => typeof value === 'string' && value.startsWith('{'));
  if (typeof record !== 'string') throw new Error(`${name} was given no row`);
  return record;
}
