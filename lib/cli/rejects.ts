import * as fs from 'node:fs';
import { messageOf } from '../serialise.js';
import { inputFailure, usageFailure } from './failure.js';
import type { Entry } from './input/entry.js';
import { RAW } from './input/ndjson.js';
import type { Input } from './input/open.js';
import type { RecordFailure } from './mapping.js';
import { isReason, REJECT_PREFIX } from './mapping.js';

/** They come before the input's own columns, so that a row with too few cells keeps its place. */
const REASON_COLUMNS = ['line', 'code', 'field', 'message'].map(
  (name) => `${REJECT_PREFIX}_${name}`,
);

/**
 * Writes refused records in the input's format. The reasons are in extra columns or keys, which are skipped when the
 * file is fed back in.
 */
class Rejects {
  #path;
  #input;
  #descriptor;

  constructor(path: string, input: Input, { append }: { append: boolean }) {
    this.#path = path;
    this.#input = input;
    try {
      // Personal data: readable by its owner only.
      this.#descriptor = fs.openSync(path, append ? 'a' : 'w', 0o600);
      const isEmpty = fs.fstatSync(this.#descriptor).size === 0;
      // Spreadsheets, and the same command with its --encoding, recognise UTF-8 only by this mark.
      if (isEmpty && input.needsMark()) this.#write('\uFEFF');
      if (input.format === 'csv' && isEmpty) this.#writeHeader();
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #writeHeader() {
    const { header = [] } = this.#input;
    if (header.length > 0) this.#writeRow([...REASON_COLUMNS, ...this.#own(header)]);
  }

  add(
    { line, source: { cells, json, text, isCut } }: Entry,
    { code, field, message }: RecordFailure,
  ) {
    try {
      if (this.#input.format === 'csv') {
        const reasons = [String(line), code, field ?? '', message];
        if (cells === undefined) this.#writeRow(reasons, [this.#ownText(text ?? '')]);
        else this.#writeRow([...reasons, ...this.#own(cells)]);
        return;
      }
      const { [REJECT_PREFIX]: _, ...record }: Record<string, unknown> = json ?? { [RAW]: text };
      const reason = { line, code, ...(field !== undefined && { field }), message };
      const whole = { ...record, [REJECT_PREFIX]: isCut ? { ...reason, isCut } : reason };
      this.#write(`${JSON.stringify(whole)}\n`);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #own(cells: string[]) {
    const { header = [] } = this.#input;
    return cells.filter((_, index) => !isReason(header[index] ?? ''));
  }

  /** The raw text of a row that could not be cut into cells. */
  #ownText(text: string) {
    const { delimiter = ',', header = [] } = this.#input;
    const earlier = header.filter(isReason).length;
    const end = delimiter.replace(/[|^$.*+?(){}[\]\\/-]/, '\\$&');
    return text.replace(new RegExp(`^((?:"(?:[^"]|"")*"|.*?)${end}){${earlier}}`), '');
  }

  /** @param more text to append unquoted */
  #writeRow(cells: string[], more: string[] = []) {
    const { delimiter = ',' } = this.#input;
    const row = [...cells.map((cell) => quote(cell, delimiter)), ...more];
    this.#write(`${row.join(delimiter)}\n`);
  }

  #write(text: string) {
    // Unlike writeSync, it writes everything.
    fs.writeFileSync(this.#descriptor, text);
  }

  close() {
    fs.closeSync(this.#descriptor);
  }

  #failure(error: unknown) {
    return inputFailure(`--rejects ${this.#path} cannot be written: ${messageOf(error)}`);
  }
}

const quote = (cell: string, delimiter: string) =>
  cell.includes(delimiter) || /["\r\n]|^\s|\s$/.test(cell)
    ? `"${cell.replaceAll('"', '""')}"`
    : cell;

/** Writing over the input would destroy what was not read yet. */
function requireOtherFile(rejects: string | undefined, file: string) {
  if (rejects === '-') throw usageFailure('--rejects needs a file: stdout is for the summary');
  if (rejects === undefined || file === '-') return;
  const [one, other] = [rejects, file].map((name) => {
    try {
      const { dev, ino } = fs.statSync(name);
      return `${dev}:${ino}`;
    } catch {
      return undefined;
    }
  });
  if (one !== undefined && one === other) {
    throw usageFailure(`--rejects ${rejects} is the input file: name another file`);
  }
}

export { Rejects, requireOtherFile };
