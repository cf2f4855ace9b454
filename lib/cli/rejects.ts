import * as fs from 'node:fs';
import { messageOf } from '../serialise.js';
import { inputFailure, usageFailure } from './failure.js';
import type { Entry } from './input/entry.js';
import { RAW } from './input/ndjson.js';
import type { Input } from './input/open.js';
import type { RecordFailure } from './mapping.js';
import { isReason, REJECT_PREFIX } from './mapping.js';

/** Before the input's own columns: a row with too few cells stays one. */
const REASON_COLUMNS = ['line', 'code', 'field', 'message'].map(
  (name) => `${REJECT_PREFIX}_${name}`,
);

/**
 * The file of refused records: the input's format, with the reasons in columns or keys that are read over when it is
 * fed back in.
 */
class Rejects {
  #path;
  #input;
  #descriptor;

  constructor(path: string, input: Input, { append }: { append: boolean }) {
    this.#path = path;
    this.#input = input;
    try {
      // Records of people: nobody else's business.
      this.#descriptor = fs.openSync(path, append ? 'a' : 'w', 0o600);
      const isEmpty = fs.fstatSync(this.#descriptor).size === 0;
      // Spreadsheets, and the same command with its --encoding, know UTF-8 by the mark alone.
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

  /** A row that could not be cut into cells, as it stood there. */
  #ownText(text: string) {
    const { delimiter = ',', header = [] } = this.#input;
    const earlier = header.filter(isReason).length;
    const end = delimiter.replace(/[|^$.*+?(){}[\]\\/-]/, '\\$&');
    return text.replace(new RegExp(`^((?:"(?:[^"]|"")*"|.*?)${end}){${earlier}}`), '');
  }

  /** @param more that are written as they are */
  #writeRow(cells: string[], more: string[] = []) {
    const { delimiter = ',' } = this.#input;
    const row = [...cells.map((cell) => quote(cell, delimiter)), ...more];
    this.#write(`${row.join(delimiter)}\n`);
  }

  #write(text: string) {
    // Unlike writeSync, it writes all of it.
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

/** Over the input itself, what was not read yet would be lost. */
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
    throw usageFailure(`--rejects ${rejects} is the input itself: name another file`);
  }
}

export { Rejects, requireOtherFile };
