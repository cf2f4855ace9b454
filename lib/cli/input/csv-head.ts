import { REJECT_PREFIX } from '../mapping.js';
import { NEWLINE } from './bytes.js';
import { RETURN } from './lines.js';

/** Bytes in which the first line has to end. */
const MAX_HEADER_BYTES = 65_536;

const LINES_ABOVE = 20;

const DELIMITERS = [',', ';', '\t', '|'];

/** Names for what is hard to type in a shell. */
const NAMED_DELIMITERS = new Map([
  ['comma', ','],
  ['semicolon', ';'],
  ['tab', '\t'],
  ['\\t', '\t'],
  ['pipe', '|'],
]);

/** Excel begins files with a line of its own. */
const SEPARATOR_LINE = /^sep=(.)(?:\r?\n|\r|$)/i;

const readDelimiter = (text: string) =>
  NAMED_DELIMITERS.get(text) ?? (/^[^\s"\p{L}\p{N}]$|^\t$/u.test(text) ? text : undefined);

/** What can be typed for a delimiter. */
const nameOfDelimiter = (delimiter: string) =>
  [...NAMED_DELIMITERS].find(([, one]) => one === delimiter)?.[0] ?? delimiter;

/** The delimiter that the first line has most of; a comma where it has none. */
function detectDelimiter(line: string) {
  const counts = new Map(DELIMITERS.map((delimiter) => [delimiter, 0]));
  let isQuoted = false;
  for (const character of line) {
    if (character === '"') isQuoted = !isQuoted;
    const count = counts.get(character);
    if (!isQuoted && count !== undefined) counts.set(character, count + 1);
  }
  let best = ',';
  for (const [delimiter, count] of counts) {
    if (count > (counts.get(best) as number)) best = delimiter;
  }
  return best;
}

/** The cells of one line, before quotation marks and the delimiter are settled. */
const roughCells = (line: string, delimiter: string = detectDelimiter(line)) =>
  line.split(delimiter).map((cell) => cell.trim().replace(/^"(.*)"$/s, '$1'));

class Head {
  /** that the file names itself */
  delimiter: string | undefined;
  /** Lines that stand before {@link Head.bytes}. */
  before = 0;
  /** from the header on, as much as was read */
  bytes: Buffer = Buffer.alloc(0);
  /** What comes behind {@link Head.bytes}. */
  rest: AsyncGenerator<Buffer, void, undefined>;
  #isAtEnd = false;

  constructor(rest: AsyncGenerator<Buffer, void, undefined>) {
    this.rest = rest;
  }

  /** It can hold line ends within quotes. */
  get line() {
    return firstLine(this.#header);
  }

  get #header() {
    return this.bytes.toString().replace(/^[\r\n]+/, '');
  }

  /** The byte that ends lines: a return alone where the first line ends so, as on old Macs. */
  get terminator() {
    const text = this.bytes.toString();
    const end = firstLine(text).length;
    return text[end] === '\r' && text[end + 1] !== '\n' ? RETURN : NEWLINE;
  }

  /**
   * Reads up to the end of the header's line.
   * @param skipLines lines to read over
   * @param isHeader tells it from lines above it, where it is known how it looks
   */
  async read(skipLines: number, isHeader: ((line: string) => boolean) | undefined) {
    await this.#takeSeparator();
    // The same command with the rejects has the option still, and they begin with their header.
    if (this.bytes.toString('utf8', 0, REJECT_PREFIX.length) === REJECT_PREFIX) skipLines = 0;
    while (this.before < skipLines && (await this.#skipLine()));
    if (skipLines > 0) await this.#takeSeparator();
    if (isHeader !== undefined && skipLines === 0) {
      const above = (await this.lines(isHeader)).findIndex(isHeader);
      for (let n = 0; n < above; n += 1) await this.#skipLine();
    }
    // One character more tells how it ends.
    await this.#readUntil(() => this.line.length + 1 < this.#header.length);
  }

  /**
   * Cut at every line end.
   * @param isLast behind which none is needed
   */
  async lines(isLast: (line: string) => boolean = () => false) {
    await this.#readUntil(() => {
      const lines = toLines(this.bytes);
      return lines.length > LINES_ABOVE || lines.slice(0, -1).some(isLast);
    });
    return toLines(this.bytes).slice(0, LINES_ABOVE);
  }

  async #takeSeparator() {
    await this.#readUntil(() => this.bytes.length > REJECT_PREFIX.length);
    const separator = SEPARATOR_LINE.exec(this.bytes.toString());
    if (separator === null) return;
    this.delimiter = separator[1];
    await this.#skipLine();
  }

  /** @returns whether there was one */
  async #skipLine(): Promise<boolean> {
    for (;;) {
      const end = this.bytes.findIndex((byte) => byte === NEWLINE || byte === RETURN);
      if (end < 0) this.bytes = Buffer.alloc(0);
      // Behind a return, one byte more tells whether it is half of a line's end.
      else if (this.bytes[end] === NEWLINE || end + 1 < this.bytes.length || this.#isAtEnd) {
        const isPair = this.bytes[end] === RETURN && this.bytes[end + 1] === NEWLINE;
        this.before += 1;
        this.bytes = this.bytes.subarray(end + (isPair ? 2 : 1));
        return true;
      }
      if (this.#isAtEnd) return false;
      await this.#readMore();
    }
  }

  async #readUntil(isEnough: () => boolean) {
    while (!this.#isAtEnd && this.bytes.length < MAX_HEADER_BYTES && !isEnough()) {
      await this.#readMore();
    }
  }

  async #readMore() {
    const { done, value } = await this.rest.next();
    if (done) this.#isAtEnd = true;
    else this.bytes = Buffer.concat([this.bytes, value]);
  }
}

const toLines = (bytes: Buffer) => bytes.toString().split(/\r\n|\n|\r/);

function firstLine(text: string) {
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (text[at] === '\n' || text[at] === '\r')) return text.slice(0, at);
  }
  return text;
}

export { detectDelimiter, Head, nameOfDelimiter, readDelimiter, roughCells };
