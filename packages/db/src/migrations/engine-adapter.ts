import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import type pg from 'pg';

import type { SteadyPool } from '../pool.ts';

const CHAR: number = 18;
const TEXT: number = 25;

/**
 * The pool, with columns of type "char" presented as text and their names recorded. A proxy, since the adapter only
 * accepts pg's own class.
 */
function hidingChars(pool: SteadyPool, chars: Set<string>): SteadyPool {
  const query = async (statement: pg.QueryConfig): Promise<pg.QueryResult> => {
    const result = await pool.run(statement);
    for (const field of result.fields) {
      if (field.dataTypeID !== CHAR) continue;
      field.dataTypeID = TEXT;
      chars.add(field.name);
    }
    return result;
  };
  return new Proxy(pool, {
    get: (target, key) => {
      if (key === 'query') return query;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/**
 * Prisma's adapter for the schema engine: to describe check constraints, the engine selects a column of the internal
 * type "char", which `@prisma/adapter-pg` 7.10 refuses to convert.
 */
export class EngineAdapter extends PrismaPg {
  readonly #chars: Set<string>;

  constructor(pool: SteadyPool) {
    const chars = new Set<string>();
    super(hidingChars(pool, chars));
    this.#chars = chars;
  }

  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = await super.connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const result = await queryRaw(query);
      const columnTypes = result.columnTypes.map((type, i) =>
        this.#chars.has(result.columnNames[i] ?? '') ? ColumnTypeEnum.Character : type,
      );
      return { ...result, columnTypes };
    };
    return adapter;
  }
}
