/** Exits with a clear message if Node.js is too old for these scripts. Imports nothing, so that it runs on any version. */
const OLDEST = 20;

export function requireNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= OLDEST) return;
  console.error(
    `ALICE needs Node.js ${OLDEST} or newer to start; this is ${process.versions.node}. See https://nodejs.org/`,
  );
  process.exit(1);
}
