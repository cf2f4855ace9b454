// The faults that a request can meet. docs/twenty/protocol.md#errors describes Twenty's own failures.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { encode, json } from './http-frames.mjs';

/** @typedef {import('./fault-proxy.mjs').Fault} Fault */
/** @typedef {import('./fault-proxy.mjs').Exchange} Exchange */
/** @typedef {import('./http-frames.mjs').Answer} Answer */
/** @typedef {import('./random.mjs').Random} Random */

const HEAD_END = Buffer.from('\r\n\r\n');

/** @param {Buffer} bytes */
const bodyStart = (bytes) => bytes.indexOf(HEAD_END) + HEAD_END.length;

/** @param {string} name @param {Fault['phase']} phase @param {Fault['play']} play @returns {Fault} */
const fault = (name, phase, play) => ({ name, phase, play });

/** @typedef {'reset' | 'stall' | 'end'} Ending */

/**
 * The connection ends in this way at this point of its request.
 * @param {Ending} ending
 * @returns {Record<string, Fault>}
 */
export function endings(ending) {
  /** @param {Exchange} exchange */
  const end = (exchange) => exchange[ending]();
  return {
    connect: fault(`${ending} at connect`, 'connect', end),
    headers: fault(`${ending} in the request's headers`, 'headers', end),
    body: fault(`${ending} in the request's body`, 'body', end),
    unprocessed: fault(`${ending} after the request, not processed`, 'whole', end),
    processed: fault(`${ending} after the request, processed`, 'whole', async (exchange) => {
      await exchange.answer();
      end(exchange);
    }),
    answerHeaders: fault(`${ending} in the answer's headers`, 'whole', async (exchange) => {
      const bytes = encode(await exchange.answer());
      exchange.send(bytes.subarray(0, bodyStart(bytes) >> 1));
      end(exchange);
    }),
    answerBody: fault(`${ending} in the answer's body`, 'whole', async (exchange) => {
      const bytes = encode(await exchange.answer());
      exchange.send(bytes.subarray(0, (bodyStart(bytes) + bytes.length) >> 1));
      end(exchange);
    }),
  };
}

/**
 * The client gets no answer and gives up, and only then is its request processed.
 * @param {number} laterMs
 */
export const processedLate = (laterMs) =>
  fault('processed after the client gave up', 'whole', async (exchange) => {
    const { proxy, request } = exchange;
    exchange.stall();
    await sleep(laterMs);
    await proxy.forward(request);
  });

/**
 * The answer arrives in pieces.
 * @param {number} pieces
 * @param {number} pauseMs
 */
export const slowBytes = (pieces, pauseMs) =>
  fault('slow bytes', 'whole', async (exchange) => {
    const bytes = encode(await exchange.answer());
    const size = Math.max(1, Math.ceil(bytes.length / pieces));
    for (let at = 0; at < bytes.length; at += size) {
      exchange.send(bytes.subarray(at, at + size));
      await sleep(pauseMs);
    }
  });

/** The same answer twice at once, so that the copy is waiting when the next request is sent. */
export const duplicate = fault('answer twice', 'whole', async (exchange) => {
  const bytes = encode(await exchange.answer());
  exchange.send(Buffer.concat([bytes, bytes]));
});

/** The second copy arrives while the connection's next request is in flight, in place of its answer. */
export const lateDuplicate = fault(
  'answer again in the next one’s place',
  'whole',
  async (exchange) => {
    const bytes = encode(await exchange.answer());
    exchange.socket.prependOnceListener('data', () => exchange.send(bytes));
    exchange.send(bytes);
  },
);

/**
 * Two answers are exchanged: each goes to the other's connection. If no partner comes in time, an answer goes to its
 * own.
 * @param {number} patienceMs
 */
export function reordered(patienceMs) {
  /** @type {{ bytes: Buffer, take: (bytes: Buffer) => void } | undefined} */
  let waiting;
  return fault('answers exchanged', 'whole', async (exchange) => {
    const bytes = encode(await exchange.answer());
    if (waiting) {
      const other = waiting;
      waiting = undefined;
      exchange.send(other.bytes);
      other.take(bytes);
      return;
    }
    const swapped = await new Promise((resolve) => {
      const own = { bytes, take: resolve };
      waiting = own;
      setTimeout(() => {
        if (waiting === own) waiting = undefined;
        resolve(bytes);
      }, patienceMs);
    });
    exchange.send(swapped);
  });
}

/** Content-Length is too small: the rest of the body stays on the connection. @param {Random} random */
export const shortLength = (random) =>
  fault('Content-Length too short', 'whole', async (exchange) => {
    const answer = await exchange.answer();
    const length = random.between(0, Math.max(0, answer.body.length - 1));
    exchange.send(encode(answer, { length }));
  });

/** Content-Length is too large, and then the connection ends, or nothing more arrives. @param {Random} random */
export const longLength = (random) =>
  fault('Content-Length too long', 'whole', async (exchange) => {
    const answer = await exchange.answer();
    exchange.send(encode(answer, { length: answer.body.length + random.between(1, 5000) }));
    if (random.chance(0.5)) exchange.end();
    else exchange.stall();
  });

