import { isIP } from 'node:net';

/** The network of an invalid address: all such callers share their budgets. */
export const unknownNetwork = 'unknown';

/**
 * The network of an address: the address itself for IPv4, its /64 for IPv6, which is what one household or machine
 * gets. The text is canonical: `203.0.113.9`, `2001:db8:0:7::/64`.
 */
export function networkOf(address: string | null): string {
  const canonical = address === null ? null : canonicalAddress(address);
  if (canonical === null) return unknownNetwork;
  return isIP(canonical) === 4 ? canonical : `${groupsOf(canonical).slice(0, 4).join(':')}::/64`;
}

/**
 * The canonical text of an address (RFC 5952): lower case, compressed, without a zone, and IPv4-mapped IPv6 as IPv4.
 * Null for an invalid address.
 */
export function canonicalAddress(text: string): string | null {
  switch (isIP(text)) {
    case 4:
      return text;
    case 6: {
      // The form that sockets use: this runs for every request.
      if (text.startsWith('::ffff:') && isIP(text.slice(7)) === 4) return text.slice(7);
      const [address = ''] = text.split('%');
      // The URL parser writes IPv6 as the RFC requires, and rejects zones.
      const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
      return mappedIpv4(canonical) ?? canonical;
    }
    default:
      return null;
  }
}

const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

function mappedIpv4(canonical: string): string | null {
  const [, high, low] = mapped.exec(canonical) ?? [];
  if (high === undefined || low === undefined) return null;
  const [upper, lower] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [upper >> 8, upper & 255, lower >> 8, lower & 255].join('.');
}

/** The eight groups of a canonical IPv6 address, without leading zeros. */
function groupsOf(canonical: string): string[] {
  const [before = '', after] = canonical.split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  return [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
}
