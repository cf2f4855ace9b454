'use strict';

const native = require('./native.js');
const { call, thrownError } = require('./dispatcher.js');
const { TwentyCrmApiError } = require('./errors.js');
const { nativeOf } = require('./rest-client.js');
const { invalid, toJson } = require('./serialise.js');

/** @typedef {import('../index.js').SchemaCallOptions} SchemaCallOptions */

/** @type {WeakMap<object, import('../native.js').SchemaService>} */
const natives = new WeakMap();

/** See `index.d.ts`. */
class TwentyCrmSchemaService {
  /**
   * @param {import('../index.js').TwentyCrmRestClient} restClient
   * @param {import('../index.js').SchemaServiceOptions} [options]
   */
  constructor(restClient, options) {
    if (options !== undefined && (typeof options !== 'object' || options === null)) {
      throw invalid('options', 'options must be an object', undefined);
    }
    const client = nativeOf(restClient);
    const { fieldNames } = options ?? {};
    try {
      natives.set(
        this,
        new native.SchemaService(client, toJson('options', { fieldNames }) ?? '{}'),
      );
    } catch (error) {
      throw error instanceof TwentyCrmApiError ? error : new TwentyCrmApiError(thrownError(error));
    }
  }

  /** @param {SchemaCallOptions} [options] */
  async plan(options) {
    const inner = of(this);
    return result(
      await call(
        (dispatcher, id, cancellable) => inner.plan(dispatcher, id, cancellable),
        options?.signal,
      ),
    );
  }

  /**
   * @param {import('../index.js').SchemaSelection | null} [plan]
   * @param {SchemaCallOptions} [options]
   */
  async apply(plan, options) {
    const inner = of(this);
    const planJson = toJson('plan', plan);
    return result(
      await call(
        (dispatcher, id, cancellable) => inner.apply(dispatcher, id, cancellable, planJson),
        options?.signal,
      ),
    );
  }
}

/**
 * @param {object} service
 * @returns {import('../native.js').SchemaService}
 */
function of(service) {
  const found = natives.get(service);
  if (found === undefined) throw new TypeError('not a TwentyCrmSchemaService');
  return found;
}

/** @param {import('./dispatcher.js').Answer} answer */
function result(answer) {
  if (answer.ok) return JSON.parse(answer.text);
  throw new TwentyCrmApiError(answer.error);
}

module.exports = { TwentyCrmSchemaService };
