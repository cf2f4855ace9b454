'use strict';

const native = require('./native.js');
const { call, callNow } = require('./dispatcher.js');
const { callSite, errorAt } = require('./errors.js');
const { optionsToJson, readOptions, readSignal, requireKnown } = require('./options.js');
const { findNative } = require('./rest-client.js');
const { invalid, toJson } = require('./serialise.js');

/** @typedef {import('../index.js').SchemaCallOptions} SchemaCallOptions */

/** @type {WeakMap<object, import('../native.js').SchemaService>} */
const natives = new WeakMap();

/** Names of `SchemaServiceOptions`. */
const OPTIONS = new Set(['fieldNames']);

/** Names of `SchemaCallOptions`. */
const CALL_OPTIONS = new Set(['signal']);

/** See `index.d.ts`. */
class TwentyCrmSchemaService {
  /**
   * @param {import('../index.js').TwentyCrmRestClient} restClient
   * @param {import('../index.js').SchemaServiceOptions} [options]
   */
  constructor(restClient, options) {
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

  /** @param {SchemaCallOptions} [options] */
  async plan(options) {
    const site = callSite(TwentyCrmSchemaService.prototype.plan);
    const inner = of(this);
    requireKnown('plan', options, CALL_OPTIONS);
    const answer = await call((dispatcher, id) => inner.plan(dispatcher, id), readSignal(options));
    if (answer.ok) return JSON.parse(answer.text);
    throw errorAt(answer.error, site);
  }

  /**
   * @param {import('../index.js').SchemaSelection | null} [plan]
   * @param {SchemaCallOptions} [options]
   */
  async apply(plan, options) {
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

/**
 * @param {object} service
 */
function of(service) {
  const found = natives.get(service);
  if (found === undefined) throw new TypeError('not a TwentyCrmSchemaService');
  return found;
}

module.exports = { TwentyCrmSchemaService };
