import type {
  ConnectionTestOptions,
  DiagnoseOptions,
  Diagnosis,
  TwentyCrmError,
  TwentyCrmRestClientConfig,
  TwentyCrmTestConnectionResult,
} from '../index.js';
import { readCa } from './ca.js';
import { call } from './dispatcher.js';
import { isApiError } from './errors.js';
import { native } from './native.js';
import { optionSchema } from './option-schema.js';
import { optionsToJson, readOptions, readSignal, requireKnown } from './options.js';
import { configToJson } from './rest-client.js';

/** Names of `ConnectionTestOptions`. */
const TEST_OPTIONS = optionSchema<ConnectionTestOptions>({
  timeout: 'core',
  ca: 'core',
  signal: 'here',
});

/** Names of `DiagnoseOptions`. */
const DIAGNOSE_OPTIONS = optionSchema<DiagnoseOptions>({ fieldNames: 'core', signal: 'here' });

/** Checks a server and a key before they are configured. */
class TwentyCrmApiService {
  /**
   * Sends a request that needs the key. `ok`, `message` and `details` report what was found. Never rejects because of
   * the server or the network; rejects only with the signal's reason when the signal aborts.
   */
  async testConnection(
    baseUrl: string,
    apiKey: string,
    options?: ConnectionTestOptions,
  ): Promise<TwentyCrmTestConnectionResult> {
    const json = testOptionsToJson('testConnection', options);
    const answer = await call(
      (dispatcher, id) => native.testConnection(dispatcher, id, text(baseUrl), text(apiKey), json),
      readSignal(options),
    );
    if (answer.ok) return JSON.parse(answer.text);
    const { code, message } = answer.error;
    return { ok: false, latencyMs: 0, message, details: { error: code } };
  }

  /**
   * Whether a server answers at this URL. Needs no key. Rejects only when the signal aborts, with the signal's reason.
   */
  async isReachable(baseUrl: string, options?: ConnectionTestOptions): Promise<boolean> {
    const json = testOptionsToJson('isReachable', options);
    const answer = await call(
      (dispatcher, id) => native.isReachable(dispatcher, id, text(baseUrl), json),
      readSignal(options),
    );
    return answer.ok && answer.text === 'true';
  }

  /**
   * Checks everything that syncing needs, and says how to fix each problem. Changes nothing in the CRM. Takes at most
   * about twice the configuration's `timeout`. Never rejects because of the configuration, the server or the network;
   * rejects only with the signal's reason when the signal aborts.
   */
  async diagnose(config: TwentyCrmRestClientConfig, options?: DiagnoseOptions): Promise<Diagnosis> {
    const signal = readSignal(options);
    let configJson: string;
    let optionsJson: string | undefined;
    try {
      requireKnown('diagnose', options, DIAGNOSE_OPTIONS.known);
      configJson = configToJson(config);
      optionsJson = optionsToJson(
        readOptions('options', options ?? undefined, DIAGNOSE_OPTIONS.core),
      );
    } catch (error) {
      return unreadable(error);
    }
    const answer = await call(
      (dispatcher, id) => native.diagnose(dispatcher, id, configJson, optionsJson),
      signal,
    );
    return answer.ok ? JSON.parse(answer.text) : unreadable(answer.error);
  }
}

/** @param method the public method's name, for error messages */
function testOptionsToJson(method: string, options: unknown) {
  requireKnown(method, options, TEST_OPTIONS.known);
  const values = readOptions('options', options ?? undefined, TEST_OPTIONS.core);
  if (values.ca !== undefined && values.ca !== null) values.ca = readCa(values.ca);
  return optionsToJson(values);
}

function unreadable(error: unknown): Diagnosis {
  const { message, code, details } = error as TwentyCrmError;
  const field = isApiError(error) ? details?.field : undefined;
  const facts = { code, ...(field !== undefined && { field }) };
  return {
    ok: false,
    summary: `It does not work: ${message}.`,
    findings: [{ check: 'config', status: 'error', message, details: facts }],
  };
}

/** Anything but a string becomes an empty one, which the core refuses with a message. */
const text = (value: unknown) => (typeof value === 'string' ? value.trim() : '');

export { TwentyCrmApiService };
