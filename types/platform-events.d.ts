import type { CompanyInput, PersonInput } from './inputs.js';

/** Common to all events. They are plain data: as JSON they can go through any queue. */
interface PlatformEventBase {
  /** Version of this format. */
  version: 1;
  /** Id of this event, a random UUID. */
  id: string;
  /** The namespace of the service that published it, if it has one. */
  namespace?: string;
  /**
   * Identifies the change: the same for every delivery of it, and different for every other change, even with the same
   * content. For queues and job runners that deduplicate. Visible ASCII, at most 80 characters.
   */
  idempotencyKey: string;
  /** When the change was requested, as an ISO 8601 string in UTC with milliseconds. */
  occurredAt: string;
}

/** Create or update a person. */
export interface PersonUpsertEvent extends PlatformEventBase {
  /** Tells which event it is. */
  type: 'person.upsert';
  /** The kind of the record. */
  entity: 'person';
  /**
   * The validated and normalised input; an absent key keeps the CRM's value, `null` clears it. Partition by its
   * `external_id`: events of one record must not overtake each other.
   */
  payload: PersonInput;
}

/** Create or update a company. */
export interface CompanyUpsertEvent extends PlatformEventBase {
  /** Tells which event it is. */
  type: 'company.upsert';
  /** The kind of the record. */
  entity: 'company';
  /** As in {@link PersonUpsertEvent}. */
  payload: CompanyInput;
}

/** The record to delete, and how; as in `DeleteOptions`. */
export interface DeletePayload {
  /** The caller's own id. */
  external_id: string;
  /** `soft` can be restored, `destroy` is permanent. */
  mode: 'soft' | 'destroy';
}

/** Delete a person. */
export interface PersonDeleteEvent extends PlatformEventBase {
  /** Tells which event it is. */
  type: 'person.delete';
  /** The kind of the record. */
  entity: 'person';
  /** The person to delete, and how. */
  payload: DeletePayload;
}

/** Delete a company. */
export interface CompanyDeleteEvent extends PlatformEventBase {
  /** Tells which event it is. */
  type: 'company.delete';
  /** The kind of the record. */
  entity: 'company';
  /** The company to delete, and how. */
  payload: DeletePayload;
}

/** A change that a service in `platform` mode passes to `publish`; `type` tells which. */
export type PlatformEvent =
  | PersonUpsertEvent
  | CompanyUpsertEvent
  | PersonDeleteEvent
  | CompanyDeleteEvent;
