// The simulator's modules know one another in one direction only.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../../sim/src', import.meta.url));

/** The text of each module by its path, without comments and tests. @returns {Map<string, string>} */
function modules() {
  const found = new Map();
  for (const file of readdirSync(source, { recursive: true }).map(String)) {
    if (!file.endsWith('.rs') || file === 'lib.rs' || file === 'main.rs') continue;
    const name = file.slice(0, -'.rs'.length).split(path.sep).join('::');
    const [code] = readFileSync(path.join(source, file), 'utf8').split('#[cfg(test)]\nmod tests');
    found.set(name, code.replaceAll(/\/\/.*/g, ''));
  }
  return found;
}

/** Paths that a `use` or a call names, groups taken apart. @param {string} code @param {string} module */
function* pathsIn(code, module) {
  const place = { crate: '', super: module.split('::').slice(0, -1).join('::'), self: module };
  const pattern = /\b(crate|super|self)::((?:\w+::)*)(?:\{([^;]*?)\}|(\w+))/g;
  for (const [, base, prefix, group, single] of code.matchAll(pattern)) {
    for (const item of (group ?? single).split(',')) {
      const start = place[base] === '' ? '' : `${place[base]}::`;
      yield `${start}${prefix}${item.trim()}`;
    }
  }
}

/** @param {Map<string, string>} all @param {string} target The module that a path leads to. */
function moduleOf(all, target) {
  const parts = target.split('::');
  while (parts.length > 0 && !all.has(parts.join('::'))) parts.pop();
  return parts.join('::');
}

test('no module of the simulator leads back to itself', () => {
  const all = modules();
  assert.ok(all.size > 60, 'the simulator is found');
  const edges = new Map();
  for (const [name, code] of all) {
    const targets = [...pathsIn(code, name)].map((target) => moduleOf(all, target));
    edges.set(name, new Set(targets.filter((target) => target !== '' && target !== name)));
  }
  assert.ok(edges.get('records')?.has('record_calls'), 'imports are read');
  // A module goes once everything that it leads to is gone; what stays is in a circle or leads to one.
  let left = new Set(all.keys());
  for (let before = 0; before !== left.size; ) {
    before = left.size;
    left = new Set([...left].filter((name) => [...edges.get(name)].some((to) => left.has(to))));
  }
  assert.deepEqual([...left], []);
});
