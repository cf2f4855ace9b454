// Sends a request exactly as it was recorded, including odd methods and broken bodies.
import http from 'node:http';

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {Record<string, string | string[] | undefined>} headers
 * @property {string} text
 * @property {any} body The parsed JSON, or the text if it is not JSON.
 */

/**
 * @param {http.Agent} agent
 * @param {string} baseUrl
 * @param {{method: string, path: string, headers: Record<string, string>, payload?: string | Buffer}} request
 * @returns {Promise<Answer>}
 */
export function send(agent, baseUrl, { method, path, headers, payload }) {
  const { hostname, port } = new URL(baseUrl);
  const sent = { ...headers };
  if (payload !== undefined) sent['Content-Length'] = String(Buffer.byteLength(payload));
  return new Promise((resolve, reject) => {
    const request = http.request({ agent, hostname, port, method, path, headers: sent });
    let answered = false;
    request.on('response', (response) => {
      answered = true;
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        let body = text;
        try {
          body = JSON.parse(text);
        } catch {
          // Not JSON: use the text as the body.
        }
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body });
      });
    });
    // A server that refuses a large body answers before reading all of it.
    request.on('error', (error) => {
      if (!answered) reject(error);
    });
    request.end(payload);
  });
}

/**
 * The bytes that were sent for a recorded body.
 * @param {import('./transcripts.mjs').Transcript} transcript
 * @returns {string | undefined}
 */
export function payloadOf({ name, request }) {
  const { body, headers, method } = request;
  if (body === null || body === undefined) {
    return name === 'json-null' ? 'null' : undefined;
  }
  if (typeof body !== 'string') return JSON.stringify(body);
  if (name === 'json-scalar') return JSON.stringify(body);
  const shortened = /^<(\d+) bytes, starts b'(.*)'>$/s.exec(body);
  if (shortened) return regrow(name, Number(shortened[1]), shortened[2]);
  if (body === '' && method === 'POST' && !headers['Content-Type']) return undefined;
  return body;
}

/** Of large bodies, the recording has only the first characters and the size. */
function regrow(name, bytes, start) {
  const unit = name.startsWith('long-text') ? 'y ' : 'y';
  const end = start.includes('"extra"') ? '"}}' : '"}';
  const head = start.slice(0, start.search(/y{4}|(y ){4}/));
  return `${head}${unit.repeat(Math.ceil((bytes - head.length - end.length) / unit.length)).slice(0, bytes - head.length - end.length)}${end}`;
}
