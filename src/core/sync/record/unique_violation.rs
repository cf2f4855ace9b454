//! Duplicates in fields that the workspace keeps unique but look-ups do not ask for: a name, a phone, or any field that
//! somebody made unique. No look-up finds the other row. Servers up to 2.31 do not name the field when they refuse;
//! newer ones name the constraint, which leads to it.

use serde_json::{Map, Value};

use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::twenty::constraint::Constraint;
use crate::core::twenty::schema::{ObjectSchema, Uniqueness};

use super::rules::Rules;
use super::upsert::{Refused, Upsert};

/// After this many refusals of the same payload, with a look-up in between that changes nothing, such a field is taken
/// to be the cause. A single refusal may come from a race that is already over.
const ENOUGH_TIMES: u32 = 2;

impl Upsert {
    /// Remembers that a payload was refused as a duplicate. Returns whether a changed schema would explain the refusal.
    pub(super) fn note_refused(
        &mut self,
        rules: &Rules,
        payload: &Map<String, Value>,
        error: &CrmError,
    ) -> bool {
        let times = match &self.refused {
            Some(refused) if refused.payload == *payload => refused.times + 1,
            // If the server names the field, one refusal is enough.
            _ if self
                .named_field(rules, error)
                .is_some_and(|field| !self.is_looked_up(field)) =>
            {
                ENOUGH_TIMES
            }
            _ => 1,
        };
        self.refused = Some(Refused {
            payload: payload.clone(),
            times,
            error: error.clone(),
        });
        times == ENOUGH_TIMES && self.further_unique_fields(rules, payload, error).is_empty()
    }

    /// Fails if this very payload was refused before and fields that look-ups do not ask for explain it.
    pub(super) fn check_refused(
        &self,
        rules: &Rules,
        payload: &Map<String, Value>,
    ) -> Result<(), CrmError> {
        match &self.refused {
            Some(refused)
                if refused.times >= ENOUGH_TIMES
                    && refused.payload == *payload
                    && !self
                        .further_unique_fields(rules, payload, &refused.error)
                        .is_empty() =>
            {
                Err(self.value_taken(rules, refused))
            }
            _ => Ok(()),
        }
    }

    /// The error of a record that was refused as a duplicate at every try, if nothing changed in between and the schema
    /// does not say which fields are unique.
    pub(super) fn taken_unseen(&self, rules: &Rules) -> Option<CrmError> {
        let refused = self.refused.as_ref()?;
        if let Some(field) = self.named_field(rules, &refused.error) {
            return (!self.is_looked_up(field)).then(|| self.value_taken(rules, refused));
        }
        let is_steady = refused.times >= ENOUGH_TIMES && refused.times > self.conflicts;
        let object = rules.object();
        let is_open = refused
            .payload
            .keys()
            .filter_map(|name| object.fields.get(name))
            .any(|field| field.uniqueness == Uniqueness::Unproven);
        (is_steady && is_open).then(|| self.value_taken(rules, refused))
    }

    /// The field with the duplicate value, if the server names its constraint.
    pub(super) fn named_field<'r>(&self, rules: &'r Rules, error: &CrmError) -> Option<&'r str> {
        let said = error.details.get("originalError").and_then(Value::as_str)?;
        let fields = rules.object().fields.keys();
        Constraint::find(said)?.field_of(self.kind().singular(), fields.map(String::as_str))
    }

    fn is_looked_up(&self, field: &str) -> bool {
        field == self.kind().unique_field() || Some(field) == self.mapped.external_id_field.name()
    }

    fn further_unique_fields(
        &self,
        rules: &Rules,
        payload: &Map<String, Value>,
        error: &CrmError,
    ) -> Vec<String> {
        match self.named_field(rules, error) {
            Some(field) if self.is_looked_up(field) => Vec::new(),
            Some(field) => vec![field.to_owned()],
            None => {
                let external_id_field = self.mapped.external_id_field.name();
                let looked_up = [Some(self.kind().unique_field()), external_id_field];
                further_unique_fields(rules.object(), payload, looked_up)
            }
        }
    }

    fn value_taken(&self, rules: &Rules, refused: &Refused) -> CrmError {
        let fields = self.further_unique_fields(rules, &refused.payload, &refused.error);
        let which = match fields.as_slice() {
            [] => "value of a field that this workspace keeps unique".to_owned(),
            [one] => format!("{one}, which this workspace keeps unique"),
            many => format!(
                "value of one of {}, which this workspace keeps unique",
                many.join(", ")
            ),
        };
        let mut error = CrmError::new(
            ErrorCode::ValidationError,
            format!(
                "{} {:?} was refused as a duplicate: another row, deleted ones included, has the same {which}. Change \
                 this record or that row, or make the field not unique in Twenty under Settings, Data model",
                self.kind().singular(),
                self.input.external_id(),
            ),
        )
        .with_detail("reason", error_reason::DUPLICATE)
        .with_detail("externalId", self.input.external_id())
        .with_detail("object", self.kind().singular())
        .with_detail("fields", fields);
        if let Some(said) = refused.error.details.get("originalError") {
            error = error.with_detail("originalError", said.clone());
        }
        error.status = refused.error.status;
        error
    }
}

/// Fields of the payload that the workspace keeps unique, except those that look-ups ask for.
fn further_unique_fields(
    object: &ObjectSchema,
    payload: &Map<String, Value>,
    looked_up: [Option<&str>; 2],
) -> Vec<String> {
    payload
        .keys()
        .filter(|name| *name != "id" && !looked_up.contains(&Some(name.as_str())))
        .filter_map(|name| object.active(name))
        .filter(|field| field.uniqueness == Uniqueness::Yes)
        .map(|field| field.name.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::core::twenty::schema::{FieldInfo, FieldKind};

    #[test]
    fn only_sent_fields_outside_look_ups_can_be_the_cause() {
        let field = |name: &str, uniqueness, active| {
            let kind = FieldKind::Text;
            let id = None;
            let info = FieldInfo {
                name: name.to_owned(),
                id,
                kind,
                uniqueness,
                active,
            };
            (name.to_owned(), info)
        };
        let object = ObjectSchema {
            object_metadata_id: None,
            fields: [
                field("id", Uniqueness::Yes, true),
                field("externalId", Uniqueness::Yes, true),
                field("domainName", Uniqueness::Yes, true),
                field("name", Uniqueness::Yes, true),
                field("status", Uniqueness::No, true),
                field("website", Uniqueness::Unproven, true),
                field("code", Uniqueness::Yes, false),
                field("other", Uniqueness::Yes, true),
            ]
            .into(),
        };
        let Value::Object(payload) = json!({
            "id": "1", "externalId": "c1", "domainName": {}, "name": "Acme", "status": "NEW", "website": {}, "code": "x"
        }) else {
            unreachable!("an object");
        };
        let looked_up = [Some("domainName"), Some("externalId")];
        assert_eq!(
            further_unique_fields(&object, &payload, looked_up),
            ["name"]
        );
    }
}
