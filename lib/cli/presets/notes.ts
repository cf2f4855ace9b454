import type { Console } from '../console.js';
import type { Entry } from '../input/entry.js';
import type { Kind } from '../tally.js';
import { plural, printable, wrap } from '../text.js';
import type { Preset } from './index.js';

/** a field and the columns that can fill it */
export interface Fill {
  target: string;
  /** columns; the first with a value fills it */
  places: number[];
}

/** `isList`: several values, none of them preferred */
export type ReadCell = (cells: string[], index: number) => { values: string[]; isList: boolean };

export interface LeftOut {
  column: string;
  /** number of rows with a value */
  count: number;
}

/** Counts by column what a preset does not write, so that it is reported once and not for every row. */
class PresetNotes {
  /** People without an e-mail address. */
  withoutEmail = 0;
  #preset;
  #names;
  #fills;
  #read;
  #furtherOf;
  #hasLists = false;
  /** rows with a value in a column that fills nothing */
  #rest: Map<number, number>;
  /** rows with more values than the one that is written */
  #further: Map<number, number> = new Map();
  #first: { line: number; externalId: string } | undefined;

  /**
   * @param names of the columns
   * @param rest columns that fill nothing
   */
  constructor(
    preset: Preset,
    names: readonly string[],
    rest: readonly number[],
    fills: readonly Fill[],
    read: ReadCell,
    furtherOf: (fill: Fill, cells: string[], read: ReadCell) => number[],
  ) {
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

  /** @param entry of a row that is not skipped */
  take({ line, record, source: { cells } }: Entry) {
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

  /** Columns that fill nothing, those with the most values first. */
  leftOut(): LeftOut[] {
    return [...this.#rest]
      .map(([index, rows]) => ({ column: this.#names[index], count: rows }))
      .sort((a, b) => b.count - a.count);
  }

  /** One warning for all values that lost to another value of their field. */
  warnings(): Kind[] {
    if (this.#first === undefined) return [];
    const columns = [...this.#further].sort(([a], [b]) => a - b);
    const each = columns.map(([index, rows]) => `"${this.#names[index]}" (${plural(rows, 'row')})`);
    const lists = this.#hasLists
      ? '. If a contact has several companies and none is marked as primary, no company is written'
      : '';
    const message = `a record has one number, one address and one company: the first is written, others are left out: ${each.join(', ')}${lists}`;
    return [{ reason: 'further_values', count: 1, example: { ...this.#first, message } }];
  }
}

/** What to do about people without an e-mail address, if they are refused. */
const adviceOnEmail = (people: number, idFrom: 'email' | 'url' | undefined) =>
  `${plural(people, 'person has', 'people have')} no e-mail address: --missing-email allow writes them without one.${idFrom === 'email' ? ' Their ids then need another source: --id-from url, or --map COLUMN=external_id.' : ''}`;

function showLeftOut(columns: LeftOut[], out: Console['out']) {
  if (columns.length === 0) return;
  out.write('\n  Columns without a field in Twenty\n');
  const filled = columns.filter((one) => one.count > 0);
  const blank = columns.filter((one) => one.count === 0).map(({ column }) => column);
  const texts = filled.map((one) => `${one.column} (${plural(one.count, 'row')})`);
  if (blank.length > 0) texts.push(`blank: ${blank.join(', ')}`);
  for (const text of texts) {
    for (const part of wrap(printable(text), out.width - 6)) out.write(`    ${part}\n`);
  }
}

export { adviceOnEmail, PresetNotes, showLeftOut };