/** No Content-Length, and half a body: only the end of the connection ends the answer. */
export const cutWithoutLength = fault('cut body without a length', 'whole', async (exchange) => {
  const { status, headers, body } = await exchange.answer();
  const type = headers.filter(([name]) => name.toLowerCase() === 'content-type');
  const lines = type.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const head = `HTTP/1.1 ${status} -\r\n${lines}Connection: close\r\n\r\n`;
  exchange.send(Buffer.concat([Buffer.from(head), body.subarray(0, body.length >> 1)]));
  exchange.end();
});

/** A body larger than the client reads: announced by its length, or endless. @param {Random} random */
export const hugeBody = (random) =>
  fault('huge body', 'whole', async (exchange) => {
    const answer = await exchange.answer();
    if (random.chance(0.8)) {
      exchange.send(encode(answer, { length: 8_000_000_000 }));
      exchange.stall();
      return;
    }
    exchange.send(
      Buffer.from(
        'HTTP/1.1 200 -\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
      ),
    );
    const piece = Buffer.concat([
      Buffer.from('100000\r\n'),
      Buffer.alloc(0x100000, 0x20),
      Buffer.from('\r\n'),
    ]);
    const { socket } = exchange;
    const closed = once(socket, 'close');
    while (!socket.destroyed) {
      if (!socket.write(piece)) {
        await Promise.race([once(socket, 'drain'), closed]);
      }
    }
  });

const gateway = Buffer.from('<html><body><h1>Bad Gateway</h1></body></html>');

/**
 * A failing server or load balancer; `processed`: it fails after the work was done.
 * @param {Random} random
 * @param {boolean} processed
 */
export const serverError = (random, processed) =>
  fault(processed ? '5xx, processed' : '5xx, not processed', 'whole', async (exchange) => {
    if (processed) await exchange.answer();
    const status = random.pick([500, 502, 503, 504]);
    /** @type {Answer} */
    const page = { status, headers: [['Content-Type', 'text/html']], body: gateway };
    const nest = json(status, { statusCode: status, message: 'Internal server error' });
    exchange.send(encode(random.chance(0.5) ? page : nest));
  });

/** 429 from a load balancer, without further information. */
export const tooMany = fault('429', 'whole', (exchange) => {
  exchange.send(encode(json(429, { statusCode: 429, message: 'Too Many Requests' })));
});

/** 429 with a time: in seconds, in fractions, or as a date. @param {Random} random */
export const tooManyRetryAfter = (random) =>
  fault('429 with Retry-After', 'whole', (exchange) => {
    const now = Date.now();
    const date = (/** @type {number} */ ms) => new Date(ms).toUTCString();
    const headers = random.pick([
      [['Retry-After', '0']],
      [['Retry-After', '0.05']],
      [['Retry-After', '1']],
      [
        ['Retry-After', date(now + 1000)],
        ['Date', date(now)],
      ],
    ]);
    exchange.send(
      encode(
        json(
          429,
          { statusCode: 429, message: 'Too Many Requests' },
          /** @type {[string, string][]} */ (headers),
        ),
      ),
    );
  });

/** The database fails behind a running server: Twenty answers 400. @param {boolean} processed */
export const databaseFailure = (processed) =>
  fault(
    processed ? 'database lost behind a 400, processed' : 'database down behind a 400',
    'whole',
    async (exchange) => {
      if (processed) await exchange.answer();
      const message = processed
        ? 'Connection terminated unexpectedly'
        : 'connect ECONNREFUSED 127.0.0.1:5432';
      const { path } = exchange.request;
      if (path.startsWith('/graphql') || path.startsWith('/metadata')) {
        const error = { message, extensions: { code: 'INTERNAL_SERVER_ERROR' } };
        exchange.send(encode(json(200, { errors: [error], data: null })));
      } else if (path.startsWith('/rest/metadata')) {
        exchange.send(encode(json(500, message)));
      } else {
        exchange.send(encode(json(400, { statusCode: 400, error: 'Error', messages: [message] })));
      }
    },
  );

/**
 * A clock that is wrong by up to ten years, and a 429 whose Retry-After is a date of that clock.
 * @param {Random} random
 */
export function wrongClock(random) {
  const TEN_YEARS_MS = 315_360_000_000;
  const off = () => Date.now() + (random.next() * 2 - 1) * TEN_YEARS_MS;
  return {
    date: fault('wrong Date', 'whole', async (exchange) => {
      const { status, headers, body } = await exchange.answer();
      const date = new Date(off()).toUTCString();
      exchange.send(encode({ status, headers: [...headers, ['Date', date]], body }));
    }),
    retryAfter: fault('429 by a wrong clock', 'whole', (exchange) => {
      const now = off();
      const date = (/** @type {number} */ ms) => new Date(ms).toUTCString();
      exchange.send(
        encode(
          json(429, { statusCode: 429, message: 'Too Many Requests' }, [
            ['Retry-After', date(now + random.pick([-60_000, 0, 1000]))],
            ['Date', date(now)],
          ]),
        ),
      );
    }),
  };
}
