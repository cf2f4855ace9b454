// (b) undici as in the first example of its documentation: request() with the global agent.
import { request } from 'undici';
import { perRecord } from './per-record.mjs';

/** @type {import('./index.mjs').Open} */
export function open({ baseUrl, apiKey }) {
  return perRecord(async (method, path, body) => {
    const answer = await request(baseUrl + path, {
      method: /** @type {import('undici').Dispatcher.HttpMethod} */ (method),
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (answer.statusCode > 299) {
      throw new Error(`${method} ${path} answered ${answer.statusCode}`);
    }
    return await answer.body.json();
  });
}
