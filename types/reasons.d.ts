/**
 * Why something failed: what `details.reason` of an error can be. `docs/errors.md` says of each what to do. Further ones may
 * come with any version, so that a `switch` over it needs a `default`.
 */
export type TwentyCrmErrorReason =
  // The connection.
  | 'CONNECT'
  | 'DNS'
  | 'TLS'
  | 'PROXY'
  | 'REDIRECT'
  | 'PROXY_AUTH'
  | 'WRONG_ANSWER'
  | 'GATEWAY'
  | 'CODING'
  | 'NOT_TWENTY'
  | 'OUTCOME_UNKNOWN'
  // The key.
  | 'missing'
  | 'invalid'
  | 'expired'
  | 'revoked'
  | 'permission'
  // The workspace.
  | 'QUOTA'
  | 'NO_OBJECT'
  | 'LOOKUP_FAILED'
  | 'MISSING_IN_ANSWER'
  // The record.
  | 'TOO_LARGE'
  | 'DATA'
  | 'DUPLICATE'
  | 'MULTIPLE_MATCHES'
  | 'CONFLICT'
  | 'ID_REUSED'
  | 'COLLISION'
  | 'OWN_ROW_DELETED'
  | 'OWN_ROW_GONE'
  // This package's own objects.
  | 'DISABLED'
  | 'MODE'
  | 'PARTIAL_FAILURE'
  | 'CLOSED'
  | 'STOPPED'
  | 'STORE'
  | 'SECRET'
  | 'EXISTS'
  | 'CONFIG_STORE'
  // A webhook's delivery.
  | 'MISSING_HEADER'
  | 'MALFORMED_HEADER'
  | 'BAD_SIGNATURE'
  | 'EXPIRED'
  | 'IN_FUTURE'
  | 'NOT_JSON'
  | 'NOT_AN_EVENT'
  | (string & {});

/**
 * Why a record was written otherwise than asked: what `reason` of a warning can be. `docs/errors.md` says of each what it
 * means. Further ones may come with any version.
 */
export type SyncWarningReason =
  // A value that was left out, or changed.
  | 'missing_field'
  | 'unsupported_type'
  | 'unknown_option'
  | 'invalid_email'
  | 'invalid_phone'
  | 'phone_extension'
  | 'first_of_several'
  | 'no_default_country'
  | 'phone_conflict'
  | 'no_place'
  | 'invalid_url'
  | 'invalid_domain'
  | 'shared_domain'
  | 'domain_with_path'
  | 'value_refused'
  | 'additional_email'
  | 'additional_emails_unread'
  | 'link_kept'
  // A row that was met.
  | 'linked'
  | 'adopted'
  | 'value_taken'
  | 'taken_over'
  | 'written_over'
  | 'value_on_deleted_row'
  | 'own_row_deleted'
  | 'own_row_gone'
  | 'revived'
  | 'company_missing'
  | 'company_without_id'
  // Beside the record.
  | 'store_failed'
  | (string & {});
