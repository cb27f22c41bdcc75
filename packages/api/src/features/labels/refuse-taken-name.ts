import { databaseFault } from '@alice/db';
import { DomainError } from '../../errors/domain-error.ts';

/** Throws CONFLICT if the error says that another label has the name; else the error itself. For `catch`. */
export function refuseTakenName(error: unknown): never {
  const fault = databaseFault(error);
  if (fault?.kind !== 'unique' || fault.constraint !== 'labels_name_key') throw error;
  const message = 'A label with this name already exists';
  throw new DomainError('CONFLICT', message, { errors: [{ path: 'name', message }], cause: error });
}
