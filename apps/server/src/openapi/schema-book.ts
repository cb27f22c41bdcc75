import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { JsonSchema } from './types.ts';

const prefix = '#/components/schemas/';

/** The JSON Schemas of zod schemas. Schemas with an id are listed once in `components` and referenced. */
export class SchemaBook {
  readonly #named = new Map<string, JsonSchema>();

  /**
   * The schema of the wire form: for inputs and outputs, what the zod schema accepts. So a field with a default is
   * optional, and a response may get new fields without failing validation.
   */
  of(schema: z.ZodType): JsonSchema {
    const made = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override: tidy });
    const { $schema: _, $defs, ...own } = asJsonSchema(JSON.stringify(made).replaceAll('"#/$defs/', `"${prefix}`));
    for (const [name, definition] of Object.entries($defs ?? {})) this.name(name, definition);
    return own;
  }

  /** Adds a schema to `components` and returns a reference. Throws if the name has another schema. */
  name(name: string, schema: JsonSchema): JsonSchema {
    const present = this.#named.get(name);
    if (present !== undefined && !isDeepStrictEqual(present, schema)) {
      throw new Error(`two schemas are called ${name}`);
    }
    this.#named.set(name, schema);
    return { $ref: `${prefix}${name}` };
  }

  /** Resolves a reference; other schemas are returned unchanged. */
  resolve(schema: JsonSchema): JsonSchema {
    if (schema.$ref === undefined) return schema;
    const found = this.#named.get(schema.$ref.slice(prefix.length));
    if (found === undefined) throw new Error(`nothing is called ${schema.$ref}`);
    return found;
  }

  /** Sorted by name, so that the document does not depend on the order of the operations. */
  get components(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries([...this.#named].sort(([one], [other]) => (one < other ? -1 : 1)));
  }
}

type Override = NonNullable<NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override']>;

const tidy: Override = ({ zodSchema, jsonSchema }) => {
  // The format is shorter, and tools generate better examples from it.
  if (jsonSchema.format === 'uuid' || jsonSchema.format === 'date') delete jsonSchema.pattern;
  // JavaScript's integer limits are not a constraint.
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (zodSchema instanceof z.ZodDiscriminatedUnion) jsonSchema['discriminator'] = discriminatorOf(zodSchema);
};

/** Tells generators which alternative belongs to each value. */
function discriminatorOf(union: z.ZodDiscriminatedUnion): object {
  const propertyName = union.def.discriminator;
  const mapping = union.options.flatMap((option) => {
    const id = option instanceof z.ZodObject ? option.meta()?.id : undefined;
    const values = option._zod.propValues?.[propertyName] ?? [];
    return id === undefined ? [] : [...values].map((value) => [String(value), `${prefix}${id}`]);
  });
  return { propertyName, mapping: Object.fromEntries(mapping) };
}

/** The guarantee: zod generated it, so each `$def` is a schema, and so is everything at the position of a schema. */
function asJsonSchema(text: string): JsonSchema & { readonly $defs?: Readonly<Record<string, JsonSchema>> } {
  return JSON.parse(text);
}
