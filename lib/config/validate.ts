import type {
  TwentyCrmConfigIssue as Issue,
  TwentyCrmConfigValidation,
  TwentyCrmSyncMode,
  UpdateTwentyCrmConfigRequest,
} from '../../index.js';
import { withoutBlanks } from '../options.js';
import { isArray } from '../serialise.js';
import { hideKey } from './api-key.js';

const MIN_KEY_LENGTH = 10;
const PASTED = ['baseUrl', 'apiKey'];
/** Quotes of all kinds at either end, as `src/core/http/pasted.rs` has them. */
const QUOTED = /^["'`´“”„‟‘’‚‛«»‹›＂＇「」『』<>]|["'`´“”„‟‘’‚‛«»‹›＂＇「」『』<>]\/*$/;
const RAW = 'without them (a .env file that is read raw keeps its quotes)';
/** What a request puts before the key. */
const WITH_SCHEME = /^(?:authorization|bearer(?:[\s:=+%]|eyJ|$))/i;
/** The three modes, as the template's form lists them. */
const SYNC_MODE_VALUES: readonly ['disabled', 'platform', 'direct_crm'] = Object.freeze([
  'disabled',
  'platform',
  'direct_crm',
] as const);

const isSyncMode = (value: unknown): value is TwentyCrmSyncMode =>
  SYNC_MODE_VALUES.includes(value as TwentyCrmSyncMode);

/** What is wrong with each field; `undefined` where nothing is. What passes here passes the REST client too. */
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
    // Parsers forgive missing or doubled slashes; what somebody typed that way is more likely a slip.
    if (!/^https?:\/\/[^/]/i.test(value)) return notUrl;
    if (username !== '' || password !== '' || /^[^/]*\/\/[^/]*@/.test(value)) {
      return 'baseUrl must not hold credentials: they belong into apiKey';
    }
    return /[?#]/.test(value) ? 'baseUrl must not have a query or a fragment' : undefined;
  },
  apiKey(value) {
    if (typeof value !== 'string' || value === '') return 'apiKey is required';
    if (QUOTED.test(value)) return `apiKey is in quotes: give the key ${RAW}`;
    if (WITH_SCHEME.test(value))
      return 'apiKey begins with the words of a header: give the key alone';
    if (!/^[\x21-\x7e]*$/.test(value)) {
      return 'apiKey must not have blanks, line breaks or non-ASCII characters: copy it again';
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
 * Checks a configuration from outside: `baseUrl` an http or https URL, `apiKey` at least 10 characters, `enabled` a
 * boolean, `syncMode` one of the three. Never throws; gives at most one issue per field, all of them at once. `data`
 * has these four fields and no others, the URL and the key without blanks and line breaks at their ends.
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
      // Read once: what was checked is what is handed on.
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
  // Not enumerable: the issues are all that there is to copy, compare and print.
  const error = Object.defineProperty({ issues }, 'flatten', { value: () => flatten(issues) });
  return { success: false, error: error as Refusal };
}

/** The same by field, as Zod's errors have it. */
function flatten(issues: Issue[]) {
  const formErrors: string[] = [];
  const fieldErrors: Record<string, string[]> = {};
  for (const { path, message } of issues) {
    if (path.length === 0) formErrors.push(message);
    else fieldErrors[path[0]] = [message];
  }
  return { formErrors, fieldErrors };
}

export { isSyncMode, SYNC_MODE_VALUES, validateTwentyCrmConfig };
