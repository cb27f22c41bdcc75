import { BlockList, isIP } from 'node:net';
import { canonicalAddress } from '@alice/api';

/** Returns the client address of a request. */
export type ClientAddress = (peer: string | undefined, forwardedFor: string | undefined) => string | null;

/**
 * Reads `X-Forwarded-For` from the right while each hop is a trusted proxy: the first other address is the client.
 * Addresses are canonical; anything but a plain address (a name, a port, `for=…`) stops the reading. Without a trusted
 * proxy the header is ignored, since anyone can send it.
 */
export function clientAddress(trustedProxies: readonly string[]): ClientAddress {
  const trusted = new BlockList();
  for (const network of trustedProxies) {
    const [address = '', prefix] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    trusted.addSubnet(address, prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix), family);
  }
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

  return (peer, forwardedFor) => {
    let client = canonicalAddress(peer ?? '');
    if (client === null || forwardedFor === undefined) return client;
    for (const hop of forwardedFor.split(',').reverse()) {
      if (!isTrusted(client)) break;
      const next = canonicalAddress(hop.trim());
      if (next === null) break;
      client = next;
    }
    return client;
  };
}
