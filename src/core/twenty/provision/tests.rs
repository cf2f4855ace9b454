use std::collections::HashMap;

use super::*;
use ObjectKind::{Company, Person};

fn field(name: &str, kind: FieldKind, uniqueness: Uniqueness) -> (String, FieldInfo) {
    let info = FieldInfo {
        name: name.to_owned(),
        id: Some(format!("id-{name}")),
        kind,
        uniqueness,
        active: true,
    };
    (name.to_owned(), info)
}

fn plain(name: &str, kind: FieldKind) -> (String, FieldInfo) {
    field(name, kind, Uniqueness::No)
}

fn object(fields: impl IntoIterator<Item = (String, FieldInfo)>) -> ObjectSchema {
    ObjectSchema {
        object_metadata_id: Some("object".to_owned()),
        fields: HashMap::from_iter(fields),
    }
}

fn select() -> FieldKind {
    FieldKind::Select {
        options: Vec::new(),
    }
}

fn names(fields: &[PlannedField]) -> Vec<String> {
    fields
        .iter()
        .map(|field| {
            format!(
                "{}.{} {}",
                field.object.singular(),
                field.name,
                field.kind.as_str()
            )
        })
        .collect()
}

#[test]
fn an_empty_workspace_lacks_everything() {
    let schema = WorkspaceSchema::new(object([]), object([]));
    let found = plan(&schema, &FieldNames::default());
    assert_eq!(
        names(&found.missing),
        [
            "person.externalId TEXT",
            "person.accountType TEXT",
            "person.planCustom TEXT",
            "person.totalSubmissions NUMBER",
            "person.website LINKS",
            "person.city TEXT",
            "company.externalId TEXT",
            "company.website LINKS",
            "company.status TEXT",
        ]
    );
    assert!(found.present.is_empty() && found.conflicting.is_empty());
    for field in &found.missing {
        let body = creation_body(&FieldNames::default(), field, "object-1").expect("one of ours");
        assert_eq!(body["objectMetadataId"], "object-1");
        assert_eq!(body["type"], field.kind.as_str());
        assert_eq!(
            body["isUnique"].as_bool(),
            (field.name == "externalId").then_some(true)
        );
        assert!(!body["label"].as_str().unwrap_or_default().is_empty());
    }
}

#[test]
fn usable_field_types_are_not_changed() {
    let person = object([
        field("externalId", FieldKind::Text, Uniqueness::Yes),
        plain("accountType", select()),
        plain("subscriptionPlan", select()),
        plain("totalSubmissions", FieldKind::Text),
        plain("website", FieldKind::Text),
        plain("city", FieldKind::Text),
    ]);
    let company = object([
        field("externalId", FieldKind::Text, Uniqueness::Unproven),
        plain("website", FieldKind::Links),
        plain("status", select()),
    ]);
    let found = plan(
        &WorkspaceSchema::new(person, company),
        &FieldNames::default(),
    );
    assert!(found.missing.is_empty() && found.conflicting.is_empty());
    assert_eq!(found.present.len(), 9);
    let unproven: Vec<_> = found
        .present
        .iter()
        .filter(|field| field.reason.is_some())
        .map(|field| (field.object, field.name.as_str(), field.reason))
        .collect();
    assert_eq!(
        unproven,
        [(Company, "externalId", Some(PlanReason::UniquenessUnknown))]
    );
}

#[test]
fn conflicting_fields_say_why_and_what_to_do() {
    let mut switched_off = plain("city", FieldKind::Text);
    switched_off.1.active = false;
    let person = object([
        field("externalId", FieldKind::Text, Uniqueness::No),
        plain("accountType", FieldKind::Boolean),
        plain("totalSubmissions", FieldKind::Other("CURRENCY".into())),
        switched_off,
    ]);
    let company = object([field("externalId", FieldKind::Uuid, Uniqueness::Yes)]);
    let options = FieldNames {
        plan: vec!["plan".to_owned()],
        ..FieldNames::default()
    };
    let found = plan(&WorkspaceSchema::new(person, company), &options);
    let reasons: Vec<_> = found
        .conflicting
        .iter()
        .map(|field| (field.object, field.name.as_str(), field.reason))
        .collect();
    assert_eq!(
        reasons,
        [
            (Person, "externalId", Some(PlanReason::NotUnique)),
            (Person, "accountType", Some(PlanReason::WrongType)),
            (Person, "plan", Some(PlanReason::ReservedName)),
            (Person, "totalSubmissions", Some(PlanReason::WrongType)),
            (Person, "city", Some(PlanReason::Inactive)),
            (Company, "externalId", Some(PlanReason::WrongType)),
        ]
    );
    for field in &found.conflicting {
        let message = field.message.as_deref().unwrap_or_default();
        assert!(message.contains(&field.name), "{message}");
        assert!(message.contains("fieldNames") || message.contains("apply()"));
    }
}

#[test]
fn an_inactive_candidate_is_skipped_for_the_next() {
    let mut switched_off = plain("planCustom", FieldKind::Text);
    switched_off.1.active = false;
    let schema = WorkspaceSchema::new(object([switched_off]), object([]));
    let found = plan(&schema, &FieldNames::default());
    assert!(
        found
            .missing
            .iter()
            .any(|field| field.name == "subscriptionPlan")
    );
}

#[test]
fn names_can_be_overridden() {
    let options = FieldNames {
        external_id: "siteId".to_owned(),
        ..FieldNames::default()
    };
    let schema = WorkspaceSchema::new(object([]), object([]));
    let found = plan(&schema, &options);
    let first = found.missing.first().expect("a field");
    assert_eq!(describe(&options, first), "people.siteId (TEXT, unique)");
    assert!(is_wanted(&options, Person, "siteId"));
    assert!(!is_wanted(&options, Person, "externalId"));
    assert!(!is_wanted(&options, Company, "city"));
}

#[test]
fn a_plan_crosses_as_json_in_the_documented_shape() {
    let schema = WorkspaceSchema::new(object([]), object([]));
    let found = plan(&schema, &FieldNames::default());
    let text = serde_json::to_value(found.missing.first()).expect("JSON");
    assert_eq!(
        text,
        serde_json::json!({"object": "person", "name": "externalId", "type": "TEXT"})
    );
}
