import type { AbortSignalLike } from './abort-signal.js';
import type { TwentyCrmErrorReason } from './reasons.js';
import type { CaCertificates } from './rest-client.js';
import type { FieldNames } from './sync-service.js';
import type { TwentyCrmErrorCode } from './twenty-crm-errors.types.js';

/** Options of `testConnection` and `isReachable`. */
export interface ConnectionTestOptions {
  /** Milliseconds that the test may take; 10000 when it is not given. */
  timeout?: number;
  /** Authorities that are trusted beside the system's, as in the configuration of a client. */
  ca?: CaCertificates;
  /** Aborting closes the socket and rejects with the signal's own reason. */
  signal?: AbortSignalLike;
}

/** Options of `diagnose`. */
export interface DiagnoseOptions {
  /** Names of the custom fields, as for the sync service. */
  fieldNames?: FieldNames;
  /** Aborting closes the sockets and rejects with the signal's own reason. */
  signal?: AbortSignalLike;
}

/** What a {@link DiagnosisFinding} is about. */
export type DiagnosisCheck =
  /** Base URL, key and options as such. */
  | 'config'
  /** Something answers. */
  | 'reachable'
  /** It is a Twenty server. */
  | 'twenty'
  /** Its version, as far as it says it: `details.version`. */
  | 'version'
  /** The server takes the key; `details.expiresAtMs` is when it ends, as the key itself says. */
  | 'api_key'
  | 'read_people'
  | 'read_companies'
  /** Found out with changes of rows that do not exist: nothing is written. */
  | 'write_people'
  | 'write_companies'
  /** The key may read the data model, which alone tells whether fields are unique. */
  | 'metadata'
  /** The custom fields; `details.plan` is a {@link SchemaPlan}. */
  | 'schema'
  /** Whether the rate limit was met, with `details.limit` and `details.windowMs` where it was. */
  | 'rate_limit';

/** One thing that a diagnosis found. */
export interface DiagnosisFinding {
  /** What was looked at. */
  check: DiagnosisCheck;
  /** `warning`: works, with a loss, or could not be found out. `error`: does not work. */
  status: 'ok' | 'warning' | 'error';
  /** For people: what was found. Never holds the key. */
  message: string;
  /** For people: what to do about it. */
  advice?: string;
  /** For programs: the error's code, its HTTP status and its reason, and what the check says. */
  details?: {
    /** Class of the failure. */
    code?: TwentyCrmErrorCode;
    /** HTTP status, where there was an answer. */
    status?: number;
    /** Why, as a constant, as `details.reason` of the error. */
    reason?: TwentyCrmErrorReason;
    [key: string]: unknown;
  };
}

/** What `diagnose` gives. */
export interface Diagnosis {
  /** Whether nothing is in the way of syncing: no finding is an error. */
  ok: boolean;
  /** All errors, else all warnings, in a few sentences for people. */
  summary: string;
  /** In the order in which things build on each other; what an error makes pointless to ask is not there. */
  findings: DiagnosisFinding[];
}
