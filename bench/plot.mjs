// The results as a picture: one panel for each measure, bars in proportion.
import { number } from './goals.mjs';
import { figures } from './statistics.mjs';
import { names } from './table.mjs';

/** @type {[string, string, import('./statistics.mjs').Figure][]} */
const panels = [
  ['new-0ms', '2,000 new people: records/s', figures.perSecond],
  ['new-20ms', 'the same at 20 ms latency: records/s', figures.perSecond],
  ['new-0ms', 'main-thread CPU: µs/record', figures.mainUs],
  ['new-0ms', 'longest event-loop stall: ms', figures.delayMax],
  ['get-64', 'GET, 64 in flight: requests/s', figures.perSecond],
  ['get-64', 'main-thread CPU: µs/request', figures.mainUs],
];

const PANEL = { width: 420, bar: 18, gap: 8, title: 28, label: 130, value: 70 };

/** @param {string} text */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

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
  const barRow = PANEL.bar + PANEL.gap;
  const height = PANEL.title + Math.max(0, ...drawn.map(({ bars }) => bars.length)) * barRow + 16;
  const room = PANEL.width - PANEL.label - PANEL.value;
  const body = drawn.map(({ title, bars }, at) => {
    const most = Math.max(...bars.map(({ value }) => value));
    const lines = bars.map(({ contender, value }, row) => {
      const y = PANEL.title + row * barRow;
      const width = Math.max(1, (value / most) * room);
      const middle = y + PANEL.bar - 5;
      return `<text x="${PANEL.label - 8}" y="${middle}" text-anchor="end">${escaped(names[contender])}</text>
<rect class="${contender}" x="${PANEL.label}" y="${y}" width="${width.toFixed(1)}" height="${PANEL.bar}" rx="2"/>
<text x="${(PANEL.label + width + 6).toFixed(1)}" y="${middle}">${number(value, value >= 100 ? 0 : 1)}</text>`;
    });
    const x = (at % 2) * (PANEL.width + 20);
    const y = Math.floor(at / 2) * height;
    return `<g transform="translate(${x} ${y})">
<text class="title" x="0" y="16">${escaped(title)}</text>
${lines.join('\n')}
</g>`;
  });
  const width = 2 * PANEL.width + 20;
  const total = Math.ceil(drawn.length / 2) * height;
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
