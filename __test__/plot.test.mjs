// The benchmark charts: every label has room, and panels do not overlap.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plot } from '../bench/plot.mjs';
import { names } from '../bench/table.mjs';

/** The average width of a character at 13 px: less than the charts assume. */
const CHARACTER = 6.5;

/** Results in which each scenario has other contenders, so that panels have different heights. */
function results() {
  const all = Object.keys(names);
  const contenders = { 'new-0ms': all.slice(0, 2), 'new-20ms': all, 'get-64': all.slice(0, 5) };
  return new Map(
    Object.entries(contenders).map(([scenario, some]) => [
      scenario,
      { contenders: () => some, median: (/** @type {string} */ one) => 100_000 + one.length },
    ]),
  );
}

test('labels fit their column, and panels do not overlap', () => {
  const svg = plot(/** @type {any} */ (results()));
  const panels = [...svg.matchAll(/<g transform="translate\((\d+) (\d+)\)">\n(.*?)<\/g>/gs)].map(
    ([, x, y, body]) => {
      const texts = [
        ...body.matchAll(/<text (?:class="title" )?x="([\d.]+)" y="(\d+)"([^>]*)>([^<]*)</g),
      ];
      for (const [, at, , , text] of texts.filter(([, , , how]) => how.includes('end'))) {
        assert.ok(Number(at) >= text.length * CHARACTER, `"${text}" begins before its panel`);
      }
      const ends = texts
        .filter(([, , , how]) => !how.includes('end'))
        .map(([, at, , , text]) => Number(at) + text.length * CHARACTER);
      const bottoms = texts.map(([, , at]) => Number(at));
      return {
        left: Number(x),
        top: Number(y),
        right: Number(x) + Math.max(...ends),
        bottom: Number(y) + Math.max(...bottoms),
      };
    },
  );
  assert.equal(panels.length, 6);
  for (const [at, one] of panels.entries()) {
    for (const other of panels.slice(at + 1)) {
      const isApart =
        one.right <= other.left ||
        other.right <= one.left ||
        one.bottom < other.top ||
        other.bottom < one.top;
      assert.ok(isApart, `panel ${at} reaches into another: ${JSON.stringify([one, other])}`);
    }
  }
  const [, width, height] = svg.match(/viewBox="-10 -10 (\d+) (\d+)"/) ?? [];
  assert.ok(
    panels.every(({ right, bottom }) => right <= Number(width) && bottom <= Number(height)),
  );
});
