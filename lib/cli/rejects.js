'use strict';

const fs = require('node:fs');
const { inputFailure, usageFailure } = require('./failure.js');
const { RAW } = require('./input/ndjson.js');
const { REJECT_PREFIX, isReason } = require('./mapping.js');

/** @typedef {import('./input/entry.js').Entry} Entry */

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

  /**
   * @param {string} path
   * @param {import('./input/open.js').Input} input
   * @param {{ append: boolean }} options
   */
  constructor(path, input, { append }) {
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

  /**
   * @param {Entry} entry
   * @param {import('./mapping.js').RecordFailure} failure
   */
  add({ line, source: { cells, json, text, isCut } }, { code, field, message }) {
    try {
      if (this.#input.format === 'csv') {
        const reasons = [String(line), code, field ?? '', message];
        if (cells === undefined) this.#writeRow(reasons, [this.#ownText(text)]);
        else this.#writeRow([...reasons, ...this.#own(cells)]);
        return;
      }
      const { [REJECT_PREFIX]: _, ...record } = json ?? { [RAW]: text };
      const reason = { line, code, ...(field !== undefined && { field }), message };
      const whole = { ...record, [REJECT_PREFIX]: isCut ? { ...reason, isCut } : reason };
      this.#write(`${JSON.stringify(whole)}\n`);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** @param {string[]} cells */
  #own(cells) {
    const { header = [] } = this.#input;
    return cells.filter((_, index) => !isReason(header[index] ?? ''));
  }

  /**
   * A row that could not be cut into cells, as it stood there.
   * @param {string} text
   */
  #ownText(text) {
    const { delimiter = ',', header = [] } = this.#input;
    const earlier = header.filter(isReason).length;
    const end = delimiter.replace(/[|^$.*+?(){}[\]\\/-]/, '\\$&');
    return text.replace(new RegExp(`^((?:"(?:[^"]|"")*"|.*?)${end}){${earlier}}`), '');
  }

  /** @param {string[]} cells @param {string[]} [more] that are written as they are */
  #writeRow(cells, more = []) {
    const { delimiter = ',' } = this.#input;
    const row = [...cells.map((cell) => quote(cell, delimiter)), ...more];
    this.#write(`${row.join(delimiter)}\n`);
  }

  /** @param {string} text */
  #write(text) {
    // Unlike writeSync, it writes all of it.
    fs.writeFileSync(this.#descriptor, text);
  }

  close() {
    fs.closeSync(this.#descriptor);
  }

  /** @param {any} error */
  #failure(error) {
    return inputFailure(`--rejects ${this.#path} cannot be written: ${error.message}`);
  }
}

/** @param {string} cell @param {string} delimiter */
const quote = (cell, delimiter) =>
  cell.includes(delimiter) || /["\r\n]|^\s|\s$/.test(cell)
    ? `"${cell.replaceAll('"', '""')}"`
    : cell;

/**
 * Over the input itself, what was not read yet would be lost.
 * @param {string | undefined} rejects
 * @param {string} file
 */
function requireOtherFile(rejects, file) {
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

module.exports = { Rejects, requireOtherFile };
