import {
  createTwentyCrmSyncServiceFromEnv,
  isTwentyCrmError,
  type TwentyCrmSyncService,
  type TwentyWebhookEvent,
  verifyTwentyWebhook,
} from 'twenty-crm-native';

// The addon needs Node.js: the edge runtime has no addons.
export const runtime = 'nodejs';

// Created by the first request, so that `next build` needs no environment. Pass it the mapping store of the service that
// writes, so that the store forgets outdated rows too.
let crm: TwentyCrmSyncService | undefined;

export async function POST(request: Request): Promise<Response> {
  let event: TwentyWebhookEvent;
  try {
    event = verifyTwentyWebhook({
      // Two secrets, separated by a comma, while you replace one with the other.
      secret: (process.env.TWENTY_WEBHOOK_SECRET ?? '').split(','),
      headers: request.headers,
      // The signature covers the bytes as they arrived: use text(), never json().
      rawBody: await request.text(),
    });
  } catch (error) {
    if (!isTwentyCrmError(error)) throw error;
    // The log says what is wrong. The sender only learns that the request was refused.
    console.warn(error.message);
    return new Response(null, { status: error.status ?? 500 });
  }

  crm ??= createTwentyCrmSyncServiceFromEnv();
  const { action, reason, storeFailed } = await crm.applyWebhook(event);
  // Twenty ignores the answer and never repeats a delivery. A relay in between may repeat it after a 503.
  return Response.json({ action, reason }, { status: storeFailed ? 503 : 200 });
}
