// Type tests: each compiles a small project that imports the package by its name.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { extractDeclarations, proofModule, specModule, specText } from './types/spec.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
// Inside the package, so that its own name resolves through `exports`.
const generated = path.join(root, '__test__/types/.generated');

const compilers = { 'TypeScript 7': 'typescript7', 'TypeScript 5': 'typescript' };
const modules = {
  nodenext: { module: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};

before(() => {
  rmSync(generated, { recursive: true, force: true });
  mkdirSync(generated, { recursive: true });
});

/**
 * Compiles, and returns the compiler's messages; empty if there are none.
 * @param {string} compiler
 * @param {string} name Of the folder for the project.
 * @param {{ files: string[], options?: object, write?: Record<string, string> }} project
 * @returns {Promise<string>}
 */
function compile(compiler, name, { files, options, write = {} }) {
  const folder = path.join(generated, `${compiler}-${name}`);
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(write)) writeFileSync(path.join(folder, file), text);
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2022'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    ...options,
  };
  const tsconfig = path.join(folder, 'tsconfig.json');
  writeFileSync(tsconfig, JSON.stringify({ compilerOptions, files }));
  const tsc = path.join(root, 'node_modules', compiler, 'bin/tsc');
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [tsc, '-p', tsconfig], (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve(error ? stdout + stderr || `exit code ${error.code}` : '');
    });
  });
}

const source = (/** @type {string} */ file) => path.join(root, '__test__/types', file);

describe('usage', { concurrency: 2 }, () => {
  for (const [compilerName, compiler] of Object.entries(compilers)) {
    for (const [moduleName, options] of Object.entries(modules)) {
      test(`${compilerName}, ${moduleName}, lib es2022, no @types/node`, async () => {
        const files = [
          source('usage.mts'),
          ...(moduleName === 'nodenext' ? [source('commonjs.cts')] : []),
        ];
        assert.equal(await compile(compiler, `usage-${moduleName}`, { files, options }), '');
      });
    }

    test(`${compilerName} with @types/node, and await using`, async () => {
      const project = {
        files: [source('with-node.mts')],
        options: { ...modules.nodenext, types: ['node'], lib: ['es2022', 'esnext.disposable'] },
      };
      assert.equal(await compile(compiler, 'with-node', project), '');
    });

    test(`${compilerName} with the DOM's types`, async () => {
      const project = {
        files: [source('with-dom.mts')],
        options: { ...modules.bundler, lib: ['es2022', 'dom'] },
      };
      assert.equal(await compile(compiler, 'with-dom', project), '');
    });
  }
});

const skip = specText === undefined && 'the spec (../shared/spec/crm-types.txt) is not here';

describe('the spec', { skip, concurrency: 2 }, () => {
  /**
   * @param {string} compiler
   * @param {string} name
   * @param {string} text
   * @param {object} [options]
   */
  function prove(compiler, name, text, options = modules.nodenext) {
    const declarations = extractDeclarations(text);
    return compile(compiler, `spec-${name}`, {
      files: ['proof.mts'],
      options,
      write: { 'spec.d.ts': specModule(declarations), 'proof.mts': proofModule(declarations) },
    });
  }

  test('all of its declarations are found', () => {
    const names = extractDeclarations(specText).map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    assert.equal(names.length, 24, names.join(' '));
  });

  for (const [compilerName, compiler] of Object.entries(compilers)) {
    for (const [moduleName, options] of Object.entries(modules)) {
      test(`${compilerName}, ${moduleName}: each type is assignable both ways`, async () => {
        assert.equal(await prove(compiler, moduleName, specText, options), '');
      });
    }
  }

  // The proof must be able to fail: the package violates each of these specs.
  const mutations = [
    ['a property of another type', 'latencyMs: number', 'latencyMs: string'],
    ['a property more', 'company_external_id?:', 'nickname?: string; company_external_id?:'],
    [
      'an optional property that is required',
      'syncMode: TwentyCrmSyncMode',
      'syncMode?: TwentyCrmSyncMode',
    ],
    ['null allowed', 'job_title?: string | null', 'job_title?: string'],
    ['a nested property missing', 'error?: string;', ''],
    ['an error code more', "UNKNOWN = 'UNKNOWN'", "UNKNOWN = 'UNKNOWN', TEAPOT = 'TEAPOT'"],
    ['a parameter more', 'error: unknown)', 'error: unknown, strict: boolean)'],
    ['a guard that is a mere boolean', 'error is TwentyCrmError', 'boolean'],
    ['a type more', 'type AnyCacheEntry', 'type Additional = 1;\ntype AnyCacheEntry'],
    ['another base', 'PersonCacheEntry extends CacheEntry', 'PersonCacheEntry'],
  ];
  for (const [index, [what, from, to]] of mutations.entries()) {
    test(`the proof fails for ${what}`, async () => {
      assert.ok(specText.includes(from), `the spec no longer says ${from}`);
      const said = await prove('typescript7', `mutation-${index}`, specText.replace(from, to));
      assert.match(said, /proof\.mts\(\d+,\d+\): error TS/);
    });
  }
});
