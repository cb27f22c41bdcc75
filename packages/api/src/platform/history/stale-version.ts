import { columnName, sql, types } from '@alice/db';
import { DomainError } from '../../errors/domain-error.ts';
import { wireFields } from './columns.ts';
import type { Entity } from './entity.ts';
import type { ChangeContext } from './write-context.ts';

/**
 * $1 user, $2 entity, $3 id, $4 the version that the client knows. Along the index on the set of changed columns
 * (`changed`), the latest entry of each set: it reads as many entries as there are different sets, however long the
 * history is. Each entry of a row wrote one version of it.
 */
const changedSince = sql({
  name: 'changes.changedSince',
  returns: { name: types.text },
  text: `
    WITH RECURSIVE kinds AS (
      (SELECT a.changed FROM activity a
        WHERE a.user_id = $1 AND a.entity = $2::activity_entity AND a.entity_id = $3 AND a.changed IS NOT NULL
        ORDER BY a.changed LIMIT 1)
      UNION ALL
      SELECT further.changed FROM kinds, LATERAL (
        SELECT a.changed FROM activity a
         WHERE a.user_id = $1 AND a.entity = $2::activity_entity AND a.entity_id = $3 AND a.changed > kinds.changed
         ORDER BY a.changed LIMIT 1) further
    )
    SELECT DISTINCT c.name FROM kinds, LATERAL (
      SELECT (a.after ->> 'version')::int AS version FROM activity a
       WHERE a.user_id = $1 AND a.entity = $2::activity_entity AND a.entity_id = $3 AND a.changed = kinds.changed
       ORDER BY a.number DESC LIMIT 1
    ) latest, jsonb_array_elements_text(kinds.changed) AS c(name)
     WHERE latest.version > $4`,
});

/** The update that came too late. */
interface StaleUpdate {
  readonly id: string;
  readonly set: object;
  readonly expectedVersion?: number | undefined;
}

/** The STALE_VERSION error: the fields that have changed since, and those that this change would have overwritten. */
export async function staleVersion(
  ctx: ChangeContext,
  entity: Entity,
  { id, set, expectedVersion }: StaleUpdate,
  currentVersion: number,
): Promise<DomainError> {
  const query = ctx.query ?? ctx.deps.db.query;
  const names = await query(changedSince, [ctx.user.id, entity.name, id, expectedVersion]);
  const changedFields = wireFields(
    entity,
    names.map(({ name }) => name),
  );
  const wanted = Object.entries(set).flatMap(([field, value]) => (value === undefined ? [] : [columnName(field)]));
  const conflictingFields = wireFields(entity, wanted).filter((field) => changedFields.includes(field));
  const what = changedFields.length === 0 ? '' : `; changed since then: ${changedFields.join(', ')}`;
  return new DomainError(
    'STALE_VERSION',
    `The ${entity.noun} is at version ${currentVersion}, not ${expectedVersion}${what}`,
    { details: { currentVersion, changedFields, conflictingFields } },
  );
}
