import { BlockList, isIP } from 'node:net';
import { canonicalAddress } from '@alice/api';

/** Gives the address that a request came from. */
export type ClientAddress = (peer: string | undefined, forwardedFor: string | undefined) => string | null;

/**
 * Reads `X-Forwarded-For` from the right, as long as each hop is a trusted proxy: the first that is not is the client.
 * Addresses come out in their one canonical text; what is no bare address (a name, a port, `for=…`) ends the reading there.
 * From anybody else the header counts for nothing, since anybody can write it.
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
