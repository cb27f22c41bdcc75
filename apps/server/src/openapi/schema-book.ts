import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { JsonSchema } from './types.ts';

const prefix = '#/components/schemas/';

/** The JSON Schemas of zod schemas: those with an id stand once in `components` and are referred to. */
export class SchemaBook {
  readonly #named = new Map<string, JsonSchema>();

  /**
   * The schema of what goes over the wire. For inputs and outputs alike that is what the zod schema takes in: a field
   * with a default may be left out, and a reply may gain fields without breaking who checks it.
   */
  of(schema: z.ZodType): JsonSchema {
    const made = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override: tidy });
    const { $schema: _, $defs, ...own } = asJsonSchema(JSON.stringify(made).replaceAll('"#/$defs/', `"${prefix}`));
    for (const [name, definition] of Object.entries($defs ?? {})) this.name(name, definition);
    return own;
  }

  /** Puts a schema into `components` and gives the reference. Throws where the name stands for another one. */
  name(name: string, schema: JsonSchema): JsonSchema {
    const present = this.#named.get(name);
    if (present !== undefined && !isDeepStrictEqual(present, schema)) {
      throw new Error(`two schemas are called ${name}`);
    }
    this.#named.set(name, schema);
    return { $ref: `${prefix}${name}` };
  }

  /** What a reference stands for; any other schema as it is. */
  resolve(schema: JsonSchema): JsonSchema {
    if (schema.$ref === undefined) return schema;
    const found = this.#named.get(schema.$ref.slice(prefix.length));
    if (found === undefined) throw new Error(`nothing is called ${schema.$ref}`);
    return found;
  }

  /** By name, so that the document does not change with the order in which operations are written down. */
  get components(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries([...this.#named].sort(([one], [other]) => (one < other ? -1 : 1)));
  }
}

type Override = NonNullable<NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override']>;

const tidy: Override = ({ zodSchema, jsonSchema }) => {
  // The format says it, in fewer characters, and tools make better examples of it.
  if (jsonSchema.format === 'uuid' || jsonSchema.format === 'date') delete jsonSchema.pattern;
  // What JavaScript can count to bounds nothing here.
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (zodSchema instanceof z.ZodDiscriminatedUnion) jsonSchema['discriminator'] = discriminatorOf(zodSchema);
};

/** Tells generators which alternative each value means. */
function discriminatorOf(union: z.ZodDiscriminatedUnion): object {
  const propertyName = union.def.discriminator;
  const mapping = union.options.flatMap((option) => {
    const id = option instanceof z.ZodObject ? option.meta()?.id : undefined;
    const values = option._zod.propValues?.[propertyName] ?? [];
    return id === undefined ? [] : [...values].map((value) => [String(value), `${prefix}${id}`]);
  });
  return { propertyName, mapping: Object.fromEntries(mapping) };
}

/** The guarantee: zod made it, so each `$def` is a schema, and so is whatever stands where a schema may. */
function asJsonSchema(text: string): JsonSchema & { readonly $defs?: Readonly<Record<string, JsonSchema>> } {
  return JSON.parse(text);
}
