import { defineConfig } from 'tsdown';

/** Named by the api's declarations, used by no type of the SDK: to be dropped, not followed. */
const serverTypes = [/^@alice\/db$/, /\/generated\/browser\.ts$/];

export default defineConfig({
  entry: ['src/index.ts'],
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  fixedExtension: false,
  // TypeScript 7 has no API to bundle declarations with; the sources say all their types (isolatedDeclarations).
  dts: { generator: 'oxc' },
  // Whatever else ends up in the bundle fails the build.
  deps: { onlyBundle: [] },
  plugins: [
    {
      name: 'drop-server-types',
      resolveId: {
        order: 'pre',
        filter: { id: serverTypes },
        handler: (id) => ({ id, external: true, moduleSideEffects: false }),
      },
    },
  ],
});
