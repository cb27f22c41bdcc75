import { defineConfig } from 'tsdown';

/** One file of our own code; what comes from the registry stays in `node_modules`. */
export default defineConfig({
  entry: ['src/main.ts'],
  platform: 'node',
  target: 'node24',
  format: 'esm',
  dts: false,
  sourcemap: true,
  noExternal: [/^@alice\//],
});
