//! Parses events of Twenty's webhooks, as far as mappings need it (`docs/twenty/protocol.md#webhooks`).

use serde::Deserialize;
use serde_json::{Map, Value};

use super::fields::FieldNames;
use super::ids::{CrmId, ObjectKind};
use super::timestamp::parse_millis;
use crate::core::error::CrmError;

/// What happened to the record, according to the event's name and the record itself: a deleted record stays deleted
/// when it is written, and one that is restored by a write has an event `updated`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was created or edited.
    Written,
    /// It is soft-deleted.
    Deleted,
    /// It was soft-deleted and is restored.
    Restored,
    /// It is permanently deleted.
    Destroyed,
}

/// The external id of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// The workspace has no field for it.
    Nowhere,
    /// The field is blank.
    Nothing,
    /// The external id as the CRM stores it.
    Stored(String),
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookEvent {
    /// Person or company; `None` for objects that are not synced.
    pub kind: Option<ObjectKind>,
    /// The workspace of the event, if it is given.
    pub workspace_id: Option<String>,
    /// What happened.
    pub change: Change,
    /// Whether it was just created.
    pub is_new: bool,
    /// Its id.
    pub crm_id: CrmId,
    /// Its external id after the change.
    pub carried: Carried,
    /// When it was last changed, in milliseconds since the epoch by the server's clock; 0 if unknown. It orders the
    /// events and our own writes of one record. The event of a destroyed record has the time of its last change.
    pub version: u64,
    /// The changed fields; empty if the event does not list them.
    pub updated_fields: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    event_name: String,
    object_metadata: ObjectName,
    workspace_id: Option<String>,
    record: Map<String, Value>,
    updated_fields: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ObjectName {
    name_singular: String,
}

impl WebhookEvent {
    /// Parses an event; `names` tells which field has the external id.
    ///
    /// # Errors
    /// VALIDATION_ERROR with field `event`.
    pub fn parse(json: &str, names: &FieldNames) -> Result<Self, CrmError> {
        let wire: Wire = serde_json::from_str(json).map_err(|error| {
            CrmError::validation("event", format!("event is no webhook event: {error}"))
        })?;
        let text = |field: &str| wire.record.get(field).and_then(Value::as_str);
        let crm_id = text("id").and_then(CrmId::parse).ok_or_else(|| {
            CrmError::validation("event", "event.record.id must be the record's id, a UUID")
        })?;
        let updated_fields = wire.updated_fields.unwrap_or_default();
        let action = wire.event_name.rsplit('.').next().unwrap_or_default();
        let is_deleted = wire.record.get("deletedAt").is_some_and(|at| !at.is_null());
        let change = match action {
            "destroyed" => Change::Destroyed,
            _ if is_deleted => Change::Deleted,
            // If the record does not show it, the event's name decides.
            "deleted" if !wire.record.contains_key("deletedAt") => Change::Deleted,
            "restored" => Change::Restored,
            _ if updated_fields.iter().any(|field| field == "deletedAt") => Change::Restored,
            _ => Change::Written,
        };
        let carried = match wire.record.get(&names.external_id) {
            None => Carried::Nowhere,
            Some(Value::String(stored)) if !stored.is_empty() => Carried::Stored(stored.clone()),
            Some(_) => Carried::Nothing,
        };
        let name = wire.object_metadata.name_singular;
        Ok(Self {
            kind: [ObjectKind::Person, ObjectKind::Company]
                .into_iter()
                .find(|kind| kind.singular() == name),
            workspace_id: wire.workspace_id,
            change,
            is_new: action == "created",
            crm_id,
            carried,
            version: text("updatedAt").and_then(parse_millis).unwrap_or(0),
            updated_fields,
        })
    }

    /// Whether the event lists its changed fields and we write none of them. Names are compared by prefix, so that a
    /// subfield counts as its composite.
    pub fn spares(&self, kind: ObjectKind, names: &FieldNames) -> bool {
        if self.change != Change::Written || self.updated_fields.is_empty() {
            return false;
        }
        let written = names.written(kind);
        self.updated_fields
            .iter()
            .all(|field| !written.iter().any(|name| field.starts_with(name)))
    }

    /// Whether the record may have had another external id before.
    pub fn may_have_moved(&self, names: &FieldNames) -> bool {
        self.change == Change::Written
            && !self.is_new
            && (self.updated_fields.is_empty() || self.updated_fields.contains(&names.external_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ID: &str = "9e3fd094-5da5-402b-b1d6-658a8b939587";

    fn event(action: &str, record: Value, updated_fields: Value) -> WebhookEvent {
        let mut record = record;
        record["id"] = ID.into();
        let json = json!({
            "eventName": format!("person.{action}"),
            "objectMetadata": {"nameSingular": "person"},
            "record": record,
            "updatedFields": updated_fields,
        });
        WebhookEvent::parse(&json.to_string(), &FieldNames::default()).expect("an event")
    }

    #[test]
    fn the_event_says_what_happened_to_the_record() {
        let at = "2026-11-23T12:31:30.275Z";
        for (action, deleted_at, fields, change) in [
            ("created", json!(null), json!(null), Change::Written),
            ("updated", json!(null), json!(["jobTitle"]), Change::Written),
            ("updated", json!(at), json!(["jobTitle"]), Change::Deleted),
            (
                "updated",
                json!(null),
                json!(["deletedAt"]),
                Change::Restored,
            ),
            ("deleted", json!(at), json!(["deletedAt"]), Change::Deleted),
            (
                "restored",
                json!(null),
                json!(["deletedAt"]),
                Change::Restored,
            ),
            ("destroyed", json!(at), json!(null), Change::Destroyed),
            ("merged", json!(null), json!(null), Change::Written),
        ] {
            let read = event(action, json!({"deletedAt": deleted_at}), fields);
            assert_eq!(read.change, change, "{action}");
        }
        assert_eq!(
            event("deleted", json!({}), json!(null)).change,
            Change::Deleted
        );
    }

    #[test]
    fn blank_is_not_missing() {
        let carried = |record| event("updated", record, json!(null)).carried;
        assert_eq!(carried(json!({})), Carried::Nowhere);
        assert_eq!(carried(json!({"externalId": ""})), Carried::Nothing);
        assert_eq!(carried(json!({"externalId": null})), Carried::Nothing);
        let stored = Carried::Stored("site:1".into());
        assert_eq!(carried(json!({"externalId": "site:1"})), stored);
    }

    #[test]
    fn only_changes_of_foreign_fields_keep_the_hash() {
        let names = FieldNames::default();
        let spares =
            |fields| event("updated", json!({}), fields).spares(ObjectKind::Person, &names);
        assert!(spares(json!(["avatarUrl", "updatedBy", "position"])));
        for touched in [
            "jobTitle",
            "name",
            "nameFirstName",
            "companyId",
            "planCustom",
            "externalId",
        ] {
            assert!(!spares(json!(["avatarUrl", touched])), "{touched}");
        }
        assert!(!spares(json!([])) && !spares(json!(null)));
    }

    #[test]
    fn invalid_events_are_refused() {
        for bad in [
            "[]",
            "{}",
            r#"{"eventName":"person.created","objectMetadata":{"nameSingular":"person"},"record":{}}"#,
            r#"{"eventName":"person.created","objectMetadata":{"nameSingular":"person"},"record":{"id":"1"}}"#,
        ] {
            let error = WebhookEvent::parse(bad, &FieldNames::default()).expect_err(bad);
            assert_eq!(error.details["field"], "event");
        }
    }
}
