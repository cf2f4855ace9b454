// With the browser's types instead, as in a Next.js project. Compiled, never run.
import { TwentyCrmRestClient, verifyTwentyWebhook } from 'twenty-crm-native';

export async function withDom(signal: AbortSignal) {
  const client = new TwentyCrmRestClient({ baseUrl: 'https://crm.example.com', apiKey: 'key' });
  return client.get('/rest/people', { signal });
}

export async function verifyWithDom(request: Request) {
  return verifyTwentyWebhook({
    secret: 's',
    headers: request.headers,
    rawBody: await request.arrayBuffer(),
  });
}
