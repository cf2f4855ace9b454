import type {
  ApplyWebhookOptions,
  ApplyWebhookResult,
  SyncServiceOptions,
  TwentyWebhookEvent,
} from '../../index.js';
import type { SyncService } from '../../native.js';
import { TWENTY_CRM_DEFAULTS } from '../defaults.js';
import { call } from '../dispatcher.js';
import { optionSchema } from '../option-schema.js';
import { readSignal } from '../options.js';
import { describe, invalid } from '../serialise.js';
import { problemOf } from './verify.js';

const OPTIONS = optionSchema<ApplyWebhookOptions>({ signal: 'here' });

/**
 * Starts processing a webhook event.
 * @param optionsJson the service's own options
 */
function startApply(native: SyncService, event: unknown, optionsJson: string, options: unknown) {
  const { fieldNames }: Pick<SyncServiceOptions, 'fieldNames'> = JSON.parse(optionsJson);
  const eventJson = toEventJson(event, fieldNames?.externalId);
  return call(
    (dispatcher, id) => native.applyWebhook(dispatcher, id, eventJson),
    readSignal(options),
  );
}

/** @param externalId the field that holds external ids */
function toEventJson(
  event: unknown,
  externalId: string = TWENTY_CRM_DEFAULTS.fieldNames.externalId,
) {
  let problem: string | undefined;
  try {
    problem = problemOf(event);
    if (problem === undefined) {
      const { eventName, objectMetadata, workspaceId, record, updatedFields } =
        event as TwentyWebhookEvent;
      const kept: Record<string, unknown> = {};
      for (const name of ['id', 'updatedAt', 'deletedAt', externalId]) {
        if (Object.hasOwn(record, name)) kept[name] = record[name];
      }
      return JSON.stringify({
        eventName,
        objectMetadata: { nameSingular: objectMetadata.nameSingular },
        workspaceId: typeof workspaceId === 'string' ? workspaceId : undefined,
        record: kept,
        updatedFields,
      });
    }
  } catch (cause) {
    throw invalid('event', `event cannot be read: ${describe(cause)}`, cause);
  }
  throw invalid('event', `event must be one that verifyTwentyWebhook returned: ${problem}`);
}

function ignoreInMode(event: unknown): ApplyWebhookResult {
  const { record, objectMetadata }: TwentyWebhookEvent = JSON.parse(toEventJson(event));
  const { nameSingular } = objectMetadata;
  return {
    action: 'ignored',
    reason: 'mode',
    objectType: nameSingular === 'person' || nameSingular === 'company' ? nameSingular : null,
    crmId: record.id,
    externalId: null,
    externalIds: [],
    storeFailed: false,
  };
}

export { ignoreInMode, OPTIONS, startApply };
