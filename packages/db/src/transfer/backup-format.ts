import type { Manifest, Table } from './manifest.ts';

/**
 * A backup is one gzip file of text in UTF-8, so that `zcat` shows it:
 *
 *     ALICE backup, format 1
 *     {…}                              the manifest, JSON in one line
 *     TABLE public.users               then for each of its tables, in its order:
 *     …                                the rows in COPY's text format, a line each, columns as the manifest lists them
 *     \.                               which no row can be, as COPY doubles backslashes
 *     END sha256 <64 hexadecimal digits>   of every byte before this line
 */
export const HEADER = 'ALICE backup, format 1';
export const END_OF_ROWS = '\\.\n';

export const tableLine = ({ schema, name }: Pick<Table, 'schema' | 'name'>): string => `TABLE ${schema}.${name}`;
export const endLine = (sha256: string): string => `END sha256 ${sha256}`;

/** The guarantee is the writer's: the file's hash was found right, and its format is the one of this version. */
export function manifestFrom(line: string): Manifest {
  return JSON.parse(line) as Manifest;
}
