import type { Console, Style } from './console.js';
import type { Entity } from './fields.js';
import type { Input } from './input/open.js';
import type { LeftOut } from './presets/notes.js';
import { showLeftOut } from './presets/notes.js';
import type { Kind } from './tally.js';
import { count, duration, optionFor, plural, printable, wrap } from './text.js';

/** Number of kinds that are shown; the JSON has all of them. */
const SHOWN_KINDS = 8;

/** What a run did, as `docs/cli.md` describes it. */
export interface RunReport {
  entity: Entity;
  file: string;
  format: Input['format'];
  dryRun: boolean;
  read: number;
  created: number;
  updated: number;
  unchanged: number;
  refused: number;
  warnings: number;
  requests: number;
  durationMs: number;
  rejects: string | null;
  resumeFromLine: number | null;
  stoppedBy: string | null;
  refusals: Kind[];
  warningReasons: Kind[];
  preset?: { name: string; leftOut: LeftOut[] };
}

/**
 * What a run did, as text.
 * @param resume the command that continues where this one stopped
 */
function showSummary(result: RunReport, resume: string | undefined, out: Console['out']) {
  const { paint } = out;
  const { read, created, updated, unchanged, refused, rejects, requests, durationMs, dryRun } =
    result;
  const what = result.entity === 'person' ? 'People' : 'Companies';
  const title = paint('bold', `${what} from ${printable(result.file)}`);
  out.write(`\n${title}${dryRun ? '  (dry run: nothing was written)' : ''}\n\n`);
  const rows: [string, number, Style, string?][] = [
    [dryRun ? 'to create' : 'created', created, 'green'],
    [dryRun ? 'to update' : 'updated', updated, 'green'],
    ['unchanged', unchanged, 'dim'],
    ['refused', refused, 'red', rejects ? `→ ${rejects}` : ''],
  ];
  for (const [label, number, colour, note = ''] of rows) {
    const text = `${label.padEnd(10)} ${count(number).padStart(11)}`;
    const isNothing = number === 0;
    out.write(
      `  ${paint(isNothing ? 'dim' : colour, text)}${isNothing ? '' : `  ${printable(note)}`}`.trimEnd(),
    );
    out.write('\n');
  }
  const rate = durationMs > 0 ? Math.round((read / durationMs) * 1000) : read;
  out.write(
    `\n  ${plural(read, 'record')} in ${duration(durationMs)}, ${count(rate)} a second, ${plural(requests, 'request')}\n`,
  );
  showKinds('Refused', result.refusals, out);
  showKinds('Written, with a warning', result.warningReasons, out);
  if (result.preset) showLeftOut(result.preset.leftOut, out);
  if (resume !== undefined) {
    out.write(
      `\n  ${paint('yellow', `Stopped before line ${result.resumeFromLine}.`)} To continue:\n`,
    );
    out.write(`    ${printable(resume)}\n`);
  }
  if (refused > 0 && rejects) {
    out.write(
      `\n  After you correct it, ${printable(rejects)} can be fed back in: the reasons in it are skipped.\n`,
    );
  }
  if (refused > 0 && !rejects) {
    out.write(
      `\n  With --rejects FILE, refused records go to a file that you can correct and feed back in.\n`,
    );
  }
  out.write('\n');
}

function showKinds(title: string, kinds: Kind[], out: Console['out']) {
  if (kinds.length === 0) return;
  out.write(`\n  ${title}\n`);
  for (const { code, field, reason, count: number, example } of kinds.slice(0, SHOWN_KINDS)) {
    const name = [field, code ?? reason].filter(Boolean).join(', ');
    out.write(`  ${count(number).padStart(9)}  ${printable(name)}\n`);
    const { line, externalId, message } = example;
    const who = externalId === '' || message.includes(externalId) ? '' : `, ${externalId}`;
    const text = printable(`e.g. line ${line}${who}: ${message}${optionFor(reason, message)}`);
    for (const part of wrap(text, out.width - 13)) {
      out.write(`             ${out.paint('dim', part)}\n`);
    }
  }
  const more = kinds.length - SHOWN_KINDS;
  if (more > 0) out.write(`             and ${plural(more, 'kind')} more\n`);
}

export { showSummary };
