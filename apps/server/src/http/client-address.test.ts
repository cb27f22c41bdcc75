import { expect, it } from 'vitest';
import { clientAddress } from './client-address.ts';

it.each([
  ['no trusted proxy', [], '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['a trusted proxy', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.1', '198.51.100.1'],
  [
    'a client that forges the header before a trusted proxy',
    ['10.0.0.0/8'],
    '10.1.2.3',
    '1.1.1.1, 198.51.100.1',
    '198.51.100.1',
  ],
  ['two trusted proxies in a row', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.1, 10.9.9.9', '198.51.100.1'],
  ['every address is trusted', ['0.0.0.0/0'], '10.1.2.3', '1.1.1.1, 198.51.100.1', '1.1.1.1'],
  ['an invalid header', ['10.0.0.0/8'], '10.1.2.3', 'unknown, <script>', '10.1.2.3'],
  ['no header', ['10.0.0.0/8'], '10.1.2.3', undefined, '10.1.2.3'],
  ['IPv4 on a dual-stack socket', ['10.0.0.0/8'], '::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
  ['IPv6', ['fd00::/8', '::1'], '::1', '2001:db8::1, fd00::5', '2001:db8::1'],
  ['IPv4-mapped IPv6 in hexadecimal', ['10.0.0.0/8'], '::ffff:a01:203', '::FFFF:c633:6401', '198.51.100.1'],
  ['IPv6 in another notation', ['::1'], '0:0:0:0:0:0:0:1', '2001:0DB8:0:0::1', '2001:db8::1'],
  ['an IPv6 zone, which is ignored', ['fe80::/10'], 'fe80::2%eth0', '2001:db8::1%abc', '2001:db8::1'],
  ['a port', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.1:443', '10.1.2.3'],
  ['IPv6 in brackets, with a port', ['10.0.0.0/8'], '10.1.2.3', '[2001:db8::1]:443', '10.1.2.3'],
  ['the syntax of the Forwarded header', ['10.0.0.0/8'], '10.1.2.3', 'for=198.51.100.1;proto=https', '10.1.2.3'],
  ['an empty hop', ['10.0.0.0/8'], '10.1.2.3', '1.1.1.1,', '10.1.2.3'],
  ['an invalid entry before a trusted hop', ['10.0.0.0/8'], '10.1.2.3', '1.1.1.1, <script>, 10.9.9.9', '10.9.9.9'],
  ['octal', ['10.0.0.0/8'], '10.1.2.3', '0306.051.0144.1', '10.1.2.3'],
  ['a client that forges a trusted hop', ['10.0.0.0/8'], '10.1.2.3', '10.0.0.1, 198.51.100.1', '198.51.100.1'],
  ['no socket', [], undefined, '198.51.100.1', null],
])('%s', (_name, trusted, peer, forwarded, expected) => {
  expect(clientAddress(trusted)(peer, forwarded)).toBe(expected);
});
