// The tables that the long forms write into docs/reliability.md.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { withTable } from '../../scripts/reliability/support/report.mjs';

const page = readFileSync(new URL('../../docs/reliability.md', import.meta.url), 'utf8');

test('a table replaces the previous one, and nothing else changes', () => {
  const text = 'a\n<!-- begin: x -->\nold\n<!-- end: x -->\nb\n';
  const once = withTable(text, 'x', '\n| new |\n');
  assert.equal(once, 'a\n<!-- begin: x -->\n| new |\n<!-- end: x -->\nb\n');
  assert.equal(withTable(once, 'x', '| new |'), once);
  assert.throws(() => withTable(text, 'y', ''), /no place for y/);
});

test('the page has a place for every suite', () => {
  for (const place of [
    ...['faults', 'crash-bulk', 'crash-outbox', 'crash-outbox postgres', 'lifetime', 'soak'],
  ]) {
    assert.ok(withTable(page, place, '| table |').includes('| table |'), place);
  }
});
