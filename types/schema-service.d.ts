import type { AbortSignalLike } from './abort-signal.js';
import type { MappedObjectType } from './mapping-store.js';
import type { FieldNames } from './sync-service.js';
import type { TwentyCrmError } from './twenty-crm-errors.types.js';
import type { TwentyCrmSchemaService } from './values.js';

/** A custom field that this package writes. */
export interface SchemaField {
  /** The object that the field belongs to. */
  object: MappedObjectType;
  /** API name, camelCase. */
  name: string;
  /** Its type, or the type that it will be created with: `TEXT`, `SELECT`, `NUMBER`, `LINKS`, … */
  type: string;
  /**
   * Why it is in its list, if that is not obvious. Conflicting: `wrong_type`, `not_unique` (`apply` makes it unique),
   * `inactive`, `reserved_name`. Present: `uniqueness_unknown` (the key may not read it).
   */
  reason?: 'wrong_type' | 'not_unique' | 'inactive' | 'reserved_name' | 'uniqueness_unknown';
  /** For people: what `reason` means here, and what to do. */
  message?: string;
}

/** The custom fields of a workspace, compared with those that this package writes. */
export interface SchemaPlan {
  /** Fields that exist and can be used. */
  present: SchemaField[];
  /** Fields that do not exist; `apply` creates them. */
  missing: SchemaField[];
  /** Fields that exist but cannot be used, or that cannot be created; `message` says what to do. */
  conflicting: SchemaField[];
}

/** The part of a plan that `apply` reads: a whole plan, or one with entries removed. */
export type SchemaSelection = Pick<SchemaPlan, 'missing' | 'conflicting'>;

/** The result of `apply`. */
export interface SchemaApplyResult {
  /** Whether none of the requested fields is missing or conflicting any more. */
  ok: boolean;
  /** Created by this call. */
  created: SchemaField[];
  /** Made unique by this call. */
  madeUnique: SchemaField[];
  /** Fields that failed, with the reason. */
  failed: (SchemaField & {
    /** Why it failed. */
    error: TwentyCrmError;
  })[];
  /** The workspace afterwards. */
  plan: SchemaPlan;
}

/** Options of {@link TwentyCrmSchemaService}. */
export interface SchemaServiceOptions {
  /** Names of the fields, as for the sync service. */
  fieldNames?: FieldNames;
}

/** Options of one call. */
export interface SchemaCallOptions {
  /** Aborting closes the socket, ends any wait, and rejects with the signal's reason. */
  signal?: AbortSignalLike;
}
