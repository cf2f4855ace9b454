/** What {@link startTwentySim} can be told. Everything has a default. */
export interface TwentySimOptions {
  /**
   * What the workspace starts with. `provisioned` (the default): the custom fields that twenty-crm-native writes, no
   * rows. `fresh`: standard fields only. `dev`: standard fields, and a few rows.
   */
  preset?: 'provisioned' | 'fresh' | 'dev' | undefined;
  /** The version of Twenty that is imitated; `2.21` by default. 2.21 and 2.31 were recorded, 2.47 was read in its source. */
  flavour?: '2.21' | '2.31' | '2.47' | undefined;
  /** Rows to start with, see {@link TwentySimControl.seed}. */
  seed?: Record<string, object[]> | undefined;
  /** Faults to start with, see {@link TwentySimControl.addFaults}. */
  faults?: TwentySimFault | TwentySimFault[] | undefined;
  /**
   * `none` (the default); `default`: the server's own limits, 100 calls per second and 100 per minute; or calls per
   * milliseconds such as `100/60000`, two of them with a comma (`10/1000,100/60000`). `100/60000/20` has a bucket of 20.
   */
  rateLimit?: string | undefined;
  /** Milliseconds that are added to every answer; 0 by default. */
  latencyMs?: number | undefined;
  /** Port on 127.0.0.1; by default, and with 0, the system chooses a free one. */
  port?: number | undefined;
  /** Format of the answers of `/rest/metadata`; `legacy` by default. */
  metadataFormat?: 'legacy' | 'new' | undefined;
  /** What happens to the parts of phones and links that a write leaves out; `wiped` by default, as a real server does. */
  unsentSubfields?: 'wiped' | 'kept' | undefined;
  /** On 2.47: whether a 429 tells kind, scope and wait; true by default. */
  toldLimits?: boolean | undefined;
  /** On 2.47: records that the workspace may hold, 409 above; unlimited by default. */
  recordLimit?: number | undefined;
  /** On 2.47: whether every write is refused with 402; false by default. */
  allowanceExhausted?: boolean | undefined;
  /** On 2.47: whether webhooks above 60 in 60 seconds are dropped; false by default. */
  webhookLimit?: boolean | undefined;
  /** Chance from 0 to 1 that one of two simultaneous upserts of a new record is refused; 0.25 by default. */
  upsertRace?: number | undefined;
  /** Microseconds per record of an insert, an update and a look-up; `0,0,0` by default. */
  serviceTimes?: string | undefined;
  /** Milliseconds after which an idle connection is closed; 65,000 by default. */
  keepAliveMs?: number | undefined;
  /** How many requests {@link TwentySimControl.log} keeps; 1,000 by default. */
  logSize?: number | undefined;
  /** Seed of ids, keys and chances; 1 by default. */
  rngSeed?: number | undefined;
  /** Further variables of its process's environment. */
  env?: Record<string, string> | undefined;
}

/** What happens to a request; milliseconds everywhere. */
export type TwentySimFaultAction =
  /** This answer; the request is carried out only with `process`. */
  | {
      type: 'status';
      status: number;
      body?: unknown;
      contentType?: string;
      headers?: [name: string, value: string][];
      process?: boolean;
    }
  /** The answer that Twenty gives without its database. */
  | { type: 'databaseDown' }
  /** Twenty loses its database during the write; the rows exist only with `process`. */
  | { type: 'connectionCut'; process?: boolean }
  /** 429 in Twenty's words. */
  | { type: 'rateLimited'; retryAfter?: string; retryAfterDateMs?: number; ttlMs?: number }
  /** The connection is reset: before the request is carried out, after it, or in the middle of the answer. */
  | { type: 'resetBefore' | 'resetAfter' | 'resetMidBody' }
  /** Half of the answer, and a regular end of the connection. */
  | { type: 'truncateBody' }
  /** Carried out, but nothing or only half of the answer comes for `ms`; without `ms`, for ever. */
  | { type: 'stallHeaders' | 'stallBody'; ms?: number }
  /** The answer comes in small pieces. */
  | { type: 'slowBody'; chunkBytes: number; intervalMs: number }
  /** The answer comes later. */
  | { type: 'delay'; ms: number }
  | { type: 'redirect'; status: number; location: string }
  /** 200 with a page of the web app, as at a wrong address. */
  | { type: 'html' }
  /** Answered, then the connection is closed without notice. */
  | { type: 'closeAfter' };

