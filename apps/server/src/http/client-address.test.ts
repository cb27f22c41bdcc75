import { expect, it } from 'vitest';
import { clientAddress } from './client-address.ts';

it.each([
  ['nobody is trusted', [], '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['a trusted proxy speaks', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.1', '198.51.100.1'],
  ['the client lies to a trusted proxy', ['10.0.0.0/8'], '10.1.2.3', '1.1.1.1, 198.51.100.1', '198.51.100.1'],
  ['two trusted proxies in a row', ['10.0.0.0/8'], '10.1.2.3', '198.51.100.1, 10.9.9.9', '198.51.100.1'],
  ['everybody is trusted', ['0.0.0.0/0'], '10.1.2.3', '1.1.1.1, 198.51.100.1', '1.1.1.1'],
  ['nonsense in the header', ['10.0.0.0/8'], '10.1.2.3', 'unknown, <script>', '10.1.2.3'],
  ['no header', ['10.0.0.0/8'], '10.1.2.3', undefined, '10.1.2.3'],
  ['IPv4 on a dual-stack socket', ['10.0.0.0/8'], '::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
  ['IPv6', ['fd00::/8', '::1'], '::1', '2001:db8::1, fd00::5', '2001:db8::1'],
  ['no socket', [], undefined, '198.51.100.1', null],
])('%s', (_name, trusted, peer, forwarded, expected) => {
  expect(clientAddress(trusted)(peer, forwarded)).toBe(expected);
});
