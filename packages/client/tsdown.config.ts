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
  // tRPC's declarations name `Disposable`, which a consumer's `lib` need not have.
  banner: { dts: '/// <reference lib="esnext.disposable" />' },
  // Whatever else is bundled or imported fails the build.
  deps: { onlyBundle: [], onlyImport: ['@trpc/client', '@trpc/server', 'eventsource-parser'] },
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
