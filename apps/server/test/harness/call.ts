import { randomUUID } from 'node:crypto';
import { procedureMap } from '@alice/api';
import type { AppRouter } from '@alice/api/types';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';

type Inputs = inferRouterInputs<AppRouter>;
type Outputs = inferRouterOutputs<AppRouter>;

/** `tasks.create` and all the others. */
export type Path = { [F in keyof Inputs & string]: `${F}.${keyof Inputs[F] & string}` }[keyof Inputs & string];

type At<Tree, P extends Path> = P extends `${infer F}.${infer Name}`
  ? F extends keyof Tree
    ? Name extends keyof Tree[F]
      ? Tree[F][Name]
      : never
    : never
  : never;

/** What JSON makes of an output: the SDK's `Date` is a string here. */
type Wire<T> = T extends Date ? string : T extends object ? { readonly [K in keyof T]: Wire<T[K]> } : T;

export type Input<P extends Path> = At<Inputs, P>;
export type Reply<P extends Path> = Wire<At<Outputs, P>>;

/** A reply that is not a success. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly status: number;
  readonly body: string;

  constructor(path: string, status: number, body: string) {
    super(`${path} was answered with ${status}: ${body}`);
    this.status = status;
    this.body = body;
  }
}

/** Calls a procedure over HTTP as a client would. Throws a CallError on a refusal, fetch's own error when no reply came. */
export async function call<P extends Path>(url: string, path: P, input: Input<P>, token?: string): Promise<Reply<P>> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response =
    procedureMap.get(path)?.type === 'query'
      ? await fetch(`${url}/trpc/${path}?${inputParameter(input)}`, { headers })
      : await fetch(`${url}/trpc/${path}`, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify(input ?? {}),
        });
  const text = await response.text();
  if (!response.ok) throw new CallError(path, response.status, text);
  return resultIn<P>(text);
}

export interface Person {
  readonly email: string;
  readonly password: string;
  readonly id: string;
  readonly token: string;
}

/** Makes an account, with an address of its own unless told. */
export async function register(url: string, email = `${randomUUID()}@example.test`): Promise<Person> {
  const password = `correct horse ${randomUUID()}`;
  const { user, tokens } = await call(url, 'auth.register', { email, password, name: 'Ada' });
  return { email, password, id: user.id, token: tokens.accessToken };
}

/** What the health address says, with its HTTP status. */
export async function health(url: string): Promise<{ readonly httpStatus: number; readonly body: unknown }> {
  const response = await fetch(`${url}/api/v1/health`);
  return { httpStatus: response.status, body: await response.json() };
}

export function inputParameter(input: unknown): string {
  return input === undefined ? '' : `input=${encodeURIComponent(JSON.stringify(input))}`;
}

/** The guarantee: every procedure's output is parsed by its schema before it is sent. */
function resultIn<P extends Path>(text: string): Reply<P> {
  const { result } = JSON.parse(text) as { readonly result: { readonly data: Reply<P> } };
  return result.data;
}
