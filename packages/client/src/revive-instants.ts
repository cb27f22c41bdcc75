const isoLength = '2026-11-22T09:30:00.000Z'.length;

/**
 * Converts the timestamps of a response to `Date`s: strings whose key ends in `At` and that are ISO 8601 in UTC with
 * milliseconds. Other strings stay unchanged, such as a title that looks like a date. Mutates and returns `value`,
 * which comes from `JSON.parse` and is not shared.
 */
export function reviveInstants(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (const item of value) reviveInstants(item);
    return value;
  }
  for (const [key, field] of Object.entries(value)) {
    if (typeof field === 'object') reviveInstants(field);
    else if (typeof field === 'string' && key.endsWith('At')) {
      const instant = toInstant(field);
      if (instant !== undefined) Reflect.set(value, key, instant);
    }
  }
  return value;
}

function toInstant(text: string): Date | undefined {
  if (text.length !== isoLength) return undefined;
  const instant = new Date(text);
  // The comparison detects dates that the parser corrects, such as 30 February.
  return !Number.isNaN(instant.getTime()) && instant.toISOString() === text ? instant : undefined;
}
