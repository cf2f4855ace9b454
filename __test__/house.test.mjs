// The rooms of the house: the core knows nothing of Node, and nothing below knows what is above it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const core = fileURLToPath(new URL('../src/core', import.meta.url));

/** @param {string} room */
function filesOf(room) {
  const folder = path.join(core, room);
  return readdirSync(folder, { recursive: true })
    .map((name) => path.join(folder, name.toString()))
    .filter((name) => name.endsWith('.rs'))
    .map((name) => ({ name: path.relative(core, name), text: readFileSync(name, 'utf8') }));
}

test('nothing in the core imports napi', () => {
  const files = filesOf('.');
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
    const guilty = filesOf(room).filter(
      ({ name, text }) => !/tests?(\.rs|\/)/.test(name) && upwards.test(withoutTests(text)),
    );
    assert.deepEqual(
      guilty.map(({ name }) => name),
      [],
      room,
    );
  }
});

/** @param {string} text */
function withoutTests(text) {
  return text.split('#[cfg(test)]', 1)[0];
}
