use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::core::twenty::fields::{ExternalIdField, FieldNames};
use crate::core::twenty::ids::ObjectKind;

/// A file of the shared material beside the repository, if it exists.
fn shared(path: &str) -> Option<Vec<u8>> {
    let full = format!("{}/../shared/twenty/{path}", env!("CARGO_MANIFEST_DIR"));
    let found = std::fs::read(&full).ok();
    if found.is_none() {
        eprintln!("skipped: {path} is not there");
    }
    found
}

fn recorded_body(path: &str) -> Option<Value> {
    let transcript: Value = serde_json::from_slice(&shared(path)?).expect("a transcript");
    Some(transcript["response"]["body"].clone())
}

fn page(objects: &Value, legacy: bool) -> Bytes {
    let info = json!({"hasNextPage": true, "startCursor": "a", "endCursor": "b"});
    let data = if legacy {
        json!({"objects": objects})
    } else {
        objects.clone()
    };
    Bytes::from(json!({"data": data, "pageInfo": info, "totalCount": 2}).to_string())
}

fn field(name: &str, kind: &str, unique: bool) -> Value {
    json!({"id": format!("id-{name}"), "name": name, "type": kind, "isUnique": unique, "isActive": true,
           "label": "x", "defaultValue": {"any": ["thing"]}, "options": null})
}

fn object(name: &str, fields: &[Value]) -> Value {
    json!({"id": format!("id-{name}"), "icon": "I", "nameSingular": name, "fields": fields})
}

#[test]
fn both_formats_give_the_same_schema() {
    let select = json!({"name": "plan", "type": "SELECT", "isUnique": false,
                        "options": [{"value": "FREE", "label": "Free", "color": "blue", "position": 0}]});
    let mut inactive = field("city", "TEXT", false);
    inactive["isActive"] = false.into();
    let person = object(
        "person",
        &[field("externalId", "TEXT", true), select, inactive],
    );
    let company = object(
        "company",
        &[
            field("website", "LINKS", false),
            field("x", "RATING", false),
        ],
    );
    let other = json!({"nameSingular": "note", "fields": "never looked at"});

    let legacy = WorkspaceSchema::from_metadata_objects(&[
        page(&json!([other, person]), true),
        page(&json!([company]), true),
    ]);
    let new =
        WorkspaceSchema::from_metadata_objects(&[page(&json!([company, other, person]), false)]);
    let schema = legacy.expect("a schema");
    assert_eq!(new.expect("a schema"), schema);

    assert_eq!(
        schema.person.object_metadata_id.as_deref(),
        Some("id-person")
    );
    assert_eq!(
        schema.person.active("externalId").map(|f| f.uniqueness),
        Some(Uniqueness::Yes)
    );
    let options = vec![SelectOption {
        value: "FREE".into(),
        label: Some("Free".into()),
    }];
    assert_eq!(
        schema.person.active("plan").map(|f| &f.kind),
        Some(&FieldKind::Select { options })
    );
    assert!(schema.person.active("city").is_none() && schema.person.fields.contains_key("city"));
    assert_eq!(
        schema.company.active("x").map(|f| f.kind.clone()),
        Some(FieldKind::Other("RATING".into()))
    );
}

#[test]
fn the_revision_follows_the_content_and_nothing_else() {
    let build = |unique, id: &str| {
        let mut external = field("externalId", "TEXT", unique);
        external["id"] = id.into();
        let person = object(
            "person",
            &[
                external,
                field("a", "TEXT", false),
                field("b", "TEXT", false),
            ],
        );
        let pages = [page(&json!([person, object("company", &[])]), false)];
        WorkspaceSchema::from_metadata_objects(&pages)
            .expect("a schema")
            .revision
    };
    assert_eq!(build(true, "1"), build(true, "2"));
    assert_ne!(build(true, "1"), build(false, "1"));
}

#[test]
fn an_answer_without_a_schema_is_an_error() {
    for body in [
        "",
        "[]",
        "<html>",
        r#"{"data":{}}"#,
        r#"{"data":{"objects":[{"nameSingular":"person","fields":3}]}}"#,
    ] {
        assert!(
            WorkspaceSchema::from_metadata_objects(&[Bytes::from(body)]).is_err(),
            "{body}"
        );
        assert!(
            WorkspaceSchema::from_openapi(body.as_bytes()).is_err(),
            "{body}"
        );
    }
    let pages = [page(&json!([object("person", &[])]), false)];
    let error = WorkspaceSchema::from_metadata_objects(&pages).expect_err("no company");
    assert!(error.message.contains("company"));
}

