//! Deleting one record by the caller's external id: softly, or for good (erasure on request).

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::core::config::Options;
use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::http::Request;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::warning::SyncWarning;

use super::context::SyncContext;
use super::queue::keyed_queue::Hold;
use super::record::notices::store_failed;
use super::requests::{id_of, is_deleted, json_key};

/// How a record is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeleteMode {
    /// It can be restored, in the CRM or by the next upsert. The default.
    #[default]
    Soft,
    /// It is gone for good, and so is what is remembered of it. Soft-deleted ones, too.
    Destroy,
}

/// What became of a deletion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deleted {
    /// The caller's external id.
    pub external_id: String,
    /// Whether this call deleted something.
    pub deleted: bool,
    /// How.
    pub mode: DeleteMode,
    /// The rows that it deleted, or found deleted. More than one only where the external id is not unique.
    pub ids: Vec<String>,
    /// Why nothing was deleted: `not_found`, or `already_deleted` (softly).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

impl DeleteMode {
    /// From the call's options as JSON text: `{ mode? }`.
    ///
    /// # Errors
    /// VALIDATION_ERROR for another mode.
    pub fn from_json(text: &str) -> Result<Self, CrmError> {
        let options = Options::parse(text, "options")?;
        match options.get("mode") {
            None | Some(Value::Null) => Ok(Self::default()),
            Some(Value::String(mode)) if mode == "soft" => Ok(Self::Soft),
            Some(Value::String(mode)) if mode == "destroy" => Ok(Self::Destroy),
            Some(_) => Err(CrmError::validation(
                "mode",
                "mode must be \"soft\" or \"destroy\"",
            )),
        }
    }
}

impl SyncContext {
    /// Deletes the record of `external_id`, row by row and by id, never by a filter. It takes its turn among the upserts
    /// of the same key, in the order of the calls. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// What the server answered; that there is no such record is no error.
    pub(super) fn delete(
        &self,
        kind: ObjectKind,
        external_id: String,
        mode: DeleteMode,
        hold: Option<Hold>,
    ) -> impl Future<Output = Result<(Deleted, Vec<SyncWarning>), CrmError>> + Send + 'static {
        let context = self.clone();
        let key = (kind, external_id.clone());
        self.in_exclusive_turn(key, hold, async move {
            context.delete_now(kind, &external_id, mode).await
        })
    }

    async fn delete_now(
        &self,
        kind: ObjectKind,
        external_id: &str,
        mode: DeleteMode,
    ) -> Result<(Deleted, Vec<SyncWarning>), CrmError> {
        let own = self.own_rows(kind, external_id, true).await?;
        let mut warnings = own.warnings;
        let mut deleted = Vec::new();
        let mut already = Vec::new();
        for row in &own.rows {
            let id = id_of(row).to_owned();
            if mode == DeleteMode::Soft && is_deleted(row) {
                already.push(id);
                continue;
            }
            match self.delete_row(kind, &id, mode).await {
                Ok(true) => deleted.push(id),
                Ok(false) => {}
                Err(error) => {
                    return Err(error
                        .with_detail("externalId", external_id)
                        .with_detail("object", kind.singular())
                        .with_detail("deletedIds", deleted));
                }
            }
        }
        if mode == DeleteMode::Destroy
            && let Err(message) = self.forget(kind, external_id).await
        {
            warnings.push(store_failed(external_id, &message));
        }
        let reason = match (deleted.is_empty(), already.is_empty()) {
            (false, _) => None,
            (true, false) => Some("already_deleted"),
            (true, true) => Some("not_found"),
        };
        let outcome = Deleted {
            external_id: external_id.to_owned(),
            deleted: reason.is_none(),
            mode,
            ids: if reason.is_none() { deleted } else { already },
            reason,
        };
        Ok((outcome, warnings))
    }

    /// `false` when somebody else was quicker.
    async fn delete_row(
        &self,
        kind: ObjectKind,
        id: &str,
        mode: DeleteMode,
    ) -> Result<bool, CrmError> {
        let query = match mode {
            DeleteMode::Soft => "?soft_delete=true",
            DeleteMode::Destroy => "",
        };
        let path = format!("/rest/{}/{id}{query}", kind.plural());
        let request = Request::delete(path).expects([json_key(kind.delete_key()), id.to_owned()]);
        match self.http.call(request).await {
            Ok(response) => echoes_id(&response.body, kind, id).map(|()| true),
            // The row was there a moment ago: an earlier attempt whose answer was lost did it.
            Err(error) if error.code == ErrorCode::NotFound => {
                Ok(error.details.contains_key("outcomeUnknown"))
            }
            Err(error) => Err(error),
        }
    }
}

/// A deletion is only reported done when the server names the row.
fn echoes_id(body: &Bytes, kind: ObjectKind, id: &str) -> Result<(), CrmError> {
    let answer: Option<Value> = serde_json::from_slice(body).ok();
    let echoed = answer.as_ref().and_then(|answer| {
        answer
            .get("data")?
            .get(kind.delete_key())?
            .get("id")?
            .as_str()
    });
    if echoed == Some(id) {
        return Ok(());
    }
    Err(CrmError::new(
        ErrorCode::Unknown,
        format!(
            "the server accepted the deletion of row {id}, but its answer does not name it: check that the base URL is \
             a Twenty API"
        ),
    )
    .with_detail("reason", error_reason::NOT_TWENTY)
    .with_detail("outcomeUnknown", true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_is_soft_unless_it_says_destroy() {
        assert_eq!(DeleteMode::from_json("{}").expect("good"), DeleteMode::Soft);
        let destroy = DeleteMode::from_json(r#"{"mode":"destroy"}"#).expect("good");
        assert_eq!(destroy, DeleteMode::Destroy);
        for bad in [r#"{"mode":"hard"}"#, r#"{"mode":true}"#] {
            let error = DeleteMode::from_json(bad).expect_err(bad);
            assert_eq!(error.details["field"], "mode");
        }
    }

    #[test]
    fn only_an_answer_that_names_the_row_counts() {
        let body = Bytes::from(r#"{"data":{"deletePerson":{"id":"a"}}}"#);
        assert!(echoes_id(&body, ObjectKind::Person, "a").is_ok());
        assert!(echoes_id(&body, ObjectKind::Person, "b").is_err());
        assert!(echoes_id(&body, ObjectKind::Company, "a").is_err());
        assert!(echoes_id(&Bytes::from("true"), ObjectKind::Person, "a").is_err());
    }
}
