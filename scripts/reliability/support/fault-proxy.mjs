// A raw TCP proxy in front of a server. It treats a request in any way that a network, a load balancer or a dying
// server can. A seed decides which request gets which fault.
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { encode, RequestReader } from './http-frames.mjs';

/** @typedef {import('./http-frames.mjs').Answer} Answer */
/** @typedef {import('./http-frames.mjs').Frame} Frame */

/**
 * @typedef {object} Fault Something that can happen to a connection or a request.
 * @property {string} name
 * @property {'connect' | 'headers' | 'body' | 'whole'} phase When: before a byte is read, with the request's first
 * bytes,
 *   after its headers but before its body was read, or with the whole request.
 * @property {(exchange: Exchange) => void | Promise<void>} play
 */

/**
 * @typedef {object} Scene The events while the proxy runs.
 * @property {(number: number) => Fault | undefined} [connection] For each new connection, numbered from 1.
 * @property {(number: number) => Fault | undefined} [request] For each request, numbered from 1.
 * @property {(number: number) => void | Promise<void>} [beforeEach] Before each whole request is answered.
 * @property {() => number} [refusedOthers] How many 429s clients other than the tested one got.
 * @property {() => unknown} [end] Restores the normal state at the end; may return a promise.
 */

/** @type {Frame} */
const NOTHING_READ = { method: '', path: '', headers: [], body: Buffer.alloc(0) };

/**
 * Resets a connection. One that is being shut down is only closed: Node loses track of a handle whose reset fails, and
 * then its process never exits.
 * @param {net.Socket} socket
 */
function cut(socket) {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** One request, as far as it has arrived, and the possible reactions to it. */
export class Exchange {
  /** @type {Promise<Answer> | undefined} */
  #answer;

  /**
   * @param {FaultProxy} proxy
   * @param {net.Socket} socket
   * @param {Frame} request
   */
  constructor(proxy, socket, request) {
    this.proxy = proxy;
    this.socket = socket;
    this.request = request;
  }

  /** Returns the server's own answer; from here on the request has been processed. */
  answer() {
    this.#answer ??= this.proxy.forward(this.request);
    return this.#answer;
  }

  /** @param {Buffer} bytes */
  send(bytes) {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  reset() {
    cut(this.socket);
  }

  /** Never answers; the connection stays open until the client gives up. */
  stall() {
    this.socket.removeAllListeners('data');
    this.socket.resume();
  }

  end() {
    this.socket.end();
  }
}

export class FaultProxy {
  /** Number of requests received, with or without a fault. */
  requests = 0;
  /** How often each fault was played. @type {Map<string, number>} */
  injected = new Map();
  /** @type {Scene} */
  scene = {};

  #target;
  #agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  /** @type {Set<net.Socket>} */
  #sockets = new Set();
  /** @type {Set<Promise<unknown>>} */
  #forwarding = new Set();
  /** @type {net.Server | undefined} */
  #server;
  #port = 0;
  #connections = 0;

  /** @param {string} target Base URL of the server behind. */
  constructor(target) {
    this.#target = new URL(target);
  }

  /** Sends requests to this server from now on. @param {string} target */
  retarget(target) {
    this.#target = new URL(target);
  }

  get baseUrl() {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Open connections. */
  get open() {
    return this.#sockets.size;
  }

  async listen() {
    const server = net.createServer({ pauseOnConnect: true }, (socket) => this.#take(socket));
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = /** @type {net.AddressInfo} */ (server.address()).port;
    this.#server = server;
    return this;
  }

  /**
   * Acts like a server that dies: stops listening, and resets every connection. Forwarded requests are still processed.
   */
  async down() {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) cut(socket);
    await closed;
  }

  get isUp() {
    return this.#server !== undefined;
  }

  /** Resolves when the server behind has answered all forwarded requests. */
  async settled() {
    while (this.#forwarding.size > 0) await Promise.allSettled(this.#forwarding);
  }

  async close() {
    await this.down();
    await this.settled();
    this.#agent.destroy();
  }

  /** Every fault so far. */
  get faults() {
    return [...this.injected.values()].reduce((sum, count) => sum + count, 0);
  }

  /** @param {Frame} request @returns {Promise<Answer>} */
  forward({ method, path, headers, body }) {
    const answered = new Promise((resolve, reject) => {
      const onward = http.request(new URL(path, this.#target), {
        method,
        agent: this.#agent,
        headers: headers.flat(),
      });
      onward.on('error', reject);
      onward.on('response', (response) => {
        /** @type {Buffer[]} */
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: pairs(response.rawHeaders),
            body: Buffer.concat(chunks),
          }),
        );
      });
      onward.end(body);
    });
    this.#track(answered);
    return answered;
  }

  /** @param {Promise<unknown>} work that `settled` waits for */
  #track(work) {
    this.#forwarding.add(work);
    const forget = () => this.#forwarding.delete(work);
    work.then(forget, forget);
  }

  /** @param {Fault} fault */
  note(fault) {
    this.injected.set(fault.name, (this.injected.get(fault.name) ?? 0) + 1);
  }

  /** @param {net.Socket} socket */
  #take(socket) {
    this.#connections += 1;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    // A client that disconnects is not an error here.
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    const fault = this.scene.connection?.(this.#connections);
    if (fault) this.#play(fault, new Exchange(this, socket, NOTHING_READ));
    else this.#serve(socket);
  }

  /** @param {Fault} fault @param {Exchange} exchange */
  #play(fault, exchange) {
    this.note(fault);
    return fault.play(exchange);
  }

  /** @param {net.Socket} socket */
  #serve(socket) {
    const reader = new RequestReader();
    let isNew = true;
    /** @type {Fault | undefined} */
    let fault;
    socket.on('data', (/** @type {Buffer} */ chunk) => {
      if (isNew) {
        isNew = false;
        this.requests += 1;
        fault = this.scene.request?.(this.requests);
      }
      reader.push(chunk);
      if (fault?.phase === 'headers' || (fault?.phase === 'body' && reader.hasHead)) {
        socket.removeAllListeners('data');
        this.#play(fault, new Exchange(this, socket, NOTHING_READ));
        return;
      }
      // The client sends its next request only after this answer.
      const request = reader.take();
      if (request === undefined) return;
      isNew = true;
      const isLast = request.headers.some(
        ([name, value]) => name.toLowerCase() === 'connection' && value === 'close',
      );
      const exchanged = this.#exchange(new Exchange(this, socket, request), fault);
      this.#track(isLast ? exchanged.then(() => socket.end()) : exchanged);
    });
    socket.resume();
  }

  /** @param {Exchange} exchange @param {Fault | undefined} fault */
  async #exchange(exchange, fault) {
    try {
      await this.scene.beforeEach?.(this.requests);
      if (fault) await this.#play(fault, exchange);
      else exchange.send(encode(await exchange.answer()));
    } catch {
      // The server behind is gone, so close this connection too.
      exchange.socket.destroy();
    }
  }
}

/** @param {string[]} raw @returns {[string, string][]} */
function pairs(raw) {
  return Array.from({ length: raw.length / 2 }, (_, at) => [raw[at * 2], raw[at * 2 + 1]]);
}

/** @param {string} target */
export const startFaultProxy = (target) => new FaultProxy(target).listen();
