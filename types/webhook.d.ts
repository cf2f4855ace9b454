import type { AbortSignalLike } from './abort-signal.js';

/**
 * The headers of a request: a `Headers`, a `Map`, pairs, Node's own `headers` or `rawHeaders`, or any object with
 * `get`. Names are case-insensitive.
 */
export type WebhookHeaders =
  | { readonly [name: string]: string | readonly string[] | undefined }
  | Iterable<readonly [string, string | readonly string[] | undefined]>
  | Iterable<string>
  | {
      /** The value of one header; null or undefined if there is none. */
      get(name: string): string | null | undefined;
    };

/** Options of `verifyTwentyWebhook`. */
export interface VerifyTwentyWebhookOptions {
  /**
   * The webhook's secret, which Twenty shows under Settings, APIs & Webhooks. To rotate it, pass a list of up to ten:
   * each is tried.
   */
  secret: string | readonly string[];
  /** The headers of the request. */
  headers: WebhookHeaders;
  /** The body exactly as received, before any body parser: the signature covers these bytes. */
  rawBody: string | Uint8Array | ArrayBuffer;
  /**
   * Maximum difference in milliseconds between the time of signing and now, in either direction. A recorded delivery is
   * worthless after that.
   * @default 300000
   */
  toleranceMs?: number;
  /**
   * Maximum size of a body in bytes.
   * @default 10485760
   */
  maxBodyBytes?: number;
  /** Milliseconds since 1970, or a function that returns them; default is the machine's clock. */
  now?: number | (() => number);
}

/** The author of a record, as Twenty reports it. */
export interface TwentyActor {
  /**
   * `API` for every API key (its own name in `name`), `MANUAL` for people, `WORKFLOW`, `IMPORT`, `EMAIL` and others.
   */
  source: string;
  /** The member of the workspace; null for an API key. */
  workspaceMemberId: string | null;
  /** The member's or the API key's name. */
  name: string;
  /** Further facts about the origin. */
  context?: unknown;
}

/** A record after the change, in the format of Twenty's API; custom fields are next to the standard ones. */
export interface TwentyWebhookRecord {
  /** Twenty's id, a UUID. */
  id: string;
  /** ISO 8601, UTC, with milliseconds. */
  createdAt?: string;
  /** Increases with every write; orders the events of one record. */
  updatedAt?: string;
  /** Set while the record is soft-deleted. */
  deletedAt?: string | null;
  /** Who created it. */
  createdBy?: TwentyActor | null;
  /** Who last changed it. */
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
    /** The primary address, unique among people. */
    primaryEmail?: string | null;
    /** Further addresses. */
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
  /** The person's job title. */
  jobTitle?: string | null;
  /** Twenty's id of the person's company. */
  companyId?: string | null;
}

/** A company after the change. */
export interface TwentyWebhookCompany extends TwentyWebhookRecord {
  /** Name of the company. */
  name?: string | null;
  /** The company's website. */
  domainName?: {
    /** A URL or a bare host, as it was written. */
    primaryLinkUrl?: string | null;
    /** Display text of the link. */
    primaryLinkLabel?: string | null;
    /** Further links. */
    secondaryLinks?: unknown[] | null;
  } | null;
}

/** Common to all events. */
export interface TwentyWebhookEventBase<Name extends string, Item extends TwentyWebhookRecord> {
  /** The object, and what happened to the record. Tells events apart. */
  eventName: Name;
  /** The record after the change; for `destroyed`, its last state. */
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
  /** The address that Twenty sent it to, as configured there. */
  targetUrl: string;
  /** When it happened, ISO 8601. */
  eventDate: string;
  /**
   * Identifies the delivery: the same if it is replayed, different for any other. Use it to drop duplicates. It is the
   * verified signature; Twenty's nonce is not signed, so a replay can change it.
   */
  deliveryId: string;
}

/** A record was created, by anybody (including your own upserts), or was destroyed. */
export interface WebhookOfWhole<Name extends string, Item extends TwentyWebhookRecord>
  extends TwentyWebhookEventBase<Name, Item> {
  /** Always absent: the whole record is new, or gone. */
  updatedFields?: undefined;
}

/** A record was changed, soft-deleted or restored. A write that changes nothing sends no event. */
export interface WebhookOfChange<Name extends string, Item extends TwentyWebhookRecord>
  extends TwentyWebhookEventBase<Name, Item> {
  /** Names of the changed fields; `['deletedAt']` for `deleted` and `restored`. */
  updatedFields: string[];
}

