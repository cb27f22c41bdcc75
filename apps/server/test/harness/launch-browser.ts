import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import packagedChromium, { inflate } from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

/** A browser of the machine, or else the packaged one, without the arguments that it suggests: they switch CORS off. */
export async function launchBrowser(): Promise<Browser> {
  const args = ['--no-sandbox', '--no-zygote', '--disable-gpu'];
  const ofMachine = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
  if (ofMachine !== undefined) return chromium.launch({ executablePath: ofMachine, args });

  const executablePath = await packagedChromium.executablePath();
  // Many a machine without a browser lacks these libraries too; the package brings them, but unpacks them on AWS only.
  const archive = createRequire(import.meta.url)
    .resolve('@sparticuz/chromium')
    .replace(/build.index\.js$/, 'bin/al2023.tar.br');
  const libraries = join(await inflate(archive), 'lib');
  return chromium.launch({ executablePath, args, env: { ...process.env, LD_LIBRARY_PATH: libraries } });
}
