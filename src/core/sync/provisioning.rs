//! Reads and creates the custom fields of a workspace (`TwentyCrmSchemaService`).

use std::sync::Arc;

use bytes::Bytes;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::http::{HttpClient, Request};
use crate::core::twenty::fields::FieldNames;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::provision::{
    self, FieldPlan, PlanReason, PlannedField, creation_body, describe, is_wanted,
};
use crate::core::twenty::schema::WorkspaceSchema;

use super::workspace::SyncWorkspace;

/// The result of `apply`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Applied {
    /// Whether all requested fields now exist without conflicts.
    pub ok: bool,
    /// Created by this call.
    pub created: Vec<PlannedField>,
    /// Made unique by this call.
    pub made_unique: Vec<PlannedField>,
    /// Fields that could not be created or changed.
    pub failed: Vec<FailedField>,
    /// The workspace afterwards.
    pub plan: FieldPlan,
}

/// A field that could not be created or changed.
#[derive(Debug, Serialize)]
pub struct FailedField {
    /// The field.
    #[serde(flatten)]
    pub field: PlannedField,
    /// The reason.
    #[serde(serialize_with = "error_value")]
    pub error: CrmError,
}

/// The fields that an `apply` is limited to.
pub type Selection = Vec<(ObjectKind, String)>;

/// Reads from the server which of our fields the workspace has. The process then uses that schema.
///
/// # Errors
/// The error of the request.
pub async fn plan(http: &HttpClient, names: &FieldNames) -> Result<FieldPlan, CrmError> {
    Ok(provision::plan(&*read(http).await?, names))
}

/// Creates missing fields and makes fields unique that must be, limited to `only` if it is given. A failure of one
/// field does not stop the others. A field that somebody else creates at the same time counts as present. Afterwards
/// the process uses the new schema.
///
/// # Errors
/// AUTH_ERROR if something must change and the key may not change the data model; VALIDATION_ERROR for a field in
/// `only` that is not ours; the error of reading the schema.
pub async fn apply(
    http: &HttpClient,
    names: &FieldNames,
    only: Option<Selection>,
) -> Result<Applied, CrmError> {
    if let Some((kind, name)) = only
        .iter()
        .flatten()
        .find(|(kind, name)| !is_wanted(names, *kind, name))
    {
        return Err(CrmError::validation(
            "plan",
            format!(
                "plan names {}.{name}, which is not a field that this package writes",
                kind.plural()
            ),
        ));
    }
    let is_asked = |field: &PlannedField| match &only {
        None => true,
        Some(only) => only
            .iter()
            .any(|(kind, name)| *kind == field.object && *name == field.name),
    };
    let schema = read(http).await?;
    let before = provision::plan(&schema, names);
    let mut missing = before.missing.clone();
    missing.retain(is_asked);
    let mut not_unique = before.conflicting.clone();
    not_unique.retain(|field| field.reason == Some(PlanReason::NotUnique) && is_asked(field));
    if missing.is_empty() && not_unique.is_empty() {
        return Ok(Applied::new(before, Work::default(), &is_asked));
    }
    let work = carry_out(http, names, &schema, missing, not_unique).await?;
    let after = provision::plan(&*read(http).await?, names);
    Ok(Applied::new(after, work, &is_asked))
}

/// Reads the schema from the server; the process uses it from then on.
pub(super) async fn read(http: &HttpClient) -> Result<Arc<WorkspaceSchema>, CrmError> {
    SyncWorkspace::of(http.workspace())
        .schema
        .reload(http)
        .await
}

#[derive(Debug, Default)]
struct Work {
    created: Vec<PlannedField>,
    made_unique: Vec<PlannedField>,
    failed: Vec<FailedField>,
}

impl Applied {
    fn new(plan: FieldPlan, work: Work, is_asked: &dyn Fn(&PlannedField) -> bool) -> Self {
        let Work {
            created,
            made_unique,
            mut failed,
        } = work;
        // Somebody else created the field first, or the answer to our successful request was lost.
        failed.retain(|failed| {
            !plan.present.iter().any(|present| {
                present.object == failed.field.object && present.name == failed.field.name
            })
        });
        let open = plan.missing.iter().chain(&plan.conflicting);
        Self {
            ok: failed.is_empty() && !open.into_iter().any(is_asked),
            created,
            made_unique,
            failed,
            plan,
        }
    }
}

/// One after the other, because each changes tables and the server's caches of them.
async fn carry_out(
    http: &HttpClient,
    names: &FieldNames,
    schema: &WorkspaceSchema,
    missing: Vec<PlannedField>,
    not_unique: Vec<PlannedField>,
) -> Result<Work, CrmError> {
    let mut work = Work::default();
    let needed: Vec<String> = missing
        .iter()
        .chain(&not_unique)
        .map(|field| describe(names, field))
        .collect();
    let denied = |error: CrmError, work: &Work| may_not_change(error, &needed, work);
    for field in missing {
        match create(http, names, schema, &field).await {
            Ok(()) => work.created.push(field),
            Err(error) if error.code == ErrorCode::AuthError => return Err(denied(error, &work)),
            Err(error) => work.failed.push(FailedField { field, error }),
        }
    }
    for field in not_unique {
        match make_unique(http, schema, &field).await {
            Ok(()) => work.made_unique.push(field),
            Err(error) if error.code == ErrorCode::AuthError => return Err(denied(error, &work)),
            Err(error) => work.failed.push(FailedField { field, error }),
        }
    }
    Ok(work)
}

