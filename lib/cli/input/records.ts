import { inputFailure } from '../failure.js';
import type { Line } from './lines.js';
import { LineSplitter, MAX_RECORD_BYTES, RETURN } from './lines.js';

/** a record of a CSV file, as in the file */
export interface Found {
  /** without its last line end */
  text: string;
  /** line in which it begins */
  line: number;
  /** offset after it, in bytes */
  end: number;
  /** what is wrong with its quotation marks; the record is then one line */
  problem?: string;
}

/** a line */
type Piece = { text: string; ending: string; number: number; end: number };

const ADVICE =
  'write a quotation mark that belongs to the text twice, and put one before and one after the whole cell';

/** The record continues in the next line. */
const OPEN = Symbol('open');

const OPENS = /(?<=^|[\s([{/-])"(?=\S)/gu;
const CLOSES = /(?<=[^\s\d])"(?=$|[\s)\]}/.,;:!?-])/gu;
const INCHES = /(?<=\d)"(?=$|[\s)\]}/.,;:!?-])/gu;
const TYPOGRAPHIC = /[„“”«»‟]/gu;

/**
 * Whether the quotation marks in a cell that does not begin with one are text: `Joe "The Boss" Doe`, `19" rack`,
 * `בע"מ`.
 */
function isText(cell: string) {
  if (cell.trimStart().startsWith('"')) return false;
  if (/^="[^"]*"$/.test(cell)) return true;
  const counts = [OPENS, CLOSES, INCHES, TYPOGRAPHIC].map((kind) => cell.match(kind)?.length ?? 0);
  const [opens, closes, inches, either] = counts;
  return closes - either <= opens && opens <= closes + inches + either;
}

/**
 * Cuts CSV into records by its quotation marks. If the marks of a record are wrong, only its first line is that record
 * and the lines below are read again: a stray mark costs one row.
 */
class RecordSplitter {
  /** Whether the line alone would be a row. */
  isRow: (line: string) => boolean = () => false;
  /** Whether an unclosed mark costs only its own row. */
  isPatient = false;
  #delimiter;
  #lines;
  #offset;
  /** lines of the current record */
  #open: Piece[] = [];
  #openBytes = 0;
  /** Line of the open quotation mark. */
  #openedIn = 0;

  /**
   * @param terminator the byte that ends a line
   * @param before lines above the first
   */
  constructor(delimiter: string, terminator: number, before: number) {
    this.#delimiter = delimiter;
    this.#lines = new LineSplitter(terminator);
    this.#offset = before;
  }

  *push(chunk: Buffer) {
    for (const line of this.#lines.push(chunk)) yield* this.#take(line);
    const { overlong } = this.#lines;
    if (overlong !== undefined) throw tooLong(overlong + this.#offset);
  }

  /** What is left at the end of the input. */
  *end() {
    for (const line of this.#lines.end()) yield* this.#take(line);
    while (this.#open.length > 0) {
      if (!this.isPatient) throw unclosed(this.#openedIn, '');
      const again: Piece[] = [];
      yield this.#giveUp(`a cell that opens in line ${this.#openedIn} is never closed`, again);
      yield* this.#feed(again);
    }
  }

  *#take({ number, bytes, ending, end, length }: Line) {
    const at = number + this.#offset;
    if (length > bytes.length) throw tooLong(at);
    yield* this.#feed([{ text: bytes.toString(), ending, number: at, end }]);
  }

  /** @param pieces last one first */
  *#feed(pieces: Piece[]): Generator<Found, void, undefined> {
    for (let piece = pieces.pop(); piece !== undefined; piece = pieces.pop()) {
      const isFirst = this.#open.length === 0;
      if (isFirst && piece.text.trim() === '') continue;
      this.#open.push(piece);
      this.#openBytes += piece.text.length;
      const problem = this.#scan(piece, isFirst);
      if (problem === undefined) yield this.#close();
      else if (problem !== OPEN) yield this.#giveUp(problem, pieces);
      else if (this.#openBytes > MAX_RECORD_BYTES) {
        throw unclosed(this.#openedIn, ` within ${MAX_RECORD_BYTES} bytes`);
      }
    }
  }

  /**
   * Reads the quotation marks of one line.
   * @returns what is wrong, {@link OPEN}, or undefined if the record ends with the line
   */
  #scan({ text, number }: Piece, isFirst: boolean): string | typeof OPEN | undefined {
    if (!text.includes('"')) return isFirst ? undefined : OPEN;
    let isQuoted = !isFirst;
    for (let at = 0; ; ) {
      if (isQuoted) {
        const mark = text.indexOf('"', at);
        if (mark < 0) return OPEN;
        at = mark + 1;
        if (text[at] === '"') {
          at += 1;
          continue;
        }
        if (at === text.length) return this.#swallowed(number);
        if (!text.startsWith(this.#delimiter, at)) return this.#goesOn(number);
        at += this.#delimiter.length;
        isQuoted = false;
      } else if (text[at] === '"') {
        isQuoted = true;
        this.#openedIn = number;
        at += 1;
      } else {
        const next = text.indexOf(this.#delimiter, at);
        const cell = text.slice(at, next < 0 ? undefined : next);
        if (cell.includes('"') && !isText(cell)) {
          return `the quotation marks of a cell in line ${number} do not match`;
        }
        if (next < 0) return this.#swallowed(number);
        at = next + this.#delimiter.length;
      }
    }
  }

  /** @param last line of the record */
  #swallowed(last: number) {
    const pieces = this.#open;
    if (pieces.length < 2 || !pieces.every(({ text }) => this.isRow(text))) return undefined;
    return `a quotation mark opens a cell in line ${pieces[0].number} and closes it in line ${last}, but each of these lines is a complete row`;
  }

  #close(): Found {
    const pieces = this.#open.splice(0);
    this.#openBytes = 0;
    const [{ number }, last] = [pieces[0], pieces[pieces.length - 1]];
    const before = pieces.slice(0, -1).map(({ text, ending }) => text + ending);
    return { text: before.join('') + last.text, line: number, end: last.end };
  }

  /** @param again lines to read next, last one first */
  #giveUp(problem: string, again: Piece[]): Found {
    const [{ text, number, end }, ...others] = this.#open.splice(0);
    this.#openBytes = 0;
    for (const piece of others.reverse()) again.push(piece);
    return { text, line: number, end, problem: `${problem}: ${ADVICE}` };
  }

  #goesOn(number: number) {
    return number === this.#openedIn
      ? `a cell in line ${number} continues after its closing quotation mark`
      : `a quotation mark opens a cell in line ${this.#openedIn}, and the next one, in line ${number}, does not close it`;
  }
}

const unclosed = (line: number, within: string) =>
  inputFailure(
    `Line ${line}: a quotation mark opens a cell and is never closed${within}`,
    'Close it, or write it twice if it belongs to the text.',
  );

const tooLong = (line: number) =>
  inputFailure(
    `Line ${line}: the record that begins here has more than ${MAX_RECORD_BYTES} bytes`,
    'A quotation mark that is never closed can cause this, too.',
  );

export { RETURN, RecordSplitter };
