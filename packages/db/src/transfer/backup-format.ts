import type { Manifest, Table } from './manifest.ts';

/**
 * A backup is a gzip file with text in UTF-8, which `zcat` shows:
 *
 *     ALICE backup, format 1
 *     {…}                              the manifest: JSON in one line
 *     TABLE public.users               for each table of the manifest, in order:
 *     …                                its rows in COPY's text format, one per line, with the columns of the manifest
 *     \.                               the end of the rows; COPY doubles backslashes, so no row can look like this
 *     END sha256 <64 hexadecimal digits>   the hash of all bytes before this line
 */
export const HEADER = 'ALICE backup, format 1';
export const END_OF_ROWS = '\\.\n';

export const tableLine = ({ schema, name }: Pick<Table, 'schema' | 'name'>): string => `TABLE ${schema}.${name}`;
export const endLine = (sha256: string): string => `END sha256 ${sha256}`;

/** The guarantee is the writer's: the hash of the file is correct, and its format is that of this version. */
export function manifestFrom(line: string): Manifest {
  return JSON.parse(line) as Manifest;
}