/** Which requests go wrong, how often, and how. Of several rules that fit, the first one acts. */
export interface TwentySimFault {
  /** Any method without. */
  method?: string;
  /** What the path starts with; any path without. */
  path?: string;
  /** A text in the body. */
  bodyContains?: string;
  /** Only the nth request that fits, from 1. */
  nth?: number;
  /** How often; without limit by default, once with `nth`. */
  times?: number;
  /** Chance from 0 to 1 that a request that fits is hit; 1 by default. */
  probability?: number;
  action: TwentySimFaultAction;
}

/** `limit` calls in `ttlMs` milliseconds; `burst` is the size of the bucket where it is another one (2.47). */
export interface TwentySimLimit {
  limit: number;
  ttlMs: number;
  burst?: number;
}

/** What can be changed while the simulator runs. What is left out stays. */
export interface TwentySimChanges {
  flavour?: '2.21' | '2.31' | '2.47';
  latencyMs?: number;
  /** Whole: a bucket that is left out is switched off. */
  rateLimits?: { short?: TwentySimLimit | null; long?: TwentySimLimit | null };
  /** Whether every request that needs the database fails. */
  databaseDown?: boolean;
  /** Custom fields that appear, as if somebody made them in Twenty. `object` is a plural: `people`. */
  addFields?: {
    object: string;
    name: string;
    type: string;
    isUnique?: boolean;
    options?: string[];
  }[];
  removeFields?: { object: string; name: string }[];
  metadataFormat?: 'legacy' | 'new';
  unsentSubfields?: 'wiped' | 'kept';
  toldLimits?: boolean;
  /** null lifts it. */
  recordLimit?: number | null;
  allowanceExhausted?: boolean;
  webhookLimit?: boolean;
  upsertRaceProbability?: number;
  /** Whether webhooks go to addresses of this machine; true by default. They never go to others. */
  deliverWebhooksToLoopback?: boolean;
  keepAliveMs?: number;
  serviceTimes?: { insertUs?: number; updateUs?: number; lookupUs?: number };
}

/** A request that the simulator got. */
export interface TwentySimRequest {
  /** Running number, from 1. */
  n: number;
  /** Milliseconds since 1970, on the simulator's clock. */
  atMs: number;
  method: string;
  /** Path and query as they were sent. */
  path: string;
  /** Of the answer; 0 where a fault cut the connection. */
  status: number;
  /** The usual ones; of `authorization` only the scheme. */
  headers: Record<string, string>;
  /** As text. */
  body: string;
}

export interface TwentySimStats {
  /** Requests. */
  total: number;
  /** Requests by method and route; ids are `:id`. */
  routes: Record<string, number>;
  /** Requests by status; 0 where a fault cut the connection. */
  statuses: Record<string, number>;
  /** Rate-limit tokens that were taken. */
  tokens: number;
  /** Requests that were answered with 429. */
  rateLimited: number;
  connectionsOpened: number;
  connectionsOpen: number;
  /** Most requests at the same time. */
  maxInFlight: number;
  /** Rows by object, without deleted ones. */
  records: Record<string, number>;
}

/** A webhook as Twenty shows it. */
export interface TwentySimWebhook {
  id: string;
  targetUrl: string;
  operations: string[];
  secret: string;
}

