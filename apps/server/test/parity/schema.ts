import type { ProcedureFacts } from '@alice/api';
import { z } from 'zod';

/** JSON Schema, as far as inputs are made from it. */
export interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly format?: string;
  readonly pattern?: string;
  readonly examples?: readonly unknown[];
}

export type Fields = Readonly<Record<string, unknown>>;

/** A procedure's input: the schema itself, and what it says of its fields. Null where it takes none. */
export interface InputSchema {
  readonly zod: z.ZodType;
  readonly fields: Readonly<Record<string, Schema>>;
  readonly required: ReadonlySet<string>;
  readonly examples: readonly Fields[];
  /** The schema that a field's schema refers to, null left out. */
  resolve(schema: Schema): Schema;
}

export function inputSchema({ inputs }: ProcedureFacts): InputSchema | null {
  const [input] = inputs;
  if (input === undefined) return null;
  const options = { io: 'input', unrepresentable: 'any', reused: 'inline' } as const;
  // The guarantee: it is a JSON Schema; what is not found in it is undefined, and then no input can be made.
  const schema = z.toJSONSchema(input, options) as Schema;
  const resolve = (of: Schema): Schema => {
    if (of.$ref !== undefined) return resolve(schema.$defs?.[of.$ref.replace('#/$defs/', '')] ?? {});
    const option = of.anyOf?.find(({ type }) => type !== 'null');
    return option === undefined ? of : resolve(option);
  };
  return {
    zod: input,
    fields: schema.properties ?? {},
    required: new Set(schema.required),
    examples: (schema.examples ?? []) as readonly Fields[],
    resolve,
  };
}

/** The path of every field, with those inside of objects. */
export function fieldPaths({ fields, resolve }: InputSchema): string[][] {
  return Object.entries(fields).flatMap(([name, schema]) => [
    [name],
    ...Object.keys(resolve(schema).properties ?? {}).map((inner) => [name, inner]),
  ]);
}

export function isNullable({ anyOf }: Schema): boolean {
  return anyOf?.some(({ type }) => type === 'null') ?? false;
}
