import type { CompanyInput, PersonInput } from './inputs.js';

/** What every event has. It is plain data: as JSON text it can go through any queue. */
interface PlatformEventBase {
  /** Of this shape. */
  version: 1;
  /** Of this event, a random UUID. */
  id: string;
  /** The namespace of the service that published it, where it has one. */
  namespace?: string;
  /**
   * The same for every delivery of this change and another one for every other change, even to the same content. For
   * queues and job runners that drop what they have seen; visible ASCII, at most 80 characters.
   */
  idempotencyKey: string;
  /** When the change was asked for, as ISO 8601 text in UTC with milliseconds. */
  occurredAt: string;
}

/** A person is to be created or updated. */
export interface PersonUpsertEvent extends PlatformEventBase {
  /** Tells which event it is. */
  type: 'person.upsert';
  /** What it is about. */
  entity: 'person';
  /**
   * The checked and normalised input; a key that is absent keeps what the CRM has, `null` clears it. Its `external_id`
   * is what to partition by: events of one record must not overtake each other.
   */
  payload: PersonInput;
}

/** A company is to be created or updated. */
export interface CompanyUpsertEvent extends PlatformEventBase {
  /** Tells which event it is. */
  type: 'company.upsert';
  /** What it is about. */
  entity: 'company';
  /** As of {@link PersonUpsertEvent}. */
  payload: CompanyInput;
}

/** Which record is to be deleted, and how; as of `DeleteOptions`. */
export interface DeletePayload {
  /** The caller's own id. */
  external_id: string;
  /** `soft` can be restored, `destroy` is for good. */
  mode: 'soft' | 'destroy';
}

/** A person is to be deleted. */
export interface PersonDeleteEvent extends PlatformEventBase {
  /** Tells which event it is. */
  type: 'person.delete';
  /** What it is about. */
  entity: 'person';
  /** Which person, and how. */
  payload: DeletePayload;
}

/** A company is to be deleted. */
export interface CompanyDeleteEvent extends PlatformEventBase {
  /** Tells which event it is. */
  type: 'company.delete';
  /** What it is about. */
  entity: 'company';
  /** Which company, and how. */
  payload: DeletePayload;
}

/** A change, as a service in `platform` mode hands it to `publish`; `type` tells which. */
export type PlatformEvent =
  | PersonUpsertEvent
  | CompanyUpsertEvent
  | PersonDeleteEvent
  | CompanyDeleteEvent;
