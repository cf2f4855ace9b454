// Draws the results: one panel for each measure, with proportional bars.
import { number } from './goals.mjs';
import { figures } from './statistics.mjs';
import { names } from './table.mjs';

/** @type {[string, string, import('./statistics.mjs').Figure][]} */
const panels = [
  ['new-0ms', '2,000 new people: records/s', figures.perSecond],
  ['new-20ms', '2,000 new people, 20 ms latency: records/s', figures.perSecond],
  ['new-0ms', '2,000 new people: main-thread CPU, µs/record', figures.mainUs],
  ['new-0ms', '2,000 new people: longest event-loop stall, ms', figures.delayMax],
  ['get-64', 'GET, 64 in flight: requests/s', figures.perSecond],
  ['get-64', 'GET, 64 in flight: main-thread CPU, µs/request', figures.mainUs],
];

const PANEL = { bar: 18, gap: 8, title: 28, longestBar: 200, value: 70, between: 24 };
/** The largest average width of a label's characters in px: fonts differ between machines. */
const CHARACTER = 7;

/** @param {string} text */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** @param {{ bars: unknown[] }} panel */
const heightOf = ({ bars }) => PANEL.title + bars.length * (PANEL.bar + PANEL.gap) + 16;

/** @param {import('./goals.mjs').Results} results */
export function plot(results) {
  const drawn = panels.flatMap(([scenario, title, figure]) => {
    const samples = results.get(scenario);
    const bars = (samples?.contenders() ?? []).flatMap((contender) => {
      const value = samples?.median(contender, figure);
      return value === undefined ? [] : [{ contender, value }];
    });
    return bars.length === 0 ? [] : [{ title, bars }];
  });
  const labels = drawn.flatMap(({ bars }) => bars.map(({ contender }) => names[contender].length));
  const label = Math.max(0, ...labels) * CHARACTER + 8;
  const panelWidth = label + PANEL.longestBar + PANEL.value;
  let total = 0;
  const body = drawn.map(({ title, bars }, at) => {
    const most = Math.max(...bars.map(({ value }) => value));
    const lines = bars.map(({ contender, value }, row) => {
      const y = PANEL.title + row * (PANEL.bar + PANEL.gap);
      const width = Math.max(1, (value / most) * PANEL.longestBar);
      const middle = y + PANEL.bar - 5;
      return `<text x="${label - 8}" y="${middle}" text-anchor="end">${escaped(names[contender])}</text>
<rect class="${contender}" x="${label}" y="${y}" width="${width.toFixed(1)}" height="${PANEL.bar}" rx="2"/>
<text x="${(label + width + 6).toFixed(1)}" y="${middle}">${number(value, value >= 100 ? 0 : 1)}</text>`;
    });
    const x = (at % 2) * (panelWidth + PANEL.between);
    const y = total;
    // Panels are in two columns: the taller one of a row decides where the next row begins.
    if (at % 2 === 1 || at === drawn.length - 1) {
      total += Math.max(...drawn.slice(at - (at % 2), at + 1).map(heightOf));
    }
    return `<g transform="translate(${x} ${y})">
<text class="title" x="0" y="16">${escaped(title)}</text>
${lines.join('\n')}
</g>`;
  });
  const width = 2 * panelWidth + PANEL.between;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 -10 ${width + 20} ${total + 20}" width="${width + 20}" role="img" aria-label="Benchmark results">
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.title { font-weight: 600; }
rect { fill: #9aa4af; }
rect.ours { fill: #2563eb; }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3; } rect { fill: #6e7781; } rect.ours { fill: #4f8cff; } }
</style>
${body.join('\n')}
</svg>
`;
}
