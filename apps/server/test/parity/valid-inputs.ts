import type { ProcedureFacts } from '@alice/api';
import { takesBody } from '../../src/rest/routes.ts';
import { routeOf } from './over-rest.ts';
import { type Fields, fieldPaths, type InputSchema, inputSchema, isNullable, type Schema } from './schema.ts';
import type { World } from './world.ts';

/** What an address or a query must carry unharmed. */
const hardText = 'Öl & Brot: 100% +1=2? #ja; 🦷 "x"';

/**
 * Inputs that the procedure's own schema accepts: its examples, the least, the most, and every field with each kind of
 * value. The same for worlds of one name. Throws, naming the field, where it finds no value for one.
 */
export function validInputs(procedure: ProcedureFacts, world: World): (Fields | undefined)[] {
  const schema = inputSchema(procedure);
  if (schema === null) return [undefined];
  const { fields, required, examples, zod } = schema;
  const valuesOf = valueFinder(procedure, schema, world);
  const first = (name: string) => valuesOf(name)[0];
  // Anew each time: some values are good for one use.
  const least = () => Object.fromEntries([...required].map((name) => [name, first(name)]));
  const ofWorld = (name: string, value: unknown) => (isOfWorld(procedure, name, world) ? first(name) : value);

  const found = [
    ...examples.map((example) => ({
      ...least(),
      ...Object.fromEntries(Object.entries(example).map(([name, value]) => [name, ofWorld(name, value)])),
    })),
    ...Object.keys(fields).flatMap((name) => valuesOf(name).map((value) => ({ ...least(), [name]: value }))),
    Object.fromEntries(
      Object.keys(fields).flatMap((name) =>
        isPlacedInTime(name)
          ? []
          : valuesOf(name)
              .slice(0, 1)
              .map((value) => [name, value]),
      ),
    ),
  ];
  // A stream that is told no number begins with the next change: nothing comes.
  const inputs: Fields[] = procedure.type === 'subscription' ? found : [least(), ...found];
  const valid = inputs.filter((input) => zod.safeParse(input).success);
  for (const [name = '', inner] of fieldPaths(schema)) {
    const has = (input: Fields) => (inner === undefined ? name in input : Object(input[name])[inner] !== undefined);
    if (name !== 'cursor' && !valid.some(has))
      throw new Error(
        `${procedure.path}: no value found for ${inner === undefined ? name : `${name}.${inner}`}; teach valid-inputs.ts`,
      );
  }
  return valid;
}

const isForOneUse = (name: string) => ['ticket', 'passkey', 'response', 'recoveryCode'].includes(name);

/** Good only at some time: they are tried alone. */
function isPlacedInTime(name: string): boolean {
  return name === 'expectedVersion' || name === 'cursor';
}

function isOfWorld({ path }: ProcedureFacts, name: string, { values }: World): boolean {
  const ofPerson = ['email', 'password', 'refreshToken', 'number', 'since'];
  return ofPerson.includes(name) || name in values || entityOf(path, name) !== null;
}

/** Fields that name rows of another kind than their name says; `labels` and `blockedBy` name several. */
const links: Readonly<Record<string, string>> = { labels: 'label', blockedBy: 'task', parentId: 'task' };

/** Which kind of row a field names: `id` one of its feature's, `goalId` a goal, `after` a neighbour of the same kind. */
export function entityOf(path: string, name: string): string | null {
  const link = links[name];
  if (link !== undefined) return link;
  if (name === 'id' || name === 'after') {
    return path.startsWith('auth.') ? 'session' : (path.split('.')[0] ?? '').replace(/s$/, '');
  }
  return /^(\w+)Id$/.exec(name)?.[1]?.replace(/^lastEvent$/, '') || null;
}

