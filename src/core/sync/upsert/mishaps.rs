//! What goes wrong on the way: lost answers, lost races, refusals that something else than the record explains.

use std::time::Duration;

use serde_json::{Map, Value};

use super::payload::is_as_created;
use super::refusals::{naming_email, suspects};
use super::{Plan, Step, Upsert, map};
use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::twenty::comparison::holds_all;
use crate::core::twenty::fields::FieldNames;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::record::MappedRecord;

use crate::core::sync::requests::{self, id_of, is_deleted};
use crate::core::sync::schema_source::Sign;

impl Upsert<'_> {
    /// Every repeat failed and the server may have carried the write out all the same: one look tells.
    pub(super) async fn after_lost_answer(
        &mut self,
        error: CrmError,
        payload: &Map<String, Value>,
    ) -> Result<Step, CrmError> {
        let rows = match requests::look_up_once(&self.service.http, self.query()).await {
            Ok(rows) => rows,
            Err(_) => return Err(self.outcome_unknown(&error)),
        };
        let row = rows
            .into_iter()
            .find(|row| self.own_ids.iter().any(|id| id == id_of(row)) && holds_all(row, payload));
        match row {
            // Its echo would have told, too, what became of the row meanwhile.
            Some(row) if self.row_unseen => {
                self.after_remembered(id_of(&row).to_owned(), row).await
            }
            Some(row) if is_deleted(&row) => self.decide(std::slice::from_ref(&row)),
            Some(row) => {
                let created = self.maybe_created && is_as_created(&row, &self.create_payload());
                self.remember(&row).await;
                Ok(Step::done(self.finished(&row, created)))
            }
            // It did not arrive, or has not yet: a server that is slow may still carry it out.
            None if error.code == ErrorCode::Unknown => Err(self.named(error)),
            None => Err(self
                .named(error)
                .with_retryable(true)
                .with_detail("reason", error_reason::OUTCOME_UNKNOWN)),
        }
    }

    pub(super) fn outcome_unknown(&self, error: &CrmError) -> CrmError {
        outcome_unknown(self.kind(), self.input.external_id(), error)
    }

    /// Somebody holds one of our unique values: the first time just look; after that the race is on, and waits.
    pub(super) async fn after_conflict(&mut self, error: CrmError) -> Result<Step, CrmError> {
        if self.conflicts > 0 {
            self.conflict_pause(Some(error)).await?;
        } else {
            self.conflicts = 1;
        }
        Ok(Step::Next(Plan::LookUp))
    }

    pub(super) async fn conflict_pause(&mut self, error: Option<CrmError>) -> Result<(), CrmError> {
        if self.conflicts > self.options.max_conflict_retries {
            if let Some(taken) = self.taken_unseen() {
                return Err(taken);
            }
            let mut failure = CrmError::new(
                ErrorCode::OperationFailed,
                format!(
                    "{} {:?} could not be written: other writers kept changing the same rows ({} tries); try again later",
                    self.kind().singular(),
                    self.input.external_id(),
                    self.conflicts
                ),
            )
            .with_retryable(true)
            .with_detail("reason", error_reason::CONFLICT)
            .with_detail("externalId", self.input.external_id());
            if let Some(error) = error {
                failure.status = error.status;
                if let Some(field) = self.named_field(&error) {
                    failure = failure.with_detail("fields", vec![field]);
                }
                failure = failure.with_detail("originalError", error.message);
            }
            return Err(failure);
        }
        if self.conflicts > 0 {
            tokio::time::sleep(Duration::from_millis(self.options.conflict_retry_delay_ms)).await;
        }
        self.conflicts += 1;
        Ok(())
    }

    /// A refusal that something else than the record may explain: a company that went, an optional value that this
    /// server reads more strictly, a schema that changed. Each is mended once, then the refusal stands.
    pub(super) async fn after_refusal(
        &mut self,
        error: CrmError,
        again: Plan,
        may_be_link: bool,
    ) -> Result<Step, CrmError> {
        if error.code != ErrorCode::ValidationError || error.status != Some(400) {
            return Err(self.named(error));
        }
        if may_be_link && !self.link_checked && self.link.is_set() && is_foreign_key(&error) {
            self.link_checked = true;
            self.service.forget_company(&self.mapped.company).await;
            let mut plan = again;
            self.options.use_cache = false;
            if let Some(rows) = self.resolve_link(&mut plan).await? {
                return self.decide(&rows);
            }
            return Ok(Step::Next(plan));
        }
        if self.leave_out_refused(&error) {
            return Ok(Step::Next(again));
        }
        if self.renew_schema(&error).await? {
            return Ok(Step::Next(again));
        }
        Err(self.named(error))
    }

    /// Whether a schema that has changed explains this refusal; then the record is mapped on it.
    pub(super) async fn renew_schema(&mut self, error: &CrmError) -> Result<bool, CrmError> {
        if error.code != ErrorCode::ValidationError || self.schema_looks_left == 0 {
            return Ok(false);
        }
        self.schema_looks_left -= 1;
        let sign = if is_unknown_field(error) {
            Sign::Certain
        } else {
            Sign::Possible
        };
        let Some(schema) = self.service.newer_schema(&self.schema, sign).await? else {
            self.schema_looks_left = 0;
            return Ok(false);
        };
        self.mapped = MappedRecord {
            id: self.mapped.id,
            ..map(self.service, &schema, &self.input)?
        };
        self.restricted = self.service.options.ownership.restricted(
            self.kind(),
            &self.service.options.field_names,
            schema.object(self.kind()),
        );
        self.schema = schema;
        Ok(true)
    }

    pub(super) fn named(&self, error: CrmError) -> CrmError {
        naming_email(error)
            .with_detail("externalId", self.input.external_id())
            .with_detail("object", self.kind().singular())
    }
}

