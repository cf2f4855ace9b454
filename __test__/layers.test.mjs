// The core does not depend on Node, no layer on a higher one, and no module on itself through others.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { rustSources, withoutComments, withoutTests } from '../scripts/support/rust-code.mjs';
import { circles, shownCircle } from './helpers/circles.mjs';
import { javascriptUses } from './helpers/javascript-modules.mjs';
import { parentOf, rustUses } from './helpers/rust-modules.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

test('nothing in the core imports napi', () => {
  const files = coreFiles('.');
  assert.ok(files.length > 50, 'the core is found');
  const guilty = files.filter(({ text }) => /\bnapi(_derive)?::|\buse napi\b/.test(text));
  assert.deepEqual(
    guilty.map(({ name }) => name),
    [],
  );
});

test('data flows one way: sync, then store and twenty, then http', () => {
  const above = { http: ['twenty', 'store', 'sync'], twenty: ['store', 'sync'], store: ['sync'] };
  for (const [room, forbidden] of Object.entries(above)) {
    const upwards = new RegExp(`\\bcore::(?:${forbidden.join('|')})\\b`);
    const guilty = coreFiles(room).filter(({ text }) => upwards.test(text));
    assert.deepEqual(
      guilty.map(({ name }) => name),
      [],
      room,
    );
  }
});

/** @param {string} room */
function coreFiles(room) {
  const sources = rustSources(path.join(root, 'src/core', room));
  return [...sources].map(([name, text]) => ({ name, text: withoutComments(withoutTests(text)) }));
}

test('no cycle among the modules of the core', () => {
  const edges = withoutOwnChildren(usesOf('src/core'), 'sync::');
  assert.ok(edges.get('store::bounded')?.has('twenty::ids'), 'imports are read');
  assert.ok(edges.get('napi::store') === undefined, 'the core alone');
  noCircles(edges);
});

test('no two folders of the core depend on each other', () => {
  /** @type {Map<string, Set<string>>} */
  const rooms = new Map();
  for (const [name, targets] of usesOf('src/core')) {
    const [room] = name.split('::');
    const known = rooms.get(room) ?? new Set();
    rooms.set(room, known);
    for (const target of targets) known.add(target.split('::')[0]);
  }
  assert.ok(rooms.get('sync')?.has('http'), 'imports are read');
  for (const [room, targets] of rooms) targets.delete(room);
  noCircles(rooms);
});

test('no cycle among the modules of the bindings', () => {
  const edges = usesOf('src/napi');
  assert.ok(edges.get('sync_service')?.has('dispatcher'), 'imports are read');
  noCircles(edges);
});

test('no cycle among the modules of the simulator', () => {
  const edges = withoutOwnChildren(rustUses(path.join(root, 'sim/src'), (name) => name !== ''));
  assert.ok(edges.size > 60, 'the simulator is found');
  assert.ok(edges.get('records')?.has('record_calls'), 'imports are read');
  noCircles(edges);
});

test('no cycle among the modules of lib', () => {
  const edges = javascriptUses(path.join(root, 'lib'));
  assert.ok(edges.get('observability/operation')?.has('observability/log'), 'imports are read');
  noCircles(edges);
});

/**
 * Dependencies among the modules below a folder of `src`, by their paths in it.
 * @param {string} folder
 */
function usesOf(folder) {
  const place = `${path.basename(folder)}::`;
  const uses = rustUses(path.join(root, 'src'), (name) => name.startsWith(place));
  const short = (/** @type {string} */ name) => name.slice(place.length);
  return new Map(
    [...uses].map(([name, targets]) => [short(name), new Set([...targets].map(short))]),
  );
}

/**
 * Removes dependencies between a module and the files in its own folder: they are one idea in several files.
 * @param {Map<string, Set<string>>} edges
 * @param {string} [place] where this applies; everywhere by default
 */
function withoutOwnChildren(edges, place = '') {
  const isOwn = (/** @type {string} */ name, /** @type {string} */ to) =>
    parentOf(to) === name && to.startsWith(place);
  return new Map(
    [...edges].map(([name, targets]) => [
      name,
      new Set([...targets].filter((to) => !isOwn(name, to))),
    ]),
  );
}

/** @param {Map<string, Set<string>>} edges */
function noCircles(edges) {
  const shown = circles(edges).map((members) => shownCircle(edges, members));
  assert.ok(shown.length === 0, shown.join('\n'));
}
