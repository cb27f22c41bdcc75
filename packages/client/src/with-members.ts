/**
 * tRPC's proxy with members of our own. It takes every name for a procedure's, so ours are looked up first; all others,
 * and the symbol by which tRPC's integrations find the client, stay its own. That is the guarantee of the cast.
 */
export function withMembers<Target extends object, Members extends object>(
  target: Target,
  members: Members,
): Target & Members {
  return new Proxy(target, {
    get: (_, name) => Reflect.get(Object.hasOwn(members, name) ? members : target, name),
  }) as Target & Members;
}