/** The events of one object. */
export type WebhookEventOf<Name extends string, Item extends TwentyWebhookRecord> =
  | WebhookOfWhole<`${Name}.created`, Item>
  | WebhookOfChange<`${Name}.updated`, Item>
  | WebhookOfChange<`${Name}.deleted`, Item>
  | WebhookOfChange<`${Name}.restored`, Item>
  | WebhookOfWhole<`${Name}.destroyed`, Item>;

/**
 * The objects whose events have a type. Add custom objects with `declare module 'twenty-crm-native' { interface
 * TwentyWebhookObjects { rocket: TwentyWebhookRecord } }`.
 */
export interface TwentyWebhookObjects {
  /** People, with their standard fields. */
  person: TwentyWebhookPerson;
  /** Companies, with their standard fields. */
  company: TwentyWebhookCompany;
  /** Files attached to records. */
  attachment: TwentyWebhookRecord;
  /** Addresses that a member excludes from the mail import. */
  blocklist: TwentyWebhookRecord;
  /** Calendar events. */
  calendarEvent: TwentyWebhookRecord;
  /** Dashboards. */
  dashboard: TwentyWebhookRecord;
  /** E-mails. */
  message: TwentyWebhookRecord;
  /** E-mail threads. */
  messageThread: TwentyWebhookRecord;
  /** Notes. */
  note: TwentyWebhookRecord;
  /** Links from notes to records. */
  noteTarget: TwentyWebhookRecord;
  /** Opportunities. */
  opportunity: TwentyWebhookRecord;
  /** Tasks. */
  task: TwentyWebhookRecord;
  /** Links from tasks to records. */
  taskTarget: TwentyWebhookRecord;
  /** Timeline entries. */
  timelineActivity: TwentyWebhookRecord;
  /** Workflows. */
  workflow: TwentyWebhookRecord;
  /** Workflow runs. */
  workflowRun: TwentyWebhookRecord;
  /** Workflow versions. */
  workflowVersion: TwentyWebhookRecord;
  /** Members of the workspace. */
  workspaceMember: TwentyWebhookRecord;
}

/** The events of a person. */
export type PersonWebhookEvent = WebhookEventOf<'person', TwentyWebhookPerson>;

/** The events of a company. */
export type CompanyWebhookEvent = WebhookEventOf<'company', TwentyWebhookCompany>;

/**
 * A verified event; `eventName` tells which. Events of objects that are not in {@link TwentyWebhookObjects} are
 * verified too: ignore names that you do not expect.
 */
export type TwentyWebhookEvent = {
  [Name in keyof TwentyWebhookObjects]: WebhookEventOf<Name, TwentyWebhookObjects[Name]>;
}[keyof TwentyWebhookObjects];

/** Options of `applyWebhook`. */
export interface ApplyWebhookOptions {
  /**
   * Aborting ends the wait for earlier upserts of the same record, and rejects with the signal's reason. What was
   * already forgotten stays forgotten.
   */
  signal?: AbortSignalLike;
}

/** The result of `applyWebhook`. It never sends anything to Twenty. */
export interface ApplyWebhookResult {
  /**
   * - `mapping_forgotten`: the next write looks the record up, or creates it again.
   * - `mapping_remembered`: a restored record is known again.
   * - `hash_forgotten`: the next write of the record is sent, even if it equals the last one.
   * - `ignored`: nothing had to be done.
   */
  action: 'mapping_forgotten' | 'mapping_remembered' | 'hash_forgotten' | 'ignored';
  /**
   * The reason. If something was done: `deleted`, `destroyed`, `restored`, `edited` by somebody else, or `moved` (the
   * external id is now on another row, or this row has another one). If the event was ignored:
   * - `own_write`: the echo of a write of this service, or of another process that shares the mapping store;
   * - `outdated`: something later is already known of the record, so the event is late or repeated;
   * - `unmanaged_fields`: only fields were edited that are never written;
   * - `not_mapped`, `nothing_remembered`: nothing is remembered that could be wrong;
   * - `other_row`: the remembered id belongs to another row;
   * - `no_external_id`, `other_namespace`, `other_object`, `other_workspace`: it is not a record of this service;
   * - `mode`: in `platform` and `disabled` mode nothing is remembered; pass the event to the service that writes.
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
  /** The kind of the record; null for other objects. */
  objectType: 'person' | 'company' | null;
  /** Twenty's id of the record. */
  crmId: string;
  /** Your own id on the record; null if it has none, or one of another namespace. */
  externalId: string | null;
  /**
   * Your own ids for which something was forgotten or remembered; the old one, if the record's external id was changed.
   */
  externalIds: string[];
  /**
   * Whether the mapping store failed or did not answer. It may then still hold outdated data: apply the event again
   * later. Twenty does not resend events.
   */
  storeFailed: boolean;
}
