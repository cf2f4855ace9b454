import type {
  UpsertCallOptions as CallOptions,
  CompanyInput,
  DeleteOptions,
  DeletePayload,
  DeleteResult,
  TwentyCrmSyncMode as Mode,
  PersonInput,
  SyncWarning,
  UpsertResult,
} from '../index.js';
import type { UnsentService } from '../native.js';
import { unlessAborted } from './abort.js';
import { call, callNow } from './dispatcher.js';
import { apiError, TwentyCrmErrorCode } from './errors.js';
import { optionsToJson, readOptions, readSignal } from './options.js';
import { createEvent } from './platform-events.js';
import { ENTITIES, invalid, keyToJson, recordToJson } from './serialise.js';

/** What a service that sends nothing to Twenty does instead. */
export interface Elsewhere {
  mode: Mode;
  upsert: <T>(
    kind: number,
    input: unknown,
    options: CallOptions | null | undefined,
  ) => Promise<UpsertResult<T>>;
  remove: (
    kind: number,
    externalId: unknown,
    options: DeleteOptions | null | undefined,
  ) => Promise<DeleteResult>;
}

/** A record as the core would write it. */
interface Normalised {
  id: string;
  data: PersonInput | CompanyInput;
  flat?: unknown;
}

interface ElsewhereOptions {
  mode: Mode;
  native: UnsentService;
  publish: unknown;
  mappingStore: object | undefined;
  namespace: string | undefined;
  warn: (warning: SyncWarning) => void;
}

function createElsewhere(service: ElsewhereOptions): Elsewhere {
  const { native, mode, publish, mappingStore, namespace } = service;
  if (mode === 'disabled') {
    const refuse = async () => {
      throw cannot(mode);
    };
    return { mode, upsert: refuse, remove: refuse };
  }
  if (typeof publish !== 'function') {
    throw invalid(
      'publish',
      'publish must be a function: in platform mode it receives every change',
    );
  }
  return {
    mode,
    async upsert<T>(
      kind: number,
      input: unknown,
      options: CallOptions | null | undefined,
    ): Promise<UpsertResult<T>> {
      const signal = readSignal(options);
      const { useCache } = readOptions('options', options ?? undefined, ['useCache']);
      if (signal?.aborted) throw signal.reason;
      const entity = ENTITIES[kind];
      const text = callNow(() => native.normalise(kind, recordToJson(entity, input)));
      const { id, data, flat }: Normalised = JSON.parse(text);
      const event = createEvent(entity, 'upsert', { ...data }, namespace);
      // There is no await before this, so that events are published in call order.
      const published = publish(event);
      const isMapped = mappingStore !== undefined && useCache !== false;
      const known = isMapped ? findMapped(service, kind, data.external_id) : undefined;
      await unlessAborted(published, signal);
      return {
        id: (await unlessAborted(known, signal)) ?? id,
        externalId: data.external_id,
        created: false,
        updated: false,
        data: (flat ?? data) as T,
      };
    },
    async remove(kind, externalId, options) {
      const signal = readSignal(options);
      const optionsJson = optionsToJson(readOptions('options', options ?? undefined, ['mode']));
      if (signal?.aborted) throw signal.reason;
      const text = callNow(() => native.normaliseDeletion(keyToJson(externalId), optionsJson));
      const payload: DeletePayload = JSON.parse(text);
      const { external_id, mode: how } = payload;
      await unlessAborted(
        publish(createEvent(ENTITIES[kind], 'delete', payload, namespace)),
        signal,
      );
      return { externalId: external_id, deleted: false, mode: how, ids: [], reason: 'published' };
    },
  };
}

async function findMapped(
  { native, warn }: ElsewhereOptions,
  kind: number,
  externalId: string,
): Promise<string | undefined> {
  const answer = await call(
    (dispatcher, id) => native.mappedId(dispatcher, id, kind, externalId),
    undefined,
  );
  const { id, warning }: { id: string | null; warning: SyncWarning | null } = answer.ok
    ? JSON.parse(answer.text)
    : { id: null, warning: null };
  if (warning !== null) warn(warning);
  return id ?? undefined;
}

function cannot(mode: Mode) {
  const [reason, message] =
    mode === 'disabled'
      ? [
          'DISABLED',
          'the CRM sync is disabled, so nothing was sent. To enable it, set the option mode, or TWENTY_CRM_ENABLED and TWENTY_CRM_SYNC_MODE',
        ]
      : [
          'MODE',
          'a service in platform mode sends nothing to Twenty: use a service in direct_crm mode',
        ];
  return apiError(TwentyCrmErrorCode.OPERATION_FAILED, message, {
    isRetryable: false,
    details: { reason, mode },
  });
}

export { cannot, createElsewhere };
