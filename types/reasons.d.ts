/**
 * The possible values of `details.reason` of an error. `docs/errors.md` says for each what to do. A later version may
 * add more, so a `switch` over it needs a `default`.
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
  // The package's own objects.
  | 'DISABLED'
  | 'MODE'
  | 'PARTIAL_FAILURE'
  | 'CLOSED'
  | 'STOPPED'
  | 'STORE'
  | 'SECRET'
  | 'EXISTS'
  | 'CONFIG_STORE'
  // A webhook delivery.
  | 'MISSING_HEADER'
  | 'MALFORMED_HEADER'
  | 'BAD_SIGNATURE'
  | 'EXPIRED'
  | 'IN_FUTURE'
  | 'NOT_JSON'
  | 'NOT_AN_EVENT'
  | (string & {});

/**
 * The possible values of a warning's `reason`: why a record was not written exactly as given. `docs/errors.md` explains
 * each. A later version may add more.
 */
export type SyncWarningReason =
  // Values that were left out or changed.
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
  // Rows that the record met.
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
  // Problems outside the record.
  | 'store_failed'
  | (string & {});
