// A proxy on the raw socket in front of a server, which does to a request whatever a network, a balancer or a dying
// server can do. What it does to which one is decided by a seed.
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { encode, RequestReader } from './http-frames.mjs';

/** @typedef {import('./http-frames.mjs').Answer} Answer */
/** @typedef {import('./http-frames.mjs').Frame} Frame */

/**
 * @typedef {object} Fault What can be done to a connection or a request.
 * @property {string} name
 * @property {'connect' | 'headers' | 'body' | 'whole'} phase When: before a byte is read, with the request's first bytes,
 *   with its head but before its body has been read, or with the whole request.
 * @property {(exchange: Exchange) => void | Promise<void>} play
 */

/**
 * @typedef {object} Scene What goes on while the proxy runs.
 * @property {(number: number) => Fault | undefined} [connection] For each new connection, numbered from 1.
 * @property {(number: number) => Fault | undefined} [request] For each request, numbered from 1.
 * @property {(number: number) => void | Promise<void>} [beforeEach] Before each whole request is answered.
 * @property {() => number} [refusedOthers] How many 429s went to clients other than the one that is tested.
 * @property {() => unknown} [end] Puts things right when it is over; may be a promise.
 */

/** @type {Frame} */
const NOTHING_READ = { method: '', path: '', headers: [], body: Buffer.alloc(0) };

/**
 * Ends a connection by a reset. One that is being shut down is only closed: Node forgets a handle whose reset fails, and
 * then its process never exits.
 * @param {net.Socket} socket
 */
function cut(socket) {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** One request, as far as it is here, and what can be done with it. */
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

  /** The server's own answer; from here on the request has been processed. */
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

  /** Nothing more is ever said; the connection stays until the client gives up. */
  stall() {
    this.socket.removeAllListeners('data');
    this.socket.resume();
  }

  end() {
    this.socket.end();
  }
}

export class FaultProxy {
  /** Requests that have come, whatever was done to them. */
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

  /** Requests go there from now on. @param {string} target */
  retarget(target) {
    this.#target = new URL(target);
  }

  get baseUrl() {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Connections that are open now. */
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

  /** As a server that dies: nothing listens, and every connection is reset. What was passed on is still processed. */
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

  /** Resolves when the server behind has answered all that was passed on. */
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

  /** @param {Promise<unknown>} work That `settled` waits for. */
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
    // A client that goes away is no event here.
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
      // The client sends its next request when it has this one's answer, and not before.
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
      // The server behind is gone: so is this connection.
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
