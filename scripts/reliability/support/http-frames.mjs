// HTTP/1.1 framing on a raw socket: where a request ends, and the bytes of a correct or wrong answer.

/**
 * @typedef {object} Frame One request as received.
 * @property {string} method
 * @property {string} path
 * @property {[string, string][]} headers Names as sent.
 * @property {Buffer} body
 */

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {[string, string][]} headers
 * @property {Buffer} body
 */

const HEAD_END = Buffer.from('\r\n\r\n');

/** Assembles requests from pieces. */
export class RequestReader {
  /** @type {Buffer} */
  #buffer = Buffer.alloc(0);
  /** @type {{ method: string, path: string, headers: [string, string][], length: number } | undefined} */
  #head;

  /** @param {Buffer} chunk */
  push(chunk) {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
  }

  /** Whether the headers are complete. */
  get hasHead() {
    if (this.#head === undefined) this.#readHead();
    return this.#head !== undefined;
  }

  /** The next complete request. @returns {Frame | undefined} */
  take() {
    if (!this.hasHead || this.#head === undefined) return undefined;
    const { method, path, headers, length } = this.#head;
    if (this.#buffer.length < length) return undefined;
    const body = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    this.#head = undefined;
    return { method, path, headers, body };
  }

  #readHead() {
    const end = this.#buffer.indexOf(HEAD_END);
    if (end < 0) return;
    const [start, ...lines] = this.#buffer.subarray(0, end).toString('latin1').split('\r\n');
    const [method, path] = start.split(' ');
    const headers = lines.map((line) => {
      const colon = line.indexOf(':');
      return /** @type {[string, string]} */ ([line.slice(0, colon), line.slice(colon + 1).trim()]);
    });
    const named = (/** @type {string} */ name) =>
      headers.find(([own]) => own.toLowerCase() === name)?.[1];
    // The client always sends a Content-Length.
    if (named('transfer-encoding') !== undefined) throw new Error('a chunked request');
    this.#head = { method, path, headers, length: Number(named('content-length') ?? 0) };
    this.#buffer = this.#buffer.subarray(end + HEAD_END.length);
  }
}

/**
 * An answer's bytes.
 * @param {Answer} answer
 * @param {{ length?: number }} [wrong] A wrong Content-Length.
 */
export function encode({ status, headers, body }, { length = body.length } = {}) {
  const framing = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive']);
  const lines = headers
    .filter(([name]) => !framing.has(name.toLowerCase()))
    .map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} -\r\n${lines.join('')}Content-Length: ${length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

/**
 * @param {number} status
 * @param {unknown} value
 * @param {[string, string][]} [headers]
 * @returns {Answer}
 */
export const json = (status, value, headers = []) => ({
  status,
  headers: [['Content-Type', 'application/json; charset=utf-8'], ...headers],
  body: Buffer.from(JSON.stringify(value)),
});
