// (a) Node's own fetch.
import { perRecord } from './per-record.mjs';

/** @type {import('./index.mjs').Open} */
export function open({ baseUrl, apiKey }) {
  return perRecord(async (method, path, body) => {
    const answer = await fetch(baseUrl + path, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}`);
    return await answer.json();
  });
}
