// A server in front of the simulator that changes requests and answers, for server behaviour that no recording shows
// and that the simulator therefore does not have.
import http from 'node:http';
import { json, serve } from './servers.mjs';

/**
 * @typedef {object} Passing One request in transit.
 * @property {string} method
 * @property {string} url
 * @property {any} json The body; `before` may change it.
 * @property {number} [status] Of the answer, once there is one.
 */

/**
 * @param {string} target Base URL.
 * @param {(passing: Passing) => { status: number, body: unknown } | void} before Returns an answer of its own, or lets
 * the request pass.
 */
export async function rewriting(target, before) {
  /** @type {Passing[]} */
  const log = [];
  const agent = new http.Agent({ keepAlive: true });
  const server = await serve((request, response) => {
    const { method, url, headers } = request;
    /** @type {Passing} */
    const passing = { method, url, json: request.body ? JSON.parse(request.body) : undefined };
    log.push(passing);
    const own = before(passing);
    if (own) {
      passing.status = own.status;
      json(response, own.status, own.body);
      return;
    }
    const body = passing.json === undefined ? '' : JSON.stringify(passing.json);
    const length = { 'content-length': Buffer.byteLength(body) };
    const onward = http.request(
      new URL(url, target),
      { method, agent, headers: { ...headers, ...(body && length) } },
      (answer) => {
        passing.status = answer.statusCode;
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    onward.end(body);
  });
  return {
    baseUrl: server.baseUrl,
    log,
    async close() {
      agent.destroy();
      await server.close();
    },
  };
}

/** The records of a write, one or many. @param {Passing} passing @returns {any[]} */
export const written = ({ method, url, json: body }) =>
  method === 'GET' || !url.startsWith('/rest/') || body === undefined ? [] : [body].flat();
