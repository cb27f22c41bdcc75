import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { DiffTarget, SchemaEngine } from '@prisma/schema-engine-wasm';

import type { Database } from '../database.ts';
import { poolOf } from '../handle.ts';
import { EngineAdapter } from './engine-adapter.ts';

type EngineClass = typeof SchemaEngine;

type Exports = Readonly<Record<string, unknown>>;

/** Declared here, since a server's types should not include the DOM's declarations. */
declare const WebAssembly: {
  instantiate(
    bytes: Uint8Array,
    imports: Readonly<Record<string, object>>,
  ): Promise<{ readonly instance: { readonly exports: Exports } }>;
};

/** wasm-bindgen's start function has no parameters and no result. */
function start(exports: Exports): void {
  const run = exports['__wbindgen_start'];
  if (typeof run !== 'function') throw new TypeError('the schema engine has no start function');
  run();
}

let loading: Promise<EngineClass> | undefined;

/**
 * Prisma's schema engine, compiled once per process. Its own entry imports the .wasm file as a module, which Node only
 * supports behind a flag; so it is compiled and linked here.
 */
async function loadEngine(): Promise<EngineClass> {
  const wasmFile = new URL('./schema_engine_bg.wasm', import.meta.resolve('@prisma/schema-engine-wasm'));
  const [glue, bytes] = await Promise.all([
    import('@prisma/schema-engine-wasm/schema_engine_bg'),
    readFile(fileURLToPath(wasmFile)),
  ]);
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  start(instance.exports);
  return glue.SchemaEngine;
}

/** One side of a comparison. */
export type SchemaSource = 'empty' | 'database' | { readonly schema: string };

/** Only names the kind of database: the adapter has the connection. */
const DATASOURCE = 'datasource db { provider = "postgresql" }';

function target(source: SchemaSource): DiffTarget {
  if (source === 'empty') return { tag: 'empty' };
  if (source === 'database')
    return { tag: 'schemaDatasource', files: [{ path: 'schema.prisma', content: DATASOURCE }], configDir: '' };
  return { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: source.schema }] };
}

/** Runs `work` with an engine on this database. */
export async function withEngine<T>(database: Database, work: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  loading ??= loadEngine();
  const Engine = await loading;
  const adapter = bindMigrationAwareSqlAdapterFactory(new EngineAdapter(poolOf(database)));
  const engine = await Engine.new({ datamodels: undefined }, () => undefined, adapter);
  try {
    return await work(engine);
  } finally {
    engine.free();
  }
}

/** The SQL from one schema to the other; empty if they are equal. `'database'` is the current schema of `database`. */
export async function diffSql(database: Database, from: SchemaSource, to: SchemaSource): Promise<string> {
  const { stdout } = await withEngine(database, (engine) =>
    engine.diff({
      from: target(from),
      to: target(to),
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    }),
  );
  const sql = (stdout ?? '').trim();
  return sql === '-- This is an empty migration.' ? '' : sql;
}
