import { type DatabaseOptions, openDatabase } from '@alice/db';
import { migrate } from '@alice/db/migrations';
import { productOn } from '../product.ts';

export interface Person {
  readonly id: string;
  readonly token: string;
}

/** An honest hash is 25 ms of a core, and nobody signs in here. */
const cheapHash = { memoryCost: 8, timeCost: 2 };
const atOnce = 8;

/**
 * Registers people through the product itself, in this process, in a database that no server has opened yet. Their tokens
 * are good for a server with this secret.
 */
export async function makePeople(options: DatabaseOptions, jwtSecret: string, count: number): Promise<Person[]> {
  await using database = await openDatabase(options);
  await migrate({ database });
  const { auth } = (await productOn(database, jwtSecret, cheapHash))(null);
  const people: Person[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < count) {
        const profile = { email: `person${next++}@bench.test`, password: 'nobody signs in with this', name: 'Ada' };
        const { user, tokens } = await auth.register(profile);
        people.push({ id: user.id, token: tokens.accessToken });
      }
    }),
  );
  return people;
}
