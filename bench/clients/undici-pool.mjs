// (b) undici at its fastest: a pool of connections to the server, and paths instead of URLs.
import { Pool } from 'undici';
import { perRecord } from './per-record.mjs';

/** As many as the requests in flight in the benchmark of single requests. */
const CONNECTIONS = 64;

/** @type {import('./index.mjs').Open} */
export function open({ baseUrl, apiKey }) {
  const pool = new Pool(baseUrl, { connections: CONNECTIONS });
  return perRecord(async (method, path, body) => {
    const answer = await pool.request({
      method: /** @type {import('undici').Dispatcher.HttpMethod} */ (method),
      path,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (answer.statusCode > 299) {
      throw new Error(`${method} ${path} answered ${answer.statusCode}`);
    }
    return await answer.body.json();
  });
}
