import type {
  SchemaApplyResult,
  SchemaCallOptions,
  SchemaPlan,
  SchemaSelection,
  SchemaServiceOptions,
  TwentyCrmRestClient,
} from '../index.js';
import type { SchemaService } from '../native.js';
import { call, callNow } from './dispatcher.js';
import { callSite, errorAt } from './errors.js';
import { native } from './native.js';
import { optionSchema } from './option-schema.js';
import { optionsToJson, readOptions, readSignal, requireKnown } from './options.js';
import { findNative } from './rest-client.js';
import { invalid, toJson } from './serialise.js';

const natives: WeakMap<object, SchemaService> = new WeakMap();

/** Names of `SchemaServiceOptions`. */
const OPTIONS = optionSchema<SchemaServiceOptions>({ fieldNames: 'core' });

/** Names of `SchemaCallOptions`. */
const CALL_OPTIONS = optionSchema<SchemaCallOptions>({ signal: 'here' });

/**
 * Checks and creates the custom fields of a workspace. Services with the same server and key use new fields at once.
 */
class TwentyCrmSchemaService {
  /** @throws {TwentyCrmApiError} `VALIDATION_ERROR` if an option is not valid; `details.field` names it. */
  constructor(restClient: TwentyCrmRestClient, options?: SchemaServiceOptions) {
    const client = findNative(restClient);
    if (client === undefined) {
      throw invalid('restClient', 'restClient must be a TwentyCrmRestClient of twenty-crm-native');
    }
    requireKnown('TwentyCrmSchemaService', options, OPTIONS.known);
    const optionsJson = optionsToJson(readOptions('options', options ?? undefined, OPTIONS.core));
    natives.set(
      this,
      callNow(() => new native.SchemaService(client, optionsJson ?? '{}')),
    );
  }

  /**
   * Reads the workspace's fields from the server and compares them with the fields that this package needs. Changes
   * nothing. A key without the right to read metadata sees the fields, but not whether they are unique.
   */
  async plan(options?: SchemaCallOptions): Promise<SchemaPlan> {
    const site = callSite(TwentyCrmSchemaService.prototype.plan);
    const inner = of(this);
    requireKnown('plan', options, CALL_OPTIONS.known);
    const answer = await call((dispatcher, id) => inner.plan(dispatcher, id), readSignal(options));
    if (answer.ok) return JSON.parse(answer.text);
    throw errorAt(answer.error, site);
  }

  /**
   * Creates missing fields, and makes an `externalId` field unique if it is not. All other conflicts need a human. A
   * failure of one field does not keep the others from being tried. Safe to repeat, and to run in several processes at
   * once: a field that another process created counts as present.
   *
   * @param plan Restricts it to these entries of `missing` and `conflicting`; everything if not given.
   * @throws {TwentyCrmApiError} `AUTH_ERROR` if a change is needed and the key may not change the data model. The
   * message says what to grant, `details.needed` lists the fields, and `details.created` lists what was done before the
   * refusal.
   */
  async apply(
    plan?: SchemaSelection | null,
    options?: SchemaCallOptions,
  ): Promise<SchemaApplyResult> {
    const site = callSite(TwentyCrmSchemaService.prototype.apply);
    const inner = of(this);
    requireKnown('apply', options, CALL_OPTIONS.known);
    const planJson = toJson('plan', plan);
    const answer = await call(
      (dispatcher, id) => inner.apply(dispatcher, id, planJson),
      readSignal(options),
    );
    if (answer.ok) return JSON.parse(answer.text);
    throw errorAt(answer.error, site);
  }
}

function of(service: object) {
  const found = natives.get(service);
  if (found === undefined) throw new TypeError('not a TwentyCrmSchemaService');
  return found;
}

export { TwentyCrmSchemaService };
