import type { AbortSignalLike } from './abort-signal.js';

/**
 * The headers of a request: a `Headers`, a `Map`, pairs, Node's own `headers` or `rawHeaders`, or anything with `get`.
 * Upper and lower case are the same.
 */
export type WebhookHeaders =
  | { readonly [name: string]: string | readonly string[] | undefined }
  | Iterable<readonly [string, string | readonly string[] | undefined]>
  | Iterable<string>
  | {
      /** The value of one header; null or undefined where there is none. */
      get(name: string): string | null | undefined;
    };

/** What `verifyTwentyWebhook` goes by. */
export interface VerifyTwentyWebhookOptions {
  /**
   * The webhook's secret, which Twenty shows under Settings, APIs & Webhooks. A list while it is being changed: each of
   * up to ten is tried.
   */
  secret: string | readonly string[];
  /** The headers of the request. */
  headers: WebhookHeaders;
  /**
   * The body byte for byte as it came in, before any body parser: the signature is over these bytes.
   */
  rawBody: string | Uint8Array | ArrayBuffer;
  /**
   * Milliseconds by which the time at which Twenty signed may differ from now, before or after. A recorded delivery is
   * worthless afterwards.
   * @default 300000
   */
  toleranceMs?: number;
  /**
   * Bytes of the largest body that is looked at.
   * @default 10485760
   */
  maxBodyBytes?: number;
  /** Milliseconds since 1970, or what gives them; the machine's clock when it is not given. */
  now?: number | (() => number);
}

/** Who wrote a record, as Twenty tells it. */
export interface TwentyActor {
  /** `API` for every API key (its own name in `name`), `MANUAL` for people, `WORKFLOW`, `IMPORT`, `EMAIL` and others. */
  source: string;
  /** Which member of the workspace; null for an API key. */
  workspaceMemberId: string | null;
  /** The member's or the API key's name. */
  name: string;
  /** What else Twenty knows of where it came from. */
  context?: unknown;
}

/** A record after the change, as on Twenty's own wire; custom fields stand beside the standard ones. */
export interface TwentyWebhookRecord {
  /** Twenty's id, a UUID. */
  id: string;
  /** ISO 8601, UTC, with milliseconds. */
  createdAt?: string;
  /** Every write moves it on; events of one record are put in order by it. */
  updatedAt?: string;
  /** Set while the record is soft-deleted. */
  deletedAt?: string | null;
  /** Who made it. */
  createdBy?: TwentyActor | null;
  /** Who changed it last. */
  updatedBy?: TwentyActor | null;
  [field: string]: unknown;
}

/** A person after the change. */
export interface TwentyWebhookPerson extends TwentyWebhookRecord {
  /** Full name. */
  name?: {
    /** First name. */
    firstName?: string | null;
    /** Last name. */
    lastName?: string | null;
  } | null;
  /** E-mail addresses. */
  emails?: {
    /** The one that no other person has. */
    primaryEmail?: string | null;
    /** Further ones. */
    additionalEmails?: string[] | null;
  } | null;
  /** Phone numbers. */
  phones?: {
    /** Without the calling code. */
    primaryPhoneNumber?: string | null;
    /** ISO 3166, two letters. */
    primaryPhoneCountryCode?: string | null;
    /** With its plus, for example `+49`. */
    primaryPhoneCallingCode?: string | null;
    /** Further ones. */
    additionalPhones?: unknown[] | null;
  } | null;
  /** What the person does. */
  jobTitle?: string | null;
  /** Twenty's id of the person's company. */
  companyId?: string | null;
}

/** A company after the change. */
export interface TwentyWebhookCompany extends TwentyWebhookRecord {
  /** Name of the company. */
  name?: string | null;
  /** Its site. */
  domainName?: {
    /** As a URL, or a bare host, as it was written. */
    primaryLinkUrl?: string | null;
    /** Text to show for it. */
    primaryLinkLabel?: string | null;
    /** Further ones. */
    secondaryLinks?: unknown[] | null;
  } | null;
}

/** What every event has. */
export interface TwentyWebhookEventBase<Name extends string, Item extends TwentyWebhookRecord> {
  /** The object and what happened to the record: what to tell events apart by. */
  eventName: Name;
  /** The record after the change; of `destroyed`, as it was last. */
  record: Item;
  /** The object. */
  objectMetadata: {
    /** Twenty's id of the object, a UUID. */
    id: string;
    /** Its API name, for example `person`. */
    nameSingular: string;
  };
  /** The workspace in which it happened. */
  workspaceId: string;
  /** The webhook that was sent, as configured in Twenty. */
  webhookId: string;
  /** Where Twenty sent it to, as configured there. */
  targetUrl: string;
  /** When it happened, ISO 8601. */
  eventDate: string;
  /**
   * The same for the same delivery replayed, another one for any other: what to drop duplicates by. It is the verified
   * signature; Twenty's own nonce is not signed, so that whoever replays a delivery can change it.
   */
  deliveryId: string;
}

/** A record was made, by whomever (also by an upsert of your own), or is gone for good. */
export interface WebhookOfWhole<Name extends string, Item extends TwentyWebhookRecord>
  extends TwentyWebhookEventBase<Name, Item> {
  /** Never there: the whole record is new, or gone. */
  updatedFields?: undefined;
}

