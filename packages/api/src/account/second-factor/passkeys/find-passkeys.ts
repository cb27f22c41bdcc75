import { type Database, type Rows, toWire } from '@alice/db';

/** The maximum number of passkeys per user. */
export const mostPasskeys = 20;

/** Everything but the public key and its counter. */
const shownColumns = {
  id: true,
  name: true,
  credentialId: true,
  transports: true,
  backedUp: true,
  lastUsedAt: true,
  version: true,
  createdAt: true,
  updatedAt: true,
} as const;

export type ShownPasskey = Pick<Rows['passkeys'], keyof typeof shownColumns>;

/** The active passkeys, newest first. */
export async function findPasskeys(db: Pick<Database, 'prisma'>, userId: string): Promise<ShownPasskey[]> {
  const rows = await db.prisma.passkey.findMany({
    where: { userId, endedAt: null },
    select: shownColumns,
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: mostPasskeys,
  });
  return rows.map(toWire);
}