function valueFinder(procedure: ProcedureFacts, { fields, required, resolve }: InputSchema, world: World) {
  const { path } = procedure;
  const route = routeOf(path);
  // A query cannot say null.
  const mayBeNull = route === undefined || takesBody(route);
  let count = 0;
  const next = () => {
    count += 1;
    return count;
  };
  const newId = () => `0195f000-0000-7000-8000-${String(next()).padStart(12, '0')}`;
  const newEmail = () => `${world.name}-new-${next()}@example.com`;

  function rowsOf(name: string, entity: string): string[] {
    const ids = world.rows[entity]?.map((row) => row.id);
    if (ids === undefined) throw new Error(`${path}: no ${entity} for ${name}; teach world.ts`);
    return name === 'id' && !required.has(name) ? [newId(), ...ids.slice(0, 1)] : ids;
  }

  /** How often the first value of a field was given: what is good for one use is given once. */
  const given = new Map<string, number>();
  function prepared(name: string): unknown[] | null {
    const values = world.values[name];
    if (values === undefined) return null;
    if (!isForOneUse(name)) return [...values];
    const turn = given.get(name) ?? 0;
    given.set(name, turn + 1);
    return [values[Math.min(turn, values.length - 1)]];
  }

  function knownValues(name: string): unknown[] | null {
    const { email, password, refreshToken } = world.person;
    switch (name) {
      case 'email':
        return path === 'auth.login' ? [email, 'nobody@example.com'] : [newEmail(), email];
      case 'password':
        return [password, 'another sentence altogether'];
      case 'refreshToken':
        return [refreshToken, 'no token'];
      case 'number':
        return Array.from({ length: world.number + 1 }, (_, index) => index + 1);
      case 'since':
        // The last change alone; and all changes.
        return [world.number - 1, 0];
      // Names of labels are unique.
      case 'name':
        return path === 'labels.create' ? [`${hardText.slice(0, 30)} ${next()}`] : null;
      case 'color':
        return ['#3b82f6', '#ABCDEF'];
      case 'lastEventId':
        return ['0', '2'];
      case 'expectedVersion':
        return [1, 2];
      case 'cursor':
        return [];
      default: {
        const entity = entityOf(path, name);
        if (entity === null) return null;
        const ids = rowsOf(name, entity);
        // The first task is the one to act on, so it is neither its own parent nor its own blocker; the last is in its list.
        const others = name === 'parentId' || name === 'blockedBy' ? ids.toReversed() : ids;
        return isArray(fields[name]) ? [others.slice(0, 1), others.slice(1, 2), []] : others;
      }
    }
  }

  const isArray = (schema: Schema | undefined) => schema !== undefined && resolve(schema).items !== undefined;

  function valuesFor(schema: Schema, index = 0): unknown[] {
    const own = resolve(schema);
    const { type, items, properties, format, pattern, minimum, maximum, examples } = own;
    if (own.enum !== undefined) return [...own.enum];
    if (properties !== undefined) return objectsOf(own, properties);
    if (items !== undefined) return [valuesFor(items).slice(0, 1), valuesFor(items)];
    if (type === 'boolean') return [true, false];
    // Another end for each field, so that two fields of one object differ.
    if (minimum !== undefined && maximum !== undefined)
      return index % 2 === 0 ? [minimum, maximum] : [maximum, minimum];
    if (examples !== undefined) return [...examples];
    if (format === 'date') return ['2026-03-01', '2026-12-31'];
    const isFree = type === 'string' && pattern === undefined && format === undefined;
    return isFree ? [[...hardText].slice(0, own.maxLength).join('')] : [];
  }

  function objectsOf({ required: needed = [] }: Schema, properties: Readonly<Record<string, Schema>>): Fields[] {
    const firsts = Object.entries(properties).map(
      ([name, schema], index) => [name, valuesFor(schema, index)[0]] as const,
    );
    const base = Object.fromEntries(firsts.filter(([name]) => needed.includes(name)));
    return [Object.fromEntries(firsts), ...firsts.map(([name, value]) => ({ ...base, [name]: value }))];
  }

  return (name: string): unknown[] => {
    const schema = fields[name] ?? {};
    const values = prepared(name) ?? knownValues(name) ?? valuesFor(schema);
    return mayBeNull && isNullable(schema) ? [...values, null] : values;
  };
}
