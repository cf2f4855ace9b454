// The package in a realm of its own, as Jest runs tests: modules and globals live in a `vm` context, while Node.js
// modules and the addon come from outside.
import { readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

const root = fileURLToPath(new URL('../..', import.meta.url));
const outside = createRequire(import.meta.url);

/** Globals that Node.js adds, as Jest's environment passes them on. */
const NODE_GLOBALS = [
  ...['AbortController', 'AbortSignal', 'Buffer', 'DOMException', 'Event', 'EventTarget', 'URL'],
  ...['ReadableStream', 'TextDecoder', 'TextEncoder', 'clearTimeout', 'console', 'crypto'],
  ...['performance', 'process', 'queueMicrotask', 'setImmediate', 'setTimeout'],
];

/**
 * A realm in which `load` returns a new copy of the package, as after `jest.resetModules()`.
 * @returns {{ load: () => typeof import('../../index.js'), evaluate: (code: string) => any }}
 */
export function newRealm() {
  const context = vm.createContext(
    Object.fromEntries(NODE_GLOBALS.map((name) => [name, Reflect.get(globalThis, name)])),
  );
  const evaluate = (/** @type {string} */ code) => vm.runInContext(code, context);
  evaluate('globalThis.global = globalThis');

  /** @param {Map<string, { exports: any }>} registry @param {string} file */
  function load(registry, file) {
    const known = registry.get(file);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    registry.set(file, module);
    const text = readFileSync(file, 'utf8');
    if (file.endsWith('.json')) {
      module.exports = evaluate('JSON.parse')(text);
      return module.exports;
    }
    const resolve = createRequire(file).resolve;
    const require = (/** @type {string} */ name) => {
      if (isBuiltin(name)) return outside(name);
      const found = resolve(name);
      return found.endsWith('.node') ? outside(found) : load(registry, found);
    };
    const names = ['exports', 'require', 'module', '__filename', '__dirname'];
    const run = vm.compileFunction(text, names, { filename: file, parsingContext: context });
    run(module.exports, require, module, file, path.dirname(file));
    return module.exports;
  }
  return { evaluate, load: () => load(new Map(), path.join(root, 'index.js')) };
}