async fn create(
    http: &HttpClient,
    names: &FieldNames,
    schema: &WorkspaceSchema,
    field: &PlannedField,
) -> Result<(), CrmError> {
    let Some(object_id) = &schema.object(field.object).object_metadata_id else {
        // The schema comes from the OpenAPI document, so the key may not read metadata. This request makes the server
        // say so.
        http.call(Request::get("/rest/metadata/objects?limit=1"))
            .await?;
        return Err(unreadable(field));
    };
    let body = creation_body(names, field, object_id).ok_or_else(|| unreadable(field))?;
    // Field names are unique within an object: a retry either creates the field or reports that the name is taken.
    let request =
        Request::post("/rest/metadata/fields", Bytes::from(body.to_string())).repeatable(true);
    http.call(request).await.map(drop)
}

async fn make_unique(
    http: &HttpClient,
    schema: &WorkspaceSchema,
    field: &PlannedField,
) -> Result<(), CrmError> {
    let info = schema.object(field.object).active(&field.name);
    let Some(id) = info.and_then(|info| info.id.as_deref()) else {
        return Err(unreadable(field));
    };
    let body = Bytes::from(json!({"isUnique": true}).to_string());
    let request = Request::patch(format!("/rest/metadata/fields/{id}"), body);
    match http.call(request).await {
        Ok(_) => Ok(()),
        Err(mut error) if error.reason() == Some(error_reason::DUPLICATE) => {
            error.message = format!(
                "{}.{} could not be made unique, because two records have the same value (deleted ones count): clear \
                one of them, or destroy deleted records, then call apply() again",
                field.object.plural(),
                field.name
            );
            Err(error)
        }
        Err(error) => Err(error),
    }
}

fn unreadable(field: &PlannedField) -> CrmError {
    CrmError::new(
        ErrorCode::OperationFailed,
        format!(
            "{}.{} could not be changed: the workspace's metadata does not show its id; try again",
            field.object.plural(),
            field.name
        ),
    )
}

/// Says which permission to grant, what else helps, and what was done before the refusal.
fn may_not_change(error: CrmError, needed: &[String], work: &Work) -> CrmError {
    let mut denied = error;
    if denied.reason() == Some(error_reason::PERMISSION) {
        denied.message = format!(
            "The API key may not change the workspace's data model, which is needed for {}. Either give the key's \
            role the permission \"Data model\" in Twenty under Settings, Roles, or use a key with that permission \
            for this call, or create the fields by hand under Settings, Data model",
            needed.join(", ")
        );
    }
    let created: Vec<Value> = work.created.iter().map(|field| json!(field)).collect();
    let fields: Vec<Value> = needed.iter().map(|field| json!(field)).collect();
    denied
        .with_detail("created", created)
        .with_detail("needed", fields)
}

fn error_value<S: Serializer>(error: &CrmError, serializer: S) -> Result<S::Ok, S::Error> {
    error.to_value().serialize(serializer)
}

/// Parses a plan that a caller passes to `apply`: its missing and conflicting fields are to be changed.
///
/// # Errors
/// VALIDATION_ERROR if it is not a plan.
pub fn selection_from_json(text: &str) -> Result<Selection, CrmError> {
    let refuse = || {
        CrmError::validation(
            "plan",
            "plan must be a result of plan(): an object with the lists present, missing and conflicting",
        )
    };
    let plan: Map<String, Value> = serde_json::from_str(text).map_err(|_| refuse())?;
    let mut selection = Selection::new();
    for list in ["missing", "conflicting"] {
        let fields = plan
            .get(list)
            .and_then(Value::as_array)
            .ok_or_else(refuse)?;
        for field in fields {
            let kind = match field.get("object").and_then(Value::as_str) {
                Some("person") => ObjectKind::Person,
                Some("company") => ObjectKind::Company,
                _ => return Err(refuse()),
            };
            let name = field
                .get("name")
                .and_then(Value::as_str)
                .ok_or_else(refuse)?;
            selection.push((kind, name.to_owned()));
        }
    }
    Ok(selection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_back() {
        let text = r#"{"present":[],"missing":[{"object":"person","name":"city","type":"TEXT"}],
            "conflicting":[{"object":"company","name":"externalId","type":"TEXT","reason":"not_unique"}]}"#;
        let selection = selection_from_json(text).expect("a plan");
        assert_eq!(
            selection,
            [
                (ObjectKind::Person, "city".to_owned()),
                (ObjectKind::Company, "externalId".to_owned())
            ]
        );
        for bad in [
            "[]",
            "{}",
            r#"{"missing":1,"conflicting":[]}"#,
            r#"{"missing":[{"object":"note","name":"x"}],"conflicting":[]}"#,
            r#"{"missing":[{"object":"person"}],"conflicting":[]}"#,
        ] {
            assert_eq!(
                selection_from_json(bad).expect_err(bad).details["field"],
                "plan"
            );
        }
    }
}
