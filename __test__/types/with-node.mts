// With @types/node: Node's own signals and `await using`. Compiled, never run.
import type { IncomingMessage } from 'node:http';
import {
  createTwentyCrmSyncService,
  TwentyCrmRestClient,
  verifyTwentyWebhook,
} from 'twenty-crm-native';

const config = { baseUrl: 'https://crm.example.com', apiKey: process.env.TWENTY_CRM_API_KEY ?? '' };
const person = { external_id: 'client-1', name: 'Jane Smith', email: 'jane@example.com' };

export async function withNode() {
  await using client = new TwentyCrmRestClient(config);
  const disposable: AsyncDisposable = client;
  await client.get('/rest/people', { signal: AbortSignal.timeout(1_000) });
  const { signal } = new AbortController();
  await createTwentyCrmSyncService(config).upsertPerson(person, { signal });
  return disposable;
}

export function verifyWithNode({ headers, rawHeaders }: IncomingMessage, rawBody: Buffer) {
  verifyTwentyWebhook({ secret: 's', headers: rawHeaders, rawBody });
  return verifyTwentyWebhook({ secret: 's', headers, rawBody });
}
