import {
  createTwentyCrmSyncServiceFromEnv,
  isTwentyCrmError,
  type TwentyCrmSyncService,
  type TwentyWebhookEvent,
  verifyTwentyWebhook,
} from 'twenty-crm-native';

// The addon needs Node.js: the edge runtime has no addons.
export const runtime = 'nodejs';

// Made by the first request, so that `next build` needs no environment. Give it the mapping store of the service that
// writes: what an event forgets is forgotten there, too.
let crm: TwentyCrmSyncService | undefined;

export async function POST(request: Request): Promise<Response> {
  let event: TwentyWebhookEvent;
  try {
    event = verifyTwentyWebhook({
      // A comma between two secrets while one takes the other's place.
      secret: (process.env.TWENTY_WEBHOOK_SECRET ?? '').split(','),
      headers: request.headers,
      // The signature is over the bytes as they came in: text(), never json().
      rawBody: await request.text(),
    });
  } catch (error) {
    if (!isTwentyCrmError(error)) throw error;
    // What is wrong is for the log. A stranger is told that it is wrong, and no more.
    console.warn(error.message);
    return new Response(null, { status: error.status ?? 500 });
  }

  crm ??= createTwentyCrmSyncServiceFromEnv();
  const { action, reason, storeFailed } = await crm.applyWebhook(event);
  // Twenty does not look at the answer and sends nothing twice. A relay in between may: it should, after this.
  return Response.json({ action, reason }, { status: storeFailed ? 503 : 200 });
}
