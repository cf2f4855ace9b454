import type { AbortSignalLike } from './abort-signal.js';
import type { TwentyCrmErrorReason } from './reasons.js';
import type { CaCertificates } from './rest-client.js';
import type { FieldNames } from './sync-service.js';
import type { TwentyCrmErrorCode } from './twenty-crm-errors.types.js';

/** Options of `testConnection` and `isReachable`. */
export interface ConnectionTestOptions {
  /** Milliseconds that the test may take; default 10000. */
  timeout?: number;
  /** Trusted certificate authorities in addition to the system's, as in the configuration of a client. */
  ca?: CaCertificates;
  /** Aborting closes the socket and rejects with the signal's reason. */
  signal?: AbortSignalLike;
}

/** Options of `diagnose`. */
export interface DiagnoseOptions {
  /** Names of the custom fields, as for the sync service. */
  fieldNames?: FieldNames;
  /** Aborting closes the sockets and rejects with the signal's reason. */
  signal?: AbortSignalLike;
}

/** The subject of a {@link DiagnosisFinding}. */
export type DiagnosisCheck =
  /** The form of base URL, key and options. */
  | 'config'
  /** Whether a server answers. */
  | 'reachable'
  /** Whether it is a Twenty server. */
  | 'twenty'
  /** Its version, if the server reports it, in `details.version`. */
  | 'version'
  /** Whether the server accepts the key. `details.expiresAtMs` is the key's expiry, read from the key itself. */
  | 'api_key'
  | 'read_people'
  | 'read_companies'
  /** Whether the key may write. Tested with changes of rows that do not exist, so nothing is written. */
  | 'write_people'
  | 'write_companies'
  /** Whether the key may read the data model, which is needed to know whether fields are unique. */
  | 'metadata'
  /** The custom fields; `details.plan` is a {@link SchemaPlan}. */
  | 'schema'
  /** Whether the rate limit was hit; if so, with `details.limit` and `details.windowMs`. */
  | 'rate_limit';

/** One result of a diagnosis. */
export interface DiagnosisFinding {
  /** The check that it belongs to. */
  check: DiagnosisCheck;
  /** `warning`: it works with a limitation, or the check was not possible. `error`: it does not work. */
  status: 'ok' | 'warning' | 'error';
  /** For people: the result. Never contains the key. */
  message: string;
  /** For people: what to do about it. */
  advice?: string;
  /** For programs: the error's code, its HTTP status and its reason, and further facts of the check. */
  details?: {
    /** Error class of the failure. */
    code?: TwentyCrmErrorCode;
    /** HTTP status, if the server answered. */
    status?: number;
    /** The reason as a constant, like `details.reason` of an error. */
    reason?: TwentyCrmErrorReason;
    [key: string]: unknown;
  };
}

/** The result of `diagnose`. */
export interface Diagnosis {
  /** Whether syncing works: no finding is an error. */
  ok: boolean;
  /** For people: all errors or, if there are none, all warnings, in a few sentences. */
  summary: string;
  /** In order of dependency. Checks that an earlier error makes pointless are left out. */
  findings: DiagnosisFinding[];
}
