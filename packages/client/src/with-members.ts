/**
 * tRPC's proxy with additional members. The proxy treats every name as a procedure, so ours are looked up first. All
 * other names, and the symbol by which tRPC's integrations find the client, are the proxy's: that is the guarantee of
 * the cast.
 */
export function withMembers<Target extends object, Members extends object>(
  target: Target,
  members: Members,
): Target & Members {
  return new Proxy(target, {
    get: (_, name) => Reflect.get(Object.hasOwn(members, name) ? members : target, name),
  }) as Target & Members;
}
