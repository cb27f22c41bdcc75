const isoLength = '2026-11-22T09:30:00.000Z'.length;

/**
 * Turns the instants of a reply into `Date`s: the strings under keys that end in `At` that are ISO 8601 in UTC with
 * milliseconds. Nothing else: a title that looks like a date stays a string.
 * Works in place and gives `value` back: it is fresh from `JSON.parse`, and nobody else holds it.
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
  // The way back catches what the parser forgives, such as the 30th of February.
  return !Number.isNaN(instant.getTime()) && instant.toISOString() === text ? instant : undefined;
}