/** A record was changed, soft-deleted or restored. A write that changes nothing sends no event. */
export interface WebhookOfChange<Name extends string, Item extends TwentyWebhookRecord>
  extends TwentyWebhookEventBase<Name, Item> {
  /** Names of the fields that changed; `['deletedAt']` of `deleted` and `restored`. */
  updatedFields: string[];
}

/** What happens to the records of one object. */
export type WebhookEventOf<Name extends string, Item extends TwentyWebhookRecord> =
  | WebhookOfWhole<`${Name}.created`, Item>
  | WebhookOfChange<`${Name}.updated`, Item>
  | WebhookOfChange<`${Name}.deleted`, Item>
  | WebhookOfChange<`${Name}.restored`, Item>
  | WebhookOfWhole<`${Name}.destroyed`, Item>;

/**
 * The objects whose events have a type. Custom objects are added with
 * `declare module 'twenty-crm-native' { interface TwentyWebhookObjects { rocket: TwentyWebhookRecord } }`.
 */
export interface TwentyWebhookObjects {
  /** People, with their standard fields. */
  person: TwentyWebhookPerson;
  /** Companies, with their standard fields. */
  company: TwentyWebhookCompany;
  /** Files at records. */
  attachment: TwentyWebhookRecord;
  /** Addresses that a member keeps out of the mail import. */
  blocklist: TwentyWebhookRecord;
  /** Calendar events. */
  calendarEvent: TwentyWebhookRecord;
  /** Dashboards. */
  dashboard: TwentyWebhookRecord;
  /** E-mails. */
  message: TwentyWebhookRecord;
  /** Threads of e-mails. */
  messageThread: TwentyWebhookRecord;
  /** Notes. */
  note: TwentyWebhookRecord;
  /** Which record a note is about. */
  noteTarget: TwentyWebhookRecord;
  /** Opportunities. */
  opportunity: TwentyWebhookRecord;
  /** Tasks. */
  task: TwentyWebhookRecord;
  /** Which record a task is about. */
  taskTarget: TwentyWebhookRecord;
  /** Entries of timelines. */
  timelineActivity: TwentyWebhookRecord;
  /** Workflows. */
  workflow: TwentyWebhookRecord;
  /** Runs of workflows. */
  workflowRun: TwentyWebhookRecord;
  /** Versions of workflows. */
  workflowVersion: TwentyWebhookRecord;
  /** Members of the workspace. */
  workspaceMember: TwentyWebhookRecord;
}

/** What happens to a person. */
export type PersonWebhookEvent = WebhookEventOf<'person', TwentyWebhookPerson>;

/** What happens to a company. */
export type CompanyWebhookEvent = WebhookEventOf<'company', TwentyWebhookCompany>;

/**
 * A verified event; `eventName` tells which. Events of objects that are not among {@link TwentyWebhookObjects} are
 * verified all the same: what is none of the names that you look for must be let pass.
 */
export type TwentyWebhookEvent = {
  [Name in keyof TwentyWebhookObjects]: WebhookEventOf<Name, TwentyWebhookObjects[Name]>;
}[keyof TwentyWebhookObjects];

/** Options of `applyWebhook`. */
export interface ApplyWebhookOptions {
  /**
   * Aborting ends the wait for upserts of the same record that were called before, and rejects with the signal's own
   * reason; what was forgotten by then stays forgotten.
   */
  signal?: AbortSignalLike;
}

/** What `applyWebhook` did. Nothing is sent to Twenty by any of it. */
export interface ApplyWebhookResult {
  /**
   * - `mapping_forgotten`: the next write looks the record up, or makes it again.
   * - `mapping_remembered`: a record that was restored is known again.
   * - `hash_forgotten`: the next write of the record is sent, even where it says what was written last.
   * - `ignored`: nothing had to be done.
   */
  action: 'mapping_forgotten' | 'mapping_remembered' | 'hash_forgotten' | 'ignored';
  /**
   * Why. Of what was done: `deleted`, `destroyed`, `restored`, `edited` by somebody else, or `moved` (the external id is
   * on another row now, or this row carries another one). Of what was ignored:
   * - `own_write`: the echo of a write of this service, or of another process that shares the mapping store;
   * - `outdated`: something later is known of the record already, so the event came late or again;
   * - `unmanaged_fields`: only fields were edited that are never written;
   * - `not_mapped`, `nothing_remembered`: nothing is remembered that could be wrong;
   * - `other_row`: what is remembered is another row;
   * - `no_external_id`, `other_namespace`, `other_object`, `other_workspace`: it is no record of this service;
   * - `mode`: in `platform` and `disabled` mode nothing is remembered; give the event to the service that writes.
   */
  reason:
    | 'deleted'
    | 'destroyed'
    | 'restored'
    | 'edited'
    | 'moved'
    | 'own_write'
    | 'outdated'
    | 'unmanaged_fields'
    | 'not_mapped'
    | 'nothing_remembered'
    | 'other_row'
    | 'no_external_id'
    | 'other_namespace'
    | 'other_object'
    | 'other_workspace'
    | 'mode';
  /** What the record is; null for other objects. */
  objectType: 'person' | 'company' | null;
  /** Twenty's id of the record. */
  crmId: string;
  /** Your own id that the record carries now; null where it carries none, or one of another namespace. */
  externalId: string | null;
  /** Your own ids of which something was forgotten or remembered; the old one of a record whose external id was changed. */
  externalIds: string[];
  /**
   * Whether the mapping store failed or did not answer, so that it may still hold what should be forgotten: apply the
   * event again later. Twenty sends none twice.
   */
  storeFailed: boolean;
}
