'use strict';

const fs = require('node:fs');
const { inputFailure, usageFailure } = require('./failure.js');
const { RAW } = require('./input/ndjson.js');
const { REJECT_PREFIX } = require('./mapping.js');

/** @typedef {import('./input/ndjson.js').Entry} Entry */

/** Before the input's own columns: a row with too few cells stays one. */
const REASON_COLUMNS = ['line', 'code', 'field', 'message'].map(
  (name) => `${REJECT_PREFIX}_${name}`,
);

/**
 * The file of refused records: the input's format, with the reasons in columns or keys that are read over when the file
 * is fed back in. Written record by record, so that nothing is lost with the process.
 */
class Rejects {
  #path;
  #input;
  #descriptor;
  /** Columns of the input that are its own. */
  #columns;

  /**
   * @param {string} path
   * @param {import('./input/open.js').Input} input
   * @param {{ append: boolean }} options
   */
  constructor(path, input, { append }) {
    this.#path = path;
    this.#input = input;
    this.#columns = (input.header ?? []).flatMap((name, index) =>
      name.trim().startsWith(REJECT_PREFIX) ? [] : [index],
    );
    try {
      // Records of people: nobody else's business.
      this.#descriptor = fs.openSync(path, append ? 'a' : 'w', 0o600);
      const isEmpty = fs.fstatSync(this.#descriptor).size === 0;
      // The file is UTF-8. Spreadsheets, and the same command with its --encoding, know that by the mark alone.
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
  add({ line, source }, { code, field, message }) {
    try {
      if (source.cells !== undefined) {
        this.#writeRow([String(line), code, field ?? '', message, ...this.#own(source.cells)]);
        return;
      }
      if (this.#input.format === 'csv') {
        const reasons = [String(line), code, field ?? '', message];
        this.#writeText(reasons, source.text);
        return;
      }
      const reason = { line, code, ...(field !== undefined && { field }), message };
      const { json, text, isCut } = source;
      let record;
      if (json === undefined) record = { [RAW]: text };
      else {
        // What was read of a rejects file has a reason already.
        record = { ...json };
        delete record[REJECT_PREFIX];
      }
      const whole = { ...record, [REJECT_PREFIX]: isCut ? { ...reason, isCut } : reason };
      this.#write(`${JSON.stringify(whole)}\n`);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** @param {string[]} cells */
  #own(cells) {
    const { header = [] } = this.#input;
    return [...this.#columns.filter((index) => index < cells.length), ...range(header, cells)].map(
      (index) => cells[index],
    );
  }

  /** @param {string[]} cells */
  #writeRow(cells) {
    const { delimiter = ',' } = this.#input;
    this.#write(`${cells.map((cell) => quote(cell, delimiter)).join(delimiter)}\n`);
  }

  /**
   * A row that could not be cut into cells, as it stood there: it has to be refused again until somebody corrects it.
   * @param {string[]} reasons
   * @param {string} text
   */
  #writeText(reasons, text) {
    const { delimiter = ',', header = [] } = this.#input;
    // Reasons of an earlier run were written in front, by this program.
    const earlier = header.filter((name) => name.trim().startsWith(REJECT_PREFIX)).length;
    const end = delimiter.replace(/[|^$.*+?(){}[\]\\/-]/, '\\$&');
    const own = text.replace(new RegExp(`^((?:"(?:[^"]|"")*"|.*?)${end}){${earlier}}`), '');
    this.#write(`${[...reasons.map((cell) => quote(cell, delimiter)), own].join(delimiter)}\n`);
  }

  /** @param {string} text */
  #write(text) {
    // Unlike writeSync, it goes on until all of it is written.
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

/** Places of cells that stand behind the header's. @param {string[]} header @param {string[]} cells */
const range = (header, cells) =>
  Array.from({ length: Math.max(0, cells.length - header.length) }, (_, n) => header.length + n);

/** @param {string} cell @param {string} delimiter */
const quote = (cell, delimiter) =>
  cell.includes(delimiter) || /["\r\n]|^\s|\s$/.test(cell)
    ? `"${cell.replaceAll('"', '""')}"`
    : cell;

/**
 * The rejects need a file of their own: over the file that they come from, what was not read yet would be lost.
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
