/** Fails when a commit since the convention was adopted is not a Conventional Commit with a subject of at most 72 characters. */
import { BASE, commitFaults, commitsSince } from './lib/commits.mjs';
import { root } from './lib/workspace.mjs';

const commits = await commitsSince(BASE, root);
if (commits === null) {
  console.log(`not checked: the history since ${BASE.slice(0, 7)} is not here`);
} else {
  for (const { hash, message } of commits) {
    for (const fault of await commitFaults(message)) {
      console.error(`${hash} "${message.split('\n', 1)[0]}": ${fault}`);
      process.exitCode = 1;
    }
  }
}
