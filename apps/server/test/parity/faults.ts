import type { ErrorCode, ProcedureFacts } from '@alice/api';
import { type Fields, inputSchema } from './schema.ts';
import { entityOf, validInputs } from './valid-inputs.ts';
import type { World } from './world.ts';
import { wrongInputs } from './wrong-inputs.ts';

/** A call that is to be refused in the same way by every transport. */
export interface Fault {
  readonly label: string;
  readonly input: Fields | undefined;
  readonly who: 'nobody' | 'the person';
  readonly code: ErrorCode;
  /** What REST calls a field that it takes in a way of its own: its message speaks of that. */
  readonly inRest?: string | undefined;
}

const namesInRest: ReadonlyMap<string, string> = new Map([
  ['expectedVersion', 'If-Match'],
  ['lastEventId', 'Last-Event-ID'],
  // An object after the "?" is written with brackets.
  ['due', 'due'],
]);

const unknownId = '01a20543-66c4-727a-834f-ddca3c63f226';

/** Everything that can be wrong with a call of the procedure, in a world where nothing else is. */
export function faultsOf(procedure: ProcedureFacts, world: World): Fault[] {
  const inputs = validInputs(procedure, world);
  const [least] = inputs;
  const most = inputs.at(-1);
  const faults: Fault[] = [];
  if (procedure.meta.access !== 'public') {
    faults.push({ label: 'nobody signed in', input: least, who: 'nobody', code: 'UNAUTHENTICATED' });
  }
  if (least === undefined) return faults;

  const invalid = { who: 'the person', code: 'VALIDATION_FAILED' } as const;
  for (const { field, input } of wrongInputs(procedure, least)) {
    faults.push({ label: `wrong ${field}`, input, ...invalid, inRest: namesInRest.get(field) });
  }
  faults.push({ label: 'a field too many', input: { ...least, surprise: '1' }, ...invalid });
  const fields = inputSchema(procedure)?.fields ?? {};
  if ('expectedVersion' in fields) {
    const input = { ...most, expectedVersion: 1 };
    faults.push({ label: 'a stale version', input, who: 'the person', code: 'STALE_VERSION' });
  }
  if ('number' in fields) {
    faults.push({ label: 'no such number', input: { number: 999_999 }, who: 'the person', code: 'NOT_FOUND' });
  }
  return faults;
}

/** Two inputs for each field that names a row: one names no row at all, the other somebody else's. */
export function strangersIn(procedure: ProcedureFacts, world: World): { field: string; inputs: [Fields, Fields] }[] {
  const schema = inputSchema(procedure);
  const [least] = validInputs(procedure, world);
  if (schema === null || least === undefined) return [];
  return Object.keys(schema.fields).flatMap((field) => {
    const foreign = world.foreign[entityOf(procedure.path, field) ?? ''];
    // An id that a new row is to have is nobody's: ids are unique for each person.
    const isNew = field === 'id' && !schema.required.has(field);
    if (foreign === undefined || isNew) return [];
    const isList = schema.resolve(schema.fields[field] ?? {}).items !== undefined;
    const naming = (id: string): Fields => ({ ...least, [field]: isList ? [id] : id });
    return [{ field, inputs: [naming(unknownId), naming(foreign)] }];
  });
}
