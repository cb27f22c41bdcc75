import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalAddress, networkOf } from './network-of.ts';

const group = fc.integer({ min: 0, max: 0xffff });
const groups = (count: number) => fc.array(group, { minLength: count, maxLength: count });
const ipv4 = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 }).map((bytes) => bytes.join('.'));

/** Many ways to write one address: full, short, in capitals, with a zone, compressed where it can be. */
function spellings(parts: readonly number[]): string[] {
  const short = parts.map((part) => part.toString(16));
  const full = short.map((part) => part.padStart(4, '0')).join(':');
  const compressed = new URL(`http://[${full}]`).hostname.slice(1, -1);
  return [full, short.join(':'), full.toUpperCase(), compressed, `${compressed}%eth0`];
}

it('returns one key for all addresses of a /64, in any notation', () => {
  fc.assert(
    fc.property(groups(4), groups(4), groups(4), (network, one, other) => {
      fc.pre(!isMapped([...network, ...one]) && !isMapped([...network, ...other]));
      const keys = [...spellings([...network, ...one]), ...spellings([...network, ...other])].map(networkOf);
      expect(new Set(keys).size).toBe(1);
    }),
  );
});

it('returns two keys for addresses of two /64 networks', () => {
  fc.assert(
    fc.property(groups(4), groups(4), groups(4), (network, other, host) => {
      fc.pre(network.join() !== other.join() && !isMapped([...network, ...host]) && !isMapped([...other, ...host]));
      expect(networkOf(spellings([...network, ...host])[0] ?? '')).not.toBe(
        networkOf(spellings([...other, ...host])[0] ?? ''),
      );
    }),
  );
});

it('returns the full IPv4 address, also when it is mapped to IPv6', () => {
  fc.assert(
    fc.property(ipv4, (address) => {
      const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
      const hex = `::ffff:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
      for (const spelling of [address, `::ffff:${address}`, `::FFFF:${address}`, `0:0:0:0:0:ffff:${address}`, hex]) {
        expect(networkOf(spelling)).toBe(address);
        expect(canonicalAddress(spelling)).toBe(address);
      }
    }),
  );
});

it('returns one shared key for everything that is not an address', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (junk) => {
      fc.pre(canonicalAddress(junk) === null);
      expect(networkOf(junk)).toBe('unknown');
    }),
  );
  for (const junk of [
    null,
    '',
    '203.0.113.9:443',
    '[2001:db8::1]:443',
    'for=192.0.2.1',
    '2001:db8::1/64',
    '010.0.0.1',
  ]) {
    expect(networkOf(junk)).toBe('unknown');
  }
});

it('formats networks in short form', () => {
  expect(networkOf('2001:DB8:0:7:1:2:3:4')).toBe('2001:db8:0:7::/64');
  expect(networkOf('::1')).toBe('0:0:0:0::/64');
  expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
});

function isMapped(parts: readonly number[]): boolean {
  return parts.slice(0, 5).every((part) => part === 0) && parts[5] === 0xffff;
}
