import type {
  TwentyCrmConfigIssue as Issue,
  TwentyCrmConfigValidation,
  UpdateTwentyCrmConfigRequest,
} from '../../index.js';
import { withoutBlanks } from '../options.js';
import { isArray } from '../serialise.js';
import { hideKey } from './api-key.js';
import { isSyncMode, SYNC_MODE_VALUES } from './sync-mode.js';

const MIN_KEY_LENGTH = 10;
const PASTED = ['baseUrl', 'apiKey'];
/** Quotation marks of all kinds at either end, as in `src/core/http/pasted.rs`. */
const QUOTED = /^["'`´“”„‟‘’‚‛«»‹›＂＇「」『』<>]|["'`´“”„‟‘’‚‛«»‹›＂＇「」『』<>]\/*$/;
const RAW = 'without them (a .env file that is read raw keeps its quotes)';
/** The words that a request's header has before the key. */
const WITH_SCHEME = /^(?:authorization|bearer(?:[\s:=+%]|eyJ|$))/i;

/** The problem of each field; `undefined` if it is valid. Values accepted here are accepted by the REST client too. */
const rules: Record<string, (value: unknown) => string | undefined> = {
  baseUrl(value) {
    if (typeof value !== 'string' || value === '') return 'baseUrl is required';
    if (QUOTED.test(value)) return `baseUrl is in quotes: give the address ${RAW}`;
    const notUrl = 'baseUrl must be a URL, for example https://crm.example.com';
    if (!URL.canParse(value) || /[\s\\\p{Cc}]/u.test(value)) return notUrl;
    const { protocol, username, password } = new URL(value);
    if (protocol !== 'https:' && protocol !== 'http:') {
      return 'baseUrl must start with https:// or http://';
    }
    // Parsers accept missing or doubled slashes, but here they are more likely a typing mistake.
    if (!/^https?:\/\/[^/]/i.test(value)) return notUrl;
    if (username !== '' || password !== '' || /^[^/]*\/\/[^/]*@/.test(value)) {
      return 'baseUrl must not contain credentials: put the key into apiKey';
    }
    return /[?#]/.test(value) ? 'baseUrl must not have a query or a fragment' : undefined;
  },
  apiKey(value) {
    if (typeof value !== 'string' || value === '') return 'apiKey is required';
    if (QUOTED.test(value)) return `apiKey is in quotes: give the key ${RAW}`;
    if (WITH_SCHEME.test(value))
      return 'apiKey begins with the words of a header: give only the key';
    if (!/^[\x21-\x7e]*$/.test(value)) {
      return 'apiKey must not contain blanks, line breaks or non-ASCII characters: copy it again';
    }
    return value.length < MIN_KEY_LENGTH
      ? `apiKey must have at least ${MIN_KEY_LENGTH} characters`
      : undefined;
  },
  enabled: (value) => (typeof value === 'boolean' ? undefined : 'enabled must be true or false'),
  syncMode: (value) =>
    isSyncMode(value) ? undefined : `syncMode must be one of ${SYNC_MODE_VALUES.join(', ')}`,
};

/**
 * Checks a configuration from outside: `baseUrl` must be an http or https URL, `apiKey` at least 10 characters,
 * `enabled` a boolean, `syncMode` one of the three modes. Never throws. Returns all issues at once, at most one per
 * field. `data` has only these four fields; the URL and the key are trimmed.
 */
function validateTwentyCrmConfig(config: unknown): TwentyCrmConfigValidation {
  if (typeof config !== 'object' || config === null || isArray(config)) {
    return failure([{ path: [], message: 'the configuration must be an object' }]);
  }
  const issues: Issue[] = [];
  const data: Record<string, unknown> = {};
  for (const [field, rule] of Object.entries(rules)) {
    let message: string | undefined;
    try {
      // Read each value once: the value that was checked is the value that is returned.
      const value = (config as Record<string, unknown>)[field];
      data[field] = PASTED.includes(field) ? withoutBlanks(value) : value;
      message = rule(data[field]);
    } catch {
      message = `${field} cannot be read`;
    }
    if (message !== undefined) issues.push({ path: [field], message });
  }
  if (issues.length > 0) return failure(issues);
  return {
    success: true,
    data: hideKey(data as unknown as UpdateTwentyCrmConfigRequest),
  };
}

type Refusal = Extract<TwentyCrmConfigValidation, { success: false }>['error'];

function failure(issues: Issue[]): TwentyCrmConfigValidation {
  // Not enumerable: only the issues are copied, compared and printed.
  const error = Object.defineProperty({ issues }, 'flatten', { value: () => flatten(issues) });
  return { success: false, error: error as Refusal };
}

/** The issues by field, in the shape of Zod's errors. */
function flatten(issues: Issue[]) {
  const formErrors: string[] = [];
  const fieldErrors: Record<string, string[]> = {};
  for (const { path, message } of issues) {
    if (path.length === 0) formErrors.push(message);
    else fieldErrors[path[0]] = [message];
  }
  return { formErrors, fieldErrors };
}

export { validateTwentyCrmConfig };
