/** The `db:*` scripts of package.json, except `db:seed`: see commands/. */
import { runCommand } from './commands/run-command.ts';
import { terminal } from './commands/terminal.ts';
import { commandSettings } from './env.ts';

process.exitCode = await runCommand(process.argv.slice(2), () => commandSettings(), terminal);
