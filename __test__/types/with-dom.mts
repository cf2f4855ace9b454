// With the browser's types instead, as a Next.js project has them. Compiled, never run.
import { TwentyCrmRestClient } from 'twenty-crm-native';

export async function withDom(signal: AbortSignal) {
  const client = new TwentyCrmRestClient({ baseUrl: 'https://crm.example.com', apiKey: 'key' });
  return client.get('/rest/people', { signal });
}
