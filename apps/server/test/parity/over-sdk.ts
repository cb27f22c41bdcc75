import { type AliceClient, createAliceClient, isAliceError, memoryTokenStore } from '@alice/client';
import { type Answer, type Call, failure, streamedItems } from './answer.ts';

/** Calls a procedure as a frontend does, each call with a client of its own that never tries twice. */
export async function overSdk(url: string, call: Call): Promise<Answer> {
  const tokens = memoryTokenStore();
  if (call.tokens !== null) tokens.set(call.tokens);
  let last: Promise<{ status: number; headers: Headers; text: string }> | undefined;
  const alice = createAliceClient({
    url,
    tokens,
    retries: 0,
    headers: { 'x-request-id': call.requestId },
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      const { status, headers } = response;
      const isStream = call.procedure.type === 'subscription' && response.ok;
      last = isStream
        ? Promise.resolve({ status, headers, text: '' })
        : response
            .clone()
            .text()
            .then((text) => ({ status, headers, text }));
      return response;
    },
  });
  const outcome = await outcomeOf(alice, call);
  if (last === undefined)
    throw new Error(`the SDK sent nothing for ${call.procedure.path}: ${JSON.stringify(outcome)}`);
  return { outcome, ...(await last) };
}

async function outcomeOf(alice: AliceClient, call: Call): Promise<Answer['outcome']> {
  try {
    // As JSON, in which its `Date`s are instants again.
    return { ok: true, data: JSON.parse(JSON.stringify(await send(alice, call))) };
  } catch (error) {
    if (!isAliceError(error)) throw error;
    const { code, message, errors, details } = error;
    return failure({ code, message, errors, details });
  }
}

function send(alice: AliceClient, { procedure, input, key }: Call): Promise<unknown> {
  const procedureOfSdk = procedureAt(alice, procedure.path);
  const options = key === undefined ? {} : { context: { idempotencyKey: key } };
  if (procedure.type === 'query') return procedureOfSdk.query(input, options);
  if (procedure.type === 'mutation') return procedureOfSdk.mutate(input, options);
  return new Promise((resolve, reject) => {
    const items: unknown[] = [];
    const stream = procedureOfSdk.subscribe(input, {
      onData(item) {
        items.push(item);
        if (items.length < streamedItems) return;
        stream.unsubscribe();
        resolve(items);
      },
      onError: reject,
    });
  });
}

interface UntypedProcedure {
  query(input: unknown, options: object): Promise<unknown>;
  mutate(input: unknown, options: object): Promise<unknown>;
  subscribe(
    input: unknown,
    handlers: { onData(item: unknown): void; onError(error: unknown): void },
  ): { unsubscribe(): void };
}

/** The guarantee: the client is a proxy that has every procedure of the server at its path. */
function procedureAt(alice: AliceClient, path: string): UntypedProcedure {
  const [feature = '', name = ''] = path.split('.');
  const features = alice as unknown as Readonly<Record<string, Readonly<Record<string, UntypedProcedure>>>>;
  const procedure = features[feature]?.[name];
  if (procedure === undefined) throw new Error(`the SDK has no ${path}`);
  return procedure;
}
