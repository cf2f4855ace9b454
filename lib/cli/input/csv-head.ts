import { REJECT_PREFIX } from '../mapping.js';
import { NEWLINE } from './bytes.js';
import { RETURN } from './lines.js';

/** The first line must end within this many bytes. */
const MAX_HEADER_BYTES = 65_536;

const LINES_ABOVE = 20;

const DELIMITERS = [',', ';', '\t', '|'];

/** Names for delimiters that are hard to type in a shell. */
const NAMED_DELIMITERS = new Map([
  ['comma', ','],
  ['semicolon', ';'],
  ['tab', '\t'],
  ['\\t', '\t'],
  ['pipe', '|'],
]);

/** Excel's own first line (`sep=;`). */
const SEPARATOR_LINE = /^sep=(.)(?:\r?\n|\r|$)/i;

const readDelimiter = (text: string) =>
  NAMED_DELIMITERS.get(text) ?? (/^[^\s"\p{L}\p{N}]$|^\t$/u.test(text) ? text : undefined);

/** The delimiters as they can be typed. */
const nameOfDelimiter = (delimiter: string) =>
  [...NAMED_DELIMITERS].find(([, one]) => one === delimiter)?.[0] ?? delimiter;

/** The most frequent delimiter of the first line; a comma if it has none. */
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

/** The cells of one line, before quotation marks and the delimiter are known. */
const roughCells = (line: string, delimiter: string = detectDelimiter(line)) =>
  line.split(delimiter).map((cell) => cell.trim().replace(/^"(.*)"$/s, '$1'));

class Head {
  /** delimiter that the file itself names */
  delimiter: string | undefined;
  /** Lines above {@link Head.bytes}. */
  before = 0;
  /** from the header on, as far as it was read */
  bytes: Buffer = Buffer.alloc(0);
  /** The input after {@link Head.bytes}. */
  rest: AsyncGenerator<Buffer, void, undefined>;
  #isAtEnd = false;

  constructor(rest: AsyncGenerator<Buffer, void, undefined>) {
    this.rest = rest;
  }

  /** It may contain line ends within quotes. */
  get line() {
    return firstLine(this.#header);
  }

  get #header() {
    return this.bytes.toString().replace(/^[\r\n]+/, '');
  }

  /** The byte that ends lines: a carriage return if the first line ends with one alone, as on old Macs. */
  get terminator() {
    const text = this.bytes.toString();
    const end = firstLine(text).length;
    return text[end] === '\r' && text[end + 1] !== '\n' ? RETURN : NEWLINE;
  }

  /**
   * Reads up to the end of the header line.
   * @param skipLines lines to skip
   * @param isHeader recognises a known header, so that lines above it are skipped
   */
  async read(skipLines: number, isHeader: ((line: string) => boolean) | undefined) {
    await this.#takeSeparator();
    // A rejects file begins with its header, but the same command still has the option.
    if (this.bytes.toString('utf8', 0, REJECT_PREFIX.length) === REJECT_PREFIX) skipLines = 0;
    while (this.before < skipLines && (await this.#skipLine()));
    if (skipLines > 0) await this.#takeSeparator();
    if (isHeader !== undefined && skipLines === 0) {
      const above = (await this.lines(isHeader)).findIndex(isHeader);
      for (let n = 0; n < above; n += 1) await this.#skipLine();
    }
    // One more character shows how the line ends.
    await this.#readUntil(() => this.line.length + 1 < this.#header.length);
  }

  /**
   * Cut at every line end.
   * @param isLast the last line, which needs no line end
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

  /** @returns whether there was a line */
  async #skipLine(): Promise<boolean> {
    for (;;) {
      const end = this.bytes.findIndex((byte) => byte === NEWLINE || byte === RETURN);
      if (end < 0) this.bytes = Buffer.alloc(0);
      // After a carriage return, one more byte shows whether a line feed follows.
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
