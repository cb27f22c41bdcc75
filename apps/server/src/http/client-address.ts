import { BlockList, isIP } from 'node:net';

/** Gives the address that a request came from. */
export type ClientAddress = (peer: string | undefined, forwardedFor: string | undefined) => string | null;

/**
 * Reads `X-Forwarded-For` from the right, as long as each hop is a trusted proxy: the first that is not is the client.
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
    let client = plain(peer ?? '');
    if (isIP(client) === 0) return null;
    if (forwardedFor === undefined) return client;
    for (const hop of forwardedFor.split(',').reverse()) {
      if (!isTrusted(client)) break;
      const next = plain(hop.trim());
      if (isIP(next) === 0) break;
      client = next;
    }
    return client;
  };
}

/** IPv4 as itself where a dual-stack socket writes it as IPv6. */
function plain(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
