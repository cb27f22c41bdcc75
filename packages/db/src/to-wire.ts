/** A row without `Date`, bigint and bare bytes, as `Database.query` returns it. */
export type Wire<Model> = { readonly [Field in keyof Model]: WireValue<Model[Field]> };

type WireValue<Value> = Value extends Date
  ? string
  : Value extends bigint
    ? number
    : Value extends Uint8Array
      ? Buffer
      : Value;

/** The wire form of a row of Prisma. Only for columns of points in time: Prisma reads dates and times as `Date`, too. */
export function toWire<Model extends object>(row: Model): Wire<Model> {
  const wire = Object.entries(row).map(([field, value]) => [field, wireValue(value)]);
  return asWire<Model>(Object.fromEntries(wire));
}

function wireValue(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'bigint') return Number(value);
  return value instanceof Uint8Array ? Buffer.from(value) : value;
}

/** The guarantee: every field is there, converted by `wireValue`. */
function asWire<Model>(fields: object): Wire<Model> {
  return fields as Wire<Model>;
}