/// The failure of a write of which nobody knows whether it was carried out.
pub(in crate::core::sync) fn outcome_unknown(
    kind: ObjectKind,
    external_id: &str,
    error: &CrmError,
) -> CrmError {
    let mut unknown = CrmError::new(
        ErrorCode::OperationFailed,
        format!(
            "{} {external_id:?} was sent, but its answer was lost and the server could not be asked what became of it; an upsert can simply be repeated: {}",
            kind.singular(),
            error.message
        ),
    )
    .with_retryable(true);
    unknown.status = error.status;
    unknown.details = error.details.clone();
    unknown
        .with_detail("reason", error_reason::OUTCOME_UNKNOWN)
        .with_detail("originalCode", error.code.as_str())
        .with_detail("externalId", external_id)
        .with_detail("object", kind.singular())
}

pub(super) fn is_duplicate(error: &CrmError) -> bool {
    error.reason() == Some(error_reason::DUPLICATE)
}

pub(in crate::core::sync) fn is_outcome_unknown(error: &CrmError) -> bool {
    error.details.contains_key("outcomeUnknown")
}

/// Whether a write got no answer that says what became of it. A refusal does say it, even where an earlier attempt was
/// lost: what is refused now was refused then.
pub(in crate::core::sync) fn is_lost_write(error: &CrmError) -> bool {
    is_outcome_unknown(error)
        && !matches!(
            error.code,
            ErrorCode::ValidationError | ErrorCode::AuthError | ErrorCode::NotFound
        )
}

/// Only fields of the schema are ever sent, so the schema is out of date.
pub(in crate::core::sync) fn is_unknown_field(error: &CrmError) -> bool {
    error.message.contains("doesn't have any \"")
}

/// The server tells a broken relation only by the database's own text
/// (`docs/twenty/protocol.md#links-between-records`).
fn is_foreign_key(error: &CrmError) -> bool {
    // Newer servers have a code for it, which some other bad values share.
    let has_code = ["serverCode", "serverError"]
        .iter()
        .any(|key| error.details.get(*key).and_then(Value::as_str) == Some("INVALID_INPUT"));
    has_code || error.message.contains("foreign key")
}

/// Whether the server says itself that a value or a link of some record is the cause.
pub(in crate::core::sync) fn is_about_one_record(error: &CrmError, names: &FieldNames) -> bool {
    is_foreign_key(error) || !suspects(error, names).is_empty()
}

/// Whether a record that a batch was refused for may do better alone, where links and the schema are looked after.
pub(in crate::core::sync) fn is_worth_trying_alone(error: &CrmError) -> bool {
    error.code == ErrorCode::ValidationError && (is_foreign_key(error) || is_unknown_field(error))
}
