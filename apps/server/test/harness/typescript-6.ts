import { registerHooks } from 'node:module';

/**
 * Loaded before a tool that writes sources through TypeScript's JavaScript API, which our own TypeScript 7 no longer has:
 * it is given TypeScript 6.
 */
const url = import.meta.resolve('typescript-6');

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'typescript' ? { url, shortCircuit: true } : next(specifier, context),
});
