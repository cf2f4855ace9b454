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
import { optionsToJson, readOptions, readSignal, requireKnown } from './options.js';
import { findNative } from './rest-client.js';
import { invalid, toJson } from './serialise.js';

const natives: WeakMap<object, SchemaService> = new WeakMap();

/** Names of `SchemaServiceOptions`. */
const OPTIONS = new Set(['fieldNames']);

/** Names of `SchemaCallOptions`. */
const CALL_OPTIONS = new Set(['signal']);

/** See `index.d.ts`. */
class TwentyCrmSchemaService {
  constructor(restClient: TwentyCrmRestClient, options?: SchemaServiceOptions) {
    const client = findNative(restClient);
    if (client === undefined) {
      throw invalid('restClient', 'restClient must be a TwentyCrmRestClient of twenty-crm-native');
    }
    requireKnown('TwentyCrmSchemaService', options, OPTIONS);
    const optionsJson = optionsToJson(readOptions('options', options ?? undefined, ['fieldNames']));
    natives.set(
      this,
      callNow(() => new native.SchemaService(client, optionsJson ?? '{}')),
    );
  }

  async plan(options?: SchemaCallOptions): Promise<SchemaPlan> {
    const site = callSite(TwentyCrmSchemaService.prototype.plan);
    const inner = of(this);
    requireKnown('plan', options, CALL_OPTIONS);
    const answer = await call((dispatcher, id) => inner.plan(dispatcher, id), readSignal(options));
    if (answer.ok) return JSON.parse(answer.text);
    throw errorAt(answer.error, site);
  }

  async apply(
    plan?: SchemaSelection | null,
    options?: SchemaCallOptions,
  ): Promise<SchemaApplyResult> {
    const site = callSite(TwentyCrmSchemaService.prototype.apply);
    const inner = of(this);
    requireKnown('apply', options, CALL_OPTIONS);
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
