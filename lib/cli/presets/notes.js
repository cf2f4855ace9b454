'use strict';

const { plural, printable, wrap } = require('../text.js');

/**
 * @typedef {import('./columns.js').Fill} Fill
 * @typedef {import('../input/entry.js').Entry} Entry
 *
 * @typedef {object} LeftOut
 * @property {string} column
 * @property {number} count rows in which it has a value
 */

/** What of a run's rows a preset does not write, counted by column: said once, and not for every row. */
class PresetNotes {
  /** People without an address. */
  withoutEmail = 0;
  #preset;
  #names;
  #fills;
  #read;
  #furtherOf;
  #hasLists = false;
  /** @type {Map<number, number>} rows with a value in a column that fills nothing */
  #rest;
  /** @type {Map<number, number>} rows with a value beside the one that is written */
  #further = new Map();
  /** @type {{ line: number, externalId: string } | undefined} */
  #first;

  /**
   * @param {import('./index.js').Preset} preset
   * @param {readonly string[]} names of the columns
   * @param {readonly number[]} rest columns that fill nothing
   * @param {readonly Fill[]} fills
   * @param {import('./columns.js').ReadCell} read
   * @param {(fill: Fill, cells: string[], read: import('./columns.js').ReadCell) => number[]} furtherOf
   */
  constructor(preset, names, rest, fills, read, furtherOf) {
    this.#preset = preset;
    this.#names = names;
    this.#rest = new Map(rest.map((index) => [index, 0]));
    this.#fills = fills.filter(({ target }) => target !== 'name');
    this.#read = read;
    this.#furtherOf = furtherOf;
  }

  get preset() {
    return this.#preset;
  }

  /** @param {Entry} entry of a row that is not read over */
  take({ line, record, source: { cells } }) {
    if (cells === undefined) return;
    for (const [index, rows] of this.#rest) {
      if ((cells[index] ?? '').trim() !== '') this.#rest.set(index, rows + 1);
    }
    const email = this.#fills.find(({ target }) => target === 'email');
    if (email?.places.every((place) => (cells[place] ?? '').trim() === '')) this.withoutEmail += 1;
    const columns = new Set(
      this.#fills.flatMap((fill) => this.#furtherOf(fill, cells, this.#read)),
    );
    if (columns.size === 0) return;
    this.#first ??= { line, externalId: String(record?.external_id ?? '') };
    for (const index of columns) {
      this.#further.set(index, (this.#further.get(index) ?? 0) + 1);
      this.#hasLists ||= this.#read(cells, index).isList;
    }
  }

  /** Columns that fill nothing, those with the most values first. @returns {LeftOut[]} */
  leftOut() {
    return [...this.#rest]
      .map(([index, rows]) => ({ column: this.#names[index], count: rows }))
      .sort((a, b) => b.count - a.count);
  }

  /** One warning for all values that another one of their field goes before. @returns {import('../tally.js').Kind[]} */
  warnings() {
    if (this.#first === undefined) return [];
    const columns = [...this.#further].sort(([a], [b]) => a - b);
    const each = columns.map(([index, rows]) => `"${this.#names[index]}" (${plural(rows, 'row')})`);
    const lists = this.#hasLists
      ? '. Of several companies, none of which is the primary, none is written'
      : '';
    const message = `a record has one number, one address, one company: the first is written, further ones are left out: ${each.join(', ')}${lists}`;
    return [{ reason: 'further_values', count: 1, example: { ...this.#first, message } }];
  }
}

/**
 * What to do for people without an address, where they are refused.
 * @param {number} people
 * @param {'email' | 'url' | undefined} idFrom
 */
const adviceOnEmail = (people, idFrom) =>
  `${plural(people, 'person has', 'people have')} no e-mail address: --missing-email allow writes them without one.${idFrom === 'email' ? ' Their ids need another column then: --id-from url, or --map COLUMN=external_id.' : ''}`;

/**
 * @param {LeftOut[]} columns
 * @param {import('../console.js').Console['out']} out
 */
function showLeftOut(columns, out) {
  if (columns.length === 0) return;
  out.write('\n  Columns that have no field here\n');
  const filled = columns.filter((one) => one.count > 0);
  const blank = columns.filter((one) => one.count === 0).map(({ column }) => column);
  const texts = filled.map((one) => `${one.column} (${plural(one.count, 'row')})`);
  if (blank.length > 0) texts.push(`blank: ${blank.join(', ')}`);
  for (const text of texts) {
    for (const part of wrap(printable(text), out.width - 6)) out.write(`    ${part}\n`);
  }
}

module.exports = { PresetNotes, adviceOnEmail, showLeftOut };
