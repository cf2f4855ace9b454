//! Error shape 3: validation errors of metadata, grouped by kind of object (`docs/twenty/protocol.md#errors`).

use serde_json::{Map, Value, json};

use crate::errors::ApiError;
use crate::metadata::print::universal_id;

/// One rule that was broken.
#[derive(Debug, Clone)]
pub struct Problem {
    /// `NOT_AVAILABLE`, `INVALID_FIELD_INPUT`, ...
    pub code: &'static str,
    /// For developers.
    pub message: String,
    /// For people; the same text unless set.
    pub friendly: Option<String>,
    /// The invalid value, if it is shown.
    pub value: Option<Value>,
    /// Whether the text for people is left out.
    is_internal: bool,
}

impl Problem {
    /// A problem whose two texts are the same.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            friendly: None,
            value: None,
            is_internal: false,
        }
    }

    /// Adds the value that was wrong.
    #[must_use]
    pub fn with_value(mut self, value: impl Into<Value>) -> Self {
        self.value = Some(value.into());
        self
    }

    /// Sets another text for people.
    #[must_use]
    pub fn with_friendly(mut self, friendly: &str) -> Self {
        self.friendly = Some(friendly.to_owned());
        self
    }

    /// Leaves out the text for people.
    #[must_use]
    pub fn for_developers(mut self) -> Self {
        self.is_internal = true;
        self
    }

    /// The name belongs to another field of the object.
    pub fn name_taken(name: &str) -> Self {
        let message =
            format!("Name \"{name}\" is not available as it is already used by another field");
        Self::new("NOT_AVAILABLE", message).with_value(name)
    }

    fn print(&self) -> Value {
        let mut printed = json!({ "code": self.code, "message": self.message });
        if !self.is_internal {
            let friendly = self.friendly.as_ref().unwrap_or(&self.message);
            printed["userFriendlyMessage"] = Value::from(friendly.as_str());
        }
        if let Some(value) = &self.value {
            printed["value"] = value.clone();
        }
        printed
    }
}

/// One failed step of a change: the kind of object, which one, and the problems.
#[derive(Debug, Clone)]
pub struct FailedStep {
    /// `fieldMetadata`, `objectMetadata`, `index`, `viewField`, ...
    pub kind: &'static str,
    /// Identifies the object.
    pub what: Value,
    /// Rules it broke.
    pub problems: Vec<Problem>,
}

/// A change that failed validation: every step is reported.
pub fn failed_change(message: &str, steps: &[FailedStep]) -> ApiError {
    let mut errors: Map<String, Value> = Map::new();
    for step in steps {
        let entry = json!({
            "status": "fail",
            "errors": step.problems.iter().map(Problem::print).collect::<Vec<_>>(),
            "flatEntityMinimalInformation": step.what,
            "metadataName": step.kind,
            "type": "create",
        });
        if let Value::Array(list) = errors
            .entry(step.kind)
            .or_insert_with(|| Value::Array(Vec::new()))
        {
            list.push(entry);
        }
    }
    let friendly = match steps {
        [only] => only.problems.first().and_then(|p| p.friendly.clone()),
        _ => None,
    };
    body(
        message,
        errors,
        friendly.unwrap_or_else(|| "Many validation errors".to_owned()),
    )
}

/// A change whose target does not exist; it has a shorter form.
pub fn missing_target(message: &str, action: &str, problem: &Problem) -> ApiError {
    let mut errors = Map::new();
    errors.insert(
        "fieldMetadata".to_owned(),
        json!([{
            "errors": [problem.print()],
            "type": action,
            "metadataName": "fieldMetadata",
            "flatEntityMinimalInformation": { "id": "" },
        }]),
    );
    let friendly = problem
        .friendly
        .clone()
        .unwrap_or_else(|| problem.message.clone());
    body(message, errors, friendly)
}

fn body(message: &str, errors: Map<String, Value>, friendly: String) -> ApiError {
    let counts: Map<String, Value> = errors
        .iter()
        .map(|(kind, list)| {
            (
                kind.clone(),
                Value::from(list.as_array().map_or(0, Vec::len)),
            )
        })
        .collect();
    let total: u64 = counts.values().filter_map(Value::as_u64).sum();
    let mut summary = Map::from_iter([("totalErrors".to_owned(), Value::from(total))]);
    summary.extend(counts);
    ApiError::Metadata {
        status: 400,
        body: json!({
            "statusCode": 400,
            "error": "METADATA_VALIDATION_ERROR",
            "message": message,
            "errors": errors,
            "summary": summary,
            "userFriendlyMessage": friendly,
        }),
    }
}

/// The views that a new field is added to; if the field fails, these steps fail too.
pub fn view_field_noise(field_id: &str, random_ids: [String; 2]) -> Vec<FailedStep> {
    random_ids
        .into_iter()
        .zip(["view:table", "view:page"])
        .map(|(id, view)| FailedStep {
            kind: "viewField",
            what: json!({
                "universalIdentifier": id,
                "viewUniversalIdentifier": universal_id(view),
                "fieldMetadataUniversalIdentifier": field_id,
            }),
            problems: vec![Problem::new(
                "INVALID_VIEW_DATA",
                "Field metadata not found",
            )],
        })
        .collect()
}
