// Small servers that answer as a test tells them. Each has its own port, so clients of different servers share neither
// connections nor rate-limit state.
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { after } from 'node:test';
import { TwentyCrmRestClient } from '../../index.mjs';

/** A key in the form of Twenty's keys; these servers do not check it. */
export const KEY = 'eyJhbGciOiJIUzI1NiJ9.c2VjcmV0LWtleS1vZi10aGUtdGVzdHM.Zm9yLW5vYm9keXMtZXllcw';

/** @type {Set<() => Promise<void>>} */
const closers = new Set();
after(() => Promise.all([...closers].map((close) => close())));

/**
 * @typedef {object} Seen One request as the server received it.
 * @property {string} method
 * @property {string} url
 * @property {http.IncomingHttpHeaders} headers
 * @property {string} body
 */

/**
 * @param {net.Server} server
 * @param {Set<net.Socket>} sockets
 */
async function listen(server, sockets) {
  server.on('connection', (/** @type {net.Socket} */ socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () =>
    /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        closers.delete(close);
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      })
    );
  closers.add(close);
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  return { close, port };
}

/**
 * An HTTP server that reads each request completely, records it, and passes it to `answer`.
 * @param {(request: Seen & { number: number }, response: http.ServerResponse) => void} answer
 */
export const serve = (answer) =>
  serveWith((listener) => http.createServer(listener), 'http', answer);

/**
 * The same over TLS.
 * @param {https.ServerOptions} options `cert`, `key`.
 * @param {(request: Seen & { number: number }, response: http.ServerResponse) => void} [answer]
 */
export const serveTls = (options, answer = (_, response) => json(response, 200, {})) =>
  serveWith((listener) => https.createServer(options, listener), 'https', answer);

/**
 * @param {(listener: http.RequestListener) => net.Server} create
 * @param {string} scheme
 * @param {(request: Seen & { number: number }, response: http.ServerResponse) => void} answer
 */
async function serveWith(create, scheme, answer) {
  /** @type {Seen[]} */
  const seen = [];
  const sockets = new Set();
  const server = create(async (request, response) => {
    let body = '';
    try {
      for await (const chunk of request.setEncoding('utf8')) body += chunk;
    } catch {
      return; // The client has hung up.
    }
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, headers, body });
    answer({ method, url, headers, body, number: seen.length }, response);
  });
  const { close, port } = await listen(server, sockets);
  return { baseUrl: `${scheme}://127.0.0.1:${port}`, port, seen, sockets, close };
}

/**
 * A raw TCP server: `onData` gets every piece that arrives, as text.
 * @param {(socket: net.Socket, text: string) => void} onData
 */
export async function serveRaw(onData) {
  const sockets = new Set();
  let connections = 0;
  const server = net.createServer((socket) => {
    connections += 1;
    socket.setEncoding('latin1');
    socket.on('data', (text) => onData(socket, String(text)));
  });
  const { close, port } = await listen(server, sockets);
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    port,
    sockets,
    close,
    get connections() {
      return connections;
    },
  };
}

/**
 * @param {http.ServerResponse} response
 * @param {number} status
 * @param {unknown} body JSON value.
 * @param {http.OutgoingHttpHeaders} [headers]
 */
export function json(response, status, body, headers) {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

/** An error body as Twenty's record routes send it. @param {number} statusCode @param {string} message */
export const coreError = (statusCode, message, error = 'Error', code = undefined) => ({
  statusCode,
  error,
  messages: [message],
  ...(code !== undefined && { code }),
});

/**
 * A client with almost no wait between retries.
 * @param {string} baseUrl
 * @param {Partial<import('../../index.js').TwentyCrmRestClientConfig>} [config]
 */
export const clientOf = (baseUrl, config) =>
  new TwentyCrmRestClient({
    baseUrl,
    apiKey: KEY,
    initialBackoffMs: 1,
    maxBackoffMs: 2,
    ...config,
  });

/** A local port on which nothing listens. */
export async function closedPort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/** A promise with its resolve and reject functions. */
export function deferred() {
  /** @type {(value?: any) => void} */
  let resolve = () => {};
  /** @type {(reason?: any) => void} */
  let reject = () => {};
  const promise = new Promise((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
}

/**
 * A server in front of another one. It forwards every request, but holds those selected by `hold` until `release`.
 * @param {string} target Base URL.
 */
export async function proxy(target) {
  const agent = new http.Agent({ keepAlive: true });
  /** @type {((request: Seen) => boolean) | undefined} */
  let holds;
  let held = deferred();
  let released = deferred();
  const server = await serve(async (request, response) => {
    if (holds?.(request)) {
      held.resolve(response);
      await released.promise;
    }
    const { method, url, body, headers } = request;
    const onward = http.request(new URL(url, target), { method, agent, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    onward.end(body);
  });
  return {
    ...server,
    /** @param {(request: Seen) => boolean} which @returns {Promise<http.ServerResponse>} once the first one is held */
    hold(which) {
      held = deferred();
      released = deferred();
      holds = which;
      return held.promise;
    },
    release() {
      holds = undefined;
      released.resolve();
    },
    async close() {
      agent.destroy();
      await server.close();
    },
  };
}