/** Looks into a running simulator and steers it. Nothing of this needs a key, or counts as a request. */
export interface TwentySimControl {
  /** All rows of an object as they are stored, deleted ones included. `plural` is `people`, `companies`, … */
  // biome-ignore lint/suspicious/noExplicitAny: rows have whatever fields the workspace has.
  records(plural: string): Promise<any[]>;
  /** Adds rows as they are stored, `{ people: [{ … }] }`; ids and timestamps that are left out are filled in. Gives their number. */
  seed(rows: Record<string, object[]>): Promise<number>;
  /** The last requests, oldest first. */
  log(): Promise<TwentySimRequest[]>;
  /** Counters since the start or the last {@link reset}. */
  stats(): Promise<TwentySimStats>;
  /** Adds rules behind those that there are. */
  addFaults(rules: TwentySimFault | TwentySimFault[]): Promise<void>;
  /** Removes all rules. */
  clearFaults(): Promise<void>;
  /** How often each rule has acted, in their order. */
  firedFaults(): Promise<number[]>;
  /** Moves the simulator's clock, for rate limits and timestamps. Gives its time in milliseconds since 1970. */
  advanceClock(ms: number): Promise<number>;
  /**
   * Registers a webhook as a user does in Twenty. Every event of `operations` (`person.created`, `company.*`; by
   * default all) is signed with `secret` and sent to `targetUrl` once, in order. Targets are `http:` on this machine;
   * nothing is sent anywhere else. Gives the webhook, with the secret that it got where none was given.
   */
  addWebhook(webhook: {
    targetUrl: string;
    operations?: string[];
    secret?: string;
  }): Promise<TwentySimWebhook>;
  /** Changes what can be changed while it runs. */
  setOptions(changes: TwentySimChanges): Promise<void>;
  /** The ids of the next rows that are made, in order. */
  nextIds(ids: string[]): Promise<void>;
  /** Back to the state at start (`seed` and `faults` included), or to that of another preset: rows, fields, webhooks, faults, clock, options, counters. */
  reset(to?: { preset?: 'provisioned' | 'fresh' | 'dev' }): Promise<void>;
}

/** Keys and tokens for tests of rights. */
export interface TwentySimKeys {
  /** Every right: the `apiKey`. */
  full: string;
  /** Reads records only. */
  readOnly: string;
  /** Reads and writes records, and may not see the metadata. */
  noMetadata: string;
  revoked: string;
  expired: string;
  /** Access token of a person with every right. */
  adminToken: string;
  /** Access token of a person who may not change settings. */
  memberToken: string;
}

/** A running simulator. */
export interface TwentySim {
  /** `http://127.0.0.1:…`, without a slash at the end. */
  baseUrl: string;
  /** A key with every right. */
  apiKey: string;
  keys: TwentySimKeys;
  /** Ids of roles in its workspace. */
  roles: { guest: string; reader: string };
  /** Of its process. */
  pid: number;
  control: TwentySimControl;
  /**
   * Ends it; resolves once its process is gone. A second call does nothing more. Without a call it ends with this
   * process, which it does not keep alive.
   */
  stop(): Promise<void>;
}

/**
 * Starts a simulated Twenty server on 127.0.0.1, and resolves once it listens.
 *
 * It rejects with a `TypeError` for an option that does not exist or a value that it does not take, and with an error of
 * code `TWENTY_SIM_NO_BINARY` where there is no binary for this system. `TWENTY_SIM_BIN` in the environment names another
 * binary.
 */
export declare function startTwentySim(options?: TwentySimOptions): Promise<TwentySim>;

/** A webhook delivery, ready to be sent to your endpoint. */
export interface SignedTwentyWebhook {
  /** The raw body: what is signed. */
  body: string;
  headers: {
    'Content-Type': string;
    'X-Twenty-Webhook-Timestamp': string;
    'X-Twenty-Webhook-Signature': string;
    'X-Twenty-Webhook-Nonce': string;
  };
}

/**
 * Signs a webhook delivery as Twenty does, for tests of your own endpoint.
 *
 * @param delivery `body`: the event, or its JSON text. `secret`: the webhook's. `timestamp`: milliseconds since 1970, now by
 * default. `nonce`: random by default; it is not signed.
 * @throws {TypeError} for a field that is no good
 */
export declare function signTwentyWebhook(delivery: {
  body: object | string;
  secret: string;
  timestamp?: number;
  nonce?: string;
}): SignedTwentyWebhook;
