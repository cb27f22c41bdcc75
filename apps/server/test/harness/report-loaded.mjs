/** Preloaded (`--import`) into a server: prints at its end how many bytes of code it has loaded from files. */
import { statSync, writeSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

let bytes = 0;
registerHooks({
  load(url, context, next) {
    if (url.startsWith('file:')) bytes += statSync(fileURLToPath(url)).size;
    return next(url, context);
  },
});
process.on('exit', () => writeSync(process.stderr.fd, `loaded ${bytes} bytes of code\n`));