#[test]
fn pages_say_where_to_go_on() {
    assert_eq!(
        next_metadata_cursor(&page(&json!([]), true)).expect("a page"),
        Some("b".into())
    );
    let last = br#"{"data":[],"pageInfo":{"hasNextPage":false,"startCursor":"a","endCursor":"b"}}"#;
    assert_eq!(next_metadata_cursor(last).expect("a page"), None);
}

#[test]
fn recorded_metadata_is_read() {
    let legacy = recorded_body("transcripts/082-metadata-object-by-id.json");
    let new = recorded_body("transcripts/439-newformat-object-by-id.json");
    let (Some(legacy), Some(new)) = (legacy, new) else {
        return;
    };
    let company = page(&json!([object("company", &[])]), true);
    for body in [legacy, new] {
        let pages = [Bytes::from(body.to_string()), company.clone()];
        let person = WorkspaceSchema::from_metadata_objects(&pages)
            .expect("a schema")
            .person;
        let kind = |name: &str| person.active(name).map(|field| field.kind.clone());
        assert_eq!(kind("emails"), Some(FieldKind::Emails));
        assert_eq!(kind("phones"), Some(FieldKind::Phones));
        assert_eq!(kind("name"), Some(FieldKind::FullName));
        assert_eq!(kind("company"), Some(FieldKind::Relation));
        assert_eq!(kind("jobTitle"), Some(FieldKind::Text));
        assert_eq!(
            person.active("emails").map(|field| field.uniqueness),
            Some(Uniqueness::Yes)
        );
        assert_eq!(
            FieldNames::default().external_id_in(&person),
            ExternalIdField::Missing
        );
    }
    for path in [
        "transcripts/078-metadata-objects-limit1.json",
        "transcripts/438-newformat-objects-list.json",
    ] {
        let Some(body) = recorded_body(path) else {
            return;
        };
        let body = Bytes::from(body.to_string());
        assert!(next_metadata_cursor(&body).expect("a page").is_some());
        // A valid page without people: an error about the object, not about the format.
        let error = WorkspaceSchema::from_metadata_objects(&[body]).expect_err("no person");
        assert_eq!(error.reason(), Some("NO_OBJECT"));
    }
}

#[test]
fn the_recorded_openapi_document_is_read() {
    let Some(body) = shared("openapi-core-provisioned.json") else {
        return;
    };
    let schema = WorkspaceSchema::from_openapi(&body).expect("a schema");
    let kind = |object: ObjectKind, name: &str| {
        schema
            .object(object)
            .active(name)
            .map(|field| field.kind.clone())
    };
    for (name, expected) in [
        ("externalId", FieldKind::Text),
        ("accountType", FieldKind::Text),
        ("planCustom", FieldKind::Text),
        ("totalSubmissions", FieldKind::Number),
        ("website", FieldKind::Links),
        ("emails", FieldKind::Emails),
        ("phones", FieldKind::Phones),
        ("name", FieldKind::FullName),
        ("companyId", FieldKind::Relation),
    ] {
        assert_eq!(kind(ObjectKind::Person, name), Some(expected), "{name}");
    }
    let tiers = ["FREE", "PREMIUM"].map(|value| SelectOption {
        value: value.into(),
        label: None,
    });
    assert_eq!(
        kind(ObjectKind::Company, "tier"),
        Some(FieldKind::Select {
            options: tiers.into()
        })
    );
    let unique = |object: ObjectKind, name: &str| {
        schema
            .object(object)
            .active(name)
            .map(|field| field.uniqueness)
    };
    assert_eq!(
        unique(ObjectKind::Company, "domainName"),
        Some(Uniqueness::Yes)
    );
    assert_eq!(
        unique(ObjectKind::Company, "externalId"),
        Some(Uniqueness::Unproven)
    );
    let names = FieldNames::default();
    assert_eq!(
        names.external_id_in(&schema.person),
        ExternalIdField::Unproven("externalId".into())
    );
    assert_eq!(names.plan_in(&schema.person), "planCustom");
}
