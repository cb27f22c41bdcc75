/** The parts of a recurrence rule (RFC 5545, 3.3.10) that decide more than the library does. */
export interface Rule {
  readonly freq: 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'YEARLY';
  /** Every part as it was written, by name. */
  readonly parts: ReadonlyMap<string, string>;
  readonly byMonth: readonly number[] | null;
  readonly byMonthDay: readonly number[] | null;
  readonly count: number | null;
  /** `20271231`, `20271231T093000`, or with a `Z`: UTC. */
  readonly until: string | null;
  /** The occurrences on each of its days. */
  readonly timesADay: number;
}

export const mostCharacters = 500;
export const mostOccurrences = 1000;
/** Once an hour: a task is nothing that repeats more often. */
const mostTimesADay = 24;

interface Part {
  readonly pattern: RegExp;
  readonly expected: string;
}

const within = (low: number, high: number) => (value: string) => Number(value) >= low && Number(value) <= high;
const number = /^[+-]?\d{1,4}$/;

/** Lists of numbers: the least and the largest absolute value, and whether they may count from the end. */
const lists: Readonly<Record<string, { readonly low: number; readonly high: number; readonly isSigned: boolean }>> = {
  BYHOUR: { low: 0, high: 23, isSigned: false },
  BYMINUTE: { low: 0, high: 59, isSigned: false },
  BYMONTHDAY: { low: 1, high: 31, isSigned: true },
  BYYEARDAY: { low: 1, high: 366, isSigned: true },
  BYWEEKNO: { low: 1, high: 53, isSigned: true },
  BYMONTH: { low: 1, high: 12, isSigned: false },
  BYSETPOS: { low: 1, high: 366, isSigned: true },
};

const others: Readonly<Record<string, Part>> = {
  FREQ: { pattern: /^(DAILY|WEEKLY|MONTHLY|YEARLY)$/, expected: 'DAILY, WEEKLY, MONTHLY or YEARLY' },
  INTERVAL: { pattern: /^[1-9]\d{0,2}$/, expected: 'a number from 1 to 999' },
  COUNT: { pattern: /^([1-9]\d{0,2}|1000)$/, expected: `a number from 1 to ${mostOccurrences}` },
  UNTIL: { pattern: /^\d{8}(T\d{6}Z?)?$/, expected: 'a date like 20271231 or a time like 20271231T235959Z' },
  WKST: { pattern: /^(MO|TU|WE|TH|FR|SA|SU)$/, expected: 'a day like MO' },
  BYDAY: {
    pattern: /^([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)(,([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU))*$/,
    expected: 'days like MO or -1FR',
  },
};

/** Parses a rule. Returns a text that says what is wrong with it, if anything is. */
export function parseRule(text: string): Rule | string {
  const parts = new Map<string, string>();
  for (const part of text.split(';')) {
    const [name = '', value = '', ...rest] = part.split('=');
    const wrong = rest.length > 0 ? `${part} is not NAME=value` : wrongPart(name, value);
    if (wrong !== null) return wrong;
    if (parts.has(name)) return `${name} must not be repeated`;
    parts.set(name, value);
  }
  const numbers = (name: string) => parts.get(name)?.split(',').map(Number) ?? null;
  const timesADay = new Set(numbers('BYHOUR') ?? [0]).size * new Set(numbers('BYMINUTE') ?? [0]).size;
  const wrong = wrongTogether(parts) ?? (timesADay > mostTimesADay ? `at most ${mostTimesADay} times a day` : null);
  if (wrong !== null) return wrong;
  return {
    // `others` has checked it, and `wrongTogether` that it is there.
    freq: parts.get('FREQ') as Rule['freq'],
    parts,
    byMonth: numbers('BYMONTH'),
    byMonthDay: numbers('BYMONTHDAY'),
    count: parts.has('COUNT') ? Number(parts.get('COUNT')) : null,
    until: parts.get('UNTIL') ?? null,
    timesADay,
  };
}

function wrongPart(name: string, value: string): string | null {
  const list = lists[name];
  if (list !== undefined) {
    const { low, high, isSigned } = list;
    const isIn = within(low, high);
    const isGood = (item: string) =>
      number.test(item) && (isSigned || /^\d/.test(item)) && isIn(item.replace(/^[+-]/, ''));
    return value.split(',').every(isGood)
      ? null
      : `${name} must be numbers from ${low} to ${high}${isSigned ? ', or negative to count from the end' : ''}`;
  }
  const part = others[name];
  if (part === undefined) return `${name || 'an empty part'} is not supported`;
  return part.pattern.test(value) ? null : `${name} must be ${part.expected}`;
}

/** Which parts may stand together: the table in RFC 5545, 3.3.10, and the notes under it. */
function wrongTogether(parts: ReadonlyMap<string, string>): string | null {
  const freq = parts.get('FREQ');
  const has = (name: string) => parts.has(name);
  if (freq === undefined) return 'FREQ is missing';
  if (has('COUNT') && has('UNTIL')) return 'COUNT and UNTIL exclude each other';
  if (has('BYWEEKNO') && freq !== 'YEARLY') return 'BYWEEKNO is only for YEARLY';
  if (has('BYYEARDAY') && freq !== 'YEARLY') return 'BYYEARDAY is only for YEARLY';
  // RFC 5545 allows both, but the library adds up what BYDAY should limit.
  if (has('BYYEARDAY') && has('BYDAY')) return 'BYYEARDAY and BYDAY together are not supported';
  if (has('BYMONTHDAY') && freq === 'WEEKLY') return 'BYMONTHDAY is not for WEEKLY';
  const isNumbered = /\d/.test(parts.get('BYDAY') ?? '');
  if (isNumbered && freq !== 'MONTHLY' && freq !== 'YEARLY') return 'numbered days are only for MONTHLY and YEARLY';
  if (isNumbered && has('BYWEEKNO')) return 'numbered days are not for BYWEEKNO';
  if (/(^|,)[+-]?0/.test(parts.get('BYDAY') ?? '')) return 'BYDAY must not count from 0';
  // RFC 5545 allows 53, which the library takes for the first day of the next year.
  if (/(^|,)[+-]?(5[3-9]|[6-9]\d)/.test(parts.get('BYDAY') ?? '')) return 'BYDAY must not count further than 52';
  const isChoice = [...parts.keys()].some((name) => name.startsWith('BY') && name !== 'BYSETPOS');
  return has('BYSETPOS') && !isChoice ? 'BYSETPOS needs another BY part' : null;
}
