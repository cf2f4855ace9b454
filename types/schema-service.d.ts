import type { AbortSignalLike } from './abort-signal.js';
import type { MappedObjectType } from './mapping-store.js';
import type { FieldNames } from './sync-service.js';
import type { TwentyCrmError } from './twenty-crm-errors.types.js';
import type { TwentyCrmSchemaService } from './values.js';

/** A custom field that this package writes to. */
export interface SchemaField {
  /** The object that has it. */
  object: MappedObjectType;
  /** API name, camelCase. */
  name: string;
  /** The type that it has, or that it will be created with: `TEXT`, `SELECT`, `NUMBER`, `LINKS`, … */
  type: string;
  /**
   * Why it stands where it stands, where that is not plain. Conflicting: `wrong_type`, `not_unique` (`apply` makes it
   * unique), `inactive`, `reserved_name`. Present: `uniqueness_unknown` (the key may not read it).
   */
  reason?: 'wrong_type' | 'not_unique' | 'inactive' | 'reserved_name' | 'uniqueness_unknown';
  /** For people: what `reason` means here, and what to do. */
  message?: string;
}

/** What a workspace has of the custom fields that this package writes to. */
export interface SchemaPlan {
  /** There, and of use. */
  present: SchemaField[];
  /** Not there; `apply` creates them. */
  missing: SchemaField[];
  /** There in a form that does not serve, or impossible to create; `message` says what to do. */
  conflicting: SchemaField[];
}

/** The part of a plan that `apply` looks at: a whole plan, or one with entries taken out. */
export type SchemaSelection = Pick<SchemaPlan, 'missing' | 'conflicting'>;

/** What `apply` did. */
export interface SchemaApplyResult {
  /** Whether nothing that was asked for is missing or conflicting any more. */
  ok: boolean;
  /** Created by this call. */
  created: SchemaField[];
  /** Made unique by this call. */
  madeUnique: SchemaField[];
  /** Tried without success, with the reason. */
  failed: (SchemaField & {
    /** Why it could not be done. */
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
  /** Aborting closes the socket, ends any wait, and rejects with the signal's own reason. */
  signal?: AbortSignalLike;
}
