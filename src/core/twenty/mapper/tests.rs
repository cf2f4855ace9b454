use proptest::prelude::*;

use super::super::company::{company_to_entity, map_company};
use super::super::company_key::CompanyKey;
use super::super::comparison::{holds, only_blank};
use super::super::domain::DomainForm;
use super::super::email_policy::{EmailPolicy, InvalidEmail, MissingEmail};
use super::super::fields::{ExternalIdField, FieldNames};
use super::super::ids::ObjectKind;
use super::super::input::{CompanyInput, PersonInput};
use super::super::person::{map_person, person_to_entity};
use super::super::phone::Country;
use super::super::schema::{FieldInfo, ObjectSchema, Uniqueness};
use super::*;

fn schema(fields: &[(&str, FieldKind)]) -> ObjectSchema {
    let info = |(name, kind): &(&str, FieldKind)| {
        let unique = matches!(*name, "externalId" | "emails" | "domainName");
        let info = FieldInfo {
            name: (*name).to_owned(),
            id: None,
            kind: kind.clone(),
            uniqueness: if unique {
                Uniqueness::Yes
            } else {
                Uniqueness::No
            },
            active: true,
        };
        ((*name).to_owned(), info)
    };
    ObjectSchema {
        object_metadata_id: None,
        fields: fields.iter().map(info).collect(),
    }
}

fn plans() -> FieldKind {
    let option = |value: &str, label: &str| SelectOption {
        value: value.into(),
        label: Some(label.into()),
    };
    FieldKind::Select {
        options: vec![
            option("FREE", "Gratis"),
            option("FREE_TRIAL", "Trial"),
            option("PREMIUM", "Premium"),
        ],
    }
}

fn provisioned() -> ObjectSchema {
    schema(&[
        ("externalId", FieldKind::Text),
        ("emails", FieldKind::Emails),
        ("phones", FieldKind::Phones),
        ("domainName", FieldKind::Links),
        ("jobTitle", FieldKind::Text),
        ("website", FieldKind::Links),
        ("city", FieldKind::Text),
        ("accountType", FieldKind::Text),
        ("planCustom", plans()),
        ("status", FieldKind::Text),
        ("totalSubmissions", FieldKind::Number),
    ])
}

fn context<'a>(schema: &'a ObjectSchema, names: &'a FieldNames) -> MapContext<'a> {
    MapContext {
        schema,
        field_names: names,
        default_country: None,
        emails: EmailPolicy::default(),
        company_key: CompanyKey::default(),
        namespace: None,
        domain_form: DomainForm::Https,
    }
}

fn person(extra: Value) -> PersonInput {
    let mut object = json!({"external_id": "1", "name": "Jane Smith", "email": "Jane@Example.com"});
    if let (Value::Object(object), Value::Object(extra)) = (&mut object, extra) {
        object.extend(extra);
    }
    PersonInput::parse(&object.to_string()).expect("an input")
}

fn company(extra: Value) -> CompanyInput {
    let mut object = json!({"external_id": "1", "name": "Acme"});
    if let (Value::Object(object), Value::Object(extra)) = (&mut object, extra) {
        object.extend(extra);
    }
    CompanyInput::parse(&object.to_string()).expect("an input")
}

fn reasons(record: &MappedRecord) -> Vec<(&str, &str)> {
    record
        .warnings
        .iter()
        .map(|warning| (warning.field.as_str(), warning.reason))
        .collect()
}

#[test]
fn a_full_person_is_translated() {
    let (schema, names) = (provisioned(), FieldNames::default());
    let input = person(json!({
        "name": " Ludwig  van Beethoven ", "phone": "+33 6 12 34 56 78", "job_title": "Composer", "website": "beethoven.example/",
        "city": "Bonn", "account_type": "business", "plan": "free-trial", "total_submissions": 5.0,
        "company_name": "Stale Ltd", "company_external_id": "c1",
    }));
    let record = map_person(&input, &context(&schema, &names)).expect("a record");
    assert_eq!(
        Value::Object(record.fields),
        json!({
            "name": {"firstName": "Ludwig", "lastName": "van Beethoven"},
            "emails": {"primaryEmail": "jane@example.com"},
            "phones": {"primaryPhoneNumber": "612345678", "primaryPhoneCountryCode": "FR", "primaryPhoneCallingCode": "+33"},
            "jobTitle": "Composer",
            "website": {"primaryLinkUrl": "https://beethoven.example"},
            "city": "Bonn",
            "accountType": "business",
            "planCustom": "FREE_TRIAL",
            "totalSubmissions": 5,
        })
    );
    assert_eq!(record.warnings, []);
    assert_eq!(record.id, ids::record_id(ObjectKind::Person, None, "1"));
    assert_eq!(
        record.external_id_field,
        ExternalIdField::Unique("externalId".into())
    );
    let unique = record.unique_value.expect("an e-mail");
    assert_eq!(
        (unique.field, unique.input_field, unique.value.as_str()),
        ("emails", "email", "jane@example.com")
    );
}

#[test]
fn absent_stays_and_null_clears_by_subfields() {
    let (schema, names) = (provisioned(), FieldNames::default());
    let context = context(&schema, &names);
    let bare = map_person(&person(json!({})), &context).expect("a record");
    assert_eq!(bare.fields.keys().collect::<Vec<_>>(), ["name", "emails"]);
    for blank in [json!(null), json!(" ")] {
        let input = person(json!({
            "phone": blank, "job_title": blank, "website": blank, "city": blank, "account_type": blank,
            "plan": blank, "total_submissions": null,
        }));
        let record = map_person(&input, &context).expect("a record");
        assert_eq!(record.warnings, []);
        // Part by part: the server ignores a composite that is null.
        for (name, value) in [
            (
                "phones",
                json!({"primaryPhoneNumber": null, "primaryPhoneCountryCode": null, "primaryPhoneCallingCode": null}),
            ),
            ("website", json!({"primaryLinkUrl": null})),
            ("jobTitle", Value::Null),
            ("city", Value::Null),
            ("accountType", Value::Null),
            ("planCustom", Value::Null),
            ("totalSubmissions", Value::Null),
        ] {
            assert_eq!(record.fields.get(name), Some(&value), "{name}");
        }
    }
    let cleared = map_company(
        &company(json!({"domain_name": null, "website": null, "status": null})),
        &context,
    )
    .expect("a record");
    assert_eq!(
        cleared.fields["domainName"],
        json!({"primaryLinkUrl": null})
    );
    assert_eq!(cleared.unique_value, None);
}

/// The server accepts `null` for a composite, answers with success, and changes nothing.
#[test]
fn no_composite_is_cleared_as_a_whole() {
    let composites =
        ["CURRENCY", "ADDRESS", "ACTOR", "RICH_TEXT"].map(|kind| FieldKind::Other(kind.into()));
    let names = FieldNames::default();
    for kind in composites.into_iter().chain([
        FieldKind::Links,
        FieldKind::Emails,
        FieldKind::Phones,
        FieldKind::FullName,
    ]) {
        let ours = [
            "jobTitle",
            "website",
            "city",
            "accountType",
            "planCustom",
            "totalSubmissions",
            "status",
        ];
        let mut fields = vec![
            ("phones", FieldKind::Phones),
            ("domainName", FieldKind::Links),
        ];
        fields.extend(ours.map(|name| (name, kind.clone())));
        let schema = schema(&fields);
        let context = context(&schema, &names);
        for blank in [json!(null), json!(" ")] {
            let person = person(json!({
                "phone": blank, "job_title": blank, "website": blank, "city": blank, "account_type": blank,
                "plan": blank, "total_submissions": null,
            }));
            let company = company(json!({"domain_name": blank, "website": blank, "status": blank}));
            let person = map_person(&person, &context).expect("a record");
            let company = map_company(&company, &context).expect("a record");
            for (name, value) in person.fields.iter().chain(&company.fields) {
                assert!(!value.is_null(), "{name} as {kind:?}");
            }
        }
    }
}

#[test]
fn a_bare_workspace_gets_what_it_can_hold() {
    let names = FieldNames::default();
    let bare = schema(&[
        ("emails", FieldKind::Emails),
        ("phones", FieldKind::Phones),
        ("jobTitle", FieldKind::Text),
    ]);
    let context = context(&bare, &names);
    let given = person(
        json!({"website": "a.b", "city": "Bonn", "account_type": "x", "plan": "y", "total_submissions": 1}),
    );
    let record = map_person(&given, &context).expect("a record");
    let missing = reason::MISSING_FIELD;
    let expected = [
        "website",
        "city",
        "account_type",
        "plan",
        "total_submissions",
    ]
    .map(|field| (field, missing));
    assert_eq!(reasons(&record), expected);
    assert_eq!(record.external_id_field, ExternalIdField::Missing);
    // Twenty reserves the name "plan", so the advice must be one that works.
    let plan = record
        .warnings
        .iter()
        .find(|warning| warning.field == "plan");
    let advice = plan.map_or("", |warning| &warning.message);
    assert!(advice.contains("no field \"planCustom\""), "{advice}");
    let cleared = person(
        json!({"website": null, "city": null, "account_type": null, "plan": null, "total_submissions": null}),
    );
    assert_eq!(
        map_person(&cleared, &context).expect("a record").warnings,
        []
    );
}

#[test]
fn types_of_the_workspace_are_respected() {
    let names = FieldNames::default();
    let odd = schema(&[
        ("website", FieldKind::Text),
        ("city", plans()),
        ("accountType", FieldKind::Other("MULTI_SELECT".into())),
        ("plan", FieldKind::Text),
        ("planCustom", FieldKind::Text),
        ("totalSubmissions", FieldKind::Text),
    ]);
    let input = person(
        json!({"website": "a.b", "city": "PREMIUM ", "account_type": "x", "plan": "Gold", "total_submissions": 2.5}),
    );
    let record = map_person(&input, &context(&odd, &names)).expect("a record");
    assert_eq!(record.fields["website"], "a.b");
    assert_eq!(record.fields["city"], "PREMIUM");
    assert_eq!(record.fields["plan"], "Gold");
    assert_eq!(record.fields["totalSubmissions"], "2.5");
    assert_eq!(
        reasons(&record),
        [("account_type", reason::UNSUPPORTED_TYPE)]
    );
}

#[test]
fn options_are_found_by_value_and_label_without_regard_to_case() {
    let (schema, names) = (provisioned(), FieldNames::default());
    let context = context(&schema, &names);
    for (given, expected) in [
        ("free", "FREE"),
        ("Free Trial", "FREE_TRIAL"),
        ("gratis", "FREE"),
        ("TRIAL", "FREE_TRIAL"),
    ] {
        let record = map_person(&person(json!({"plan": given})), &context).expect("a record");
        assert_eq!(record.fields["planCustom"], expected, "{given}");
    }
    let record = map_person(&person(json!({"plan": "gold"})), &context).expect("a record");
    assert_eq!(reasons(&record), [("plan", reason::UNKNOWN_OPTION)]);
    assert!(!record.fields.contains_key("planCustom"));
    assert!(
        record.warnings[0]
            .message
            .contains("FREE, FREE_TRIAL, PREMIUM")
    );
}

#[test]
fn an_invalid_email_is_refused_or_left_out() {
    let (schema, names) = (provisioned(), FieldNames::default());
    let mut context = context(&schema, &names);
    let input = person(json!({"email": "nope"}));
    let error = map_person(&input, &context).expect_err("a refusal");
    assert_eq!(error.details["field"], "email");
    context.emails.invalid = InvalidEmail::LeaveOut;
    let record = map_person(&input, &context).expect("a record");
    assert!(!record.fields.contains_key("emails") && record.unique_value.is_none());
    assert_eq!(reasons(&record), [("email", reason::INVALID_EMAIL)]);
}

#[test]
fn a_person_without_an_address_keeps_or_clears_what_the_crm_has() {
    let (schema, names) = (provisioned(), FieldNames::default());
    let mut context = context(&schema, &names);
    context.emails.missing = MissingEmail::Allow;
    let without = r#"{"external_id":"1","name":"Jane"}"#;
    let absent = PersonInput::parse(without).expect("a person");
    for kept in [absent, person(json!({"email": " "}))] {
        let record = map_person(&kept, &context).expect("a record");
        assert!(!record.fields.contains_key("emails") && record.unique_value.is_none());
        assert!(record.warnings.is_empty());
    }
    let cleared = person(json!({"email": null}));
    let record = map_person(&cleared, &context).expect("a record");
    assert_eq!(record.fields["emails"], json!({"primaryEmail": null}));
    assert!(record.unique_value.is_none());
    // Additional addresses survive, and a row without a primary one already matches.
    let row = json!({"emails": {"primaryEmail": "", "additionalEmails": ["b@x.example"]}});
    assert!(holds("emails", &row["emails"], &record.fields["emails"]));
}

#[test]
fn a_bad_phone_is_left_out_and_the_record_kept() {
    let (schema, names) = (provisioned(), FieldNames::default());
    let mut context = context(&schema, &names);
    for (phone, why) in [
        ("call me", reason::INVALID_PHONE),
        ("06 12 34 56 78", reason::NO_DEFAULT_COUNTRY),
    ] {
        let record = map_person(&person(json!({"phone": phone})), &context).expect("a record");
        assert!(!record.fields.contains_key("phones"));
        assert_eq!(reasons(&record), [("phone", why)]);
    }
    context.default_country = Country::parse("FR").ok();
    let record =
        map_person(&person(json!({"phone": "06 12 34 56 78"})), &context).expect("a record");
    assert_eq!(record.fields["phones"]["primaryPhoneNumber"], "612345678");
}

#[test]
fn an_extension_is_left_out_with_a_warning() {
    let (schema, names) = (provisioned(), FieldNames::default());
    let context = context(&schema, &names);
    let input = person(json!({"phone": "+1 415 555 2671 ext. 12"}));
    let record = map_person(&input, &context).expect("a record");
    assert_eq!(record.fields["phones"]["primaryPhoneNumber"], "4155552671");
    assert_eq!(reasons(&record), [("phone", reason::PHONE_EXTENSION)]);
}

#[test]
fn domains_that_identify_no_organisation_are_left_out() {
    let (schema, names) = (provisioned(), FieldNames::default());
    let mut context = context(&schema, &names);
    let record = map_company(
        &company(json!({"domain_name": "facebook.com/acme", "website": "facebook.com/acme"})),
        &context,
    );
    let record = record.expect("a record");
    assert_eq!(reasons(&record), [("domain_name", reason::SHARED_DOMAIN)]);
    assert_eq!(
        record.fields["website"],
        json!({"primaryLinkUrl": "https://facebook.com/acme"})
    );
    assert_eq!(record.unique_value, None);

    context.domain_form = DomainForm::Bare;
    let mut record = map_company(
        &company(json!({"domain_name": "https://www.acme.com/"})),
        &context,
    )
    .expect("a record");
    assert_eq!(
        record.fields["domainName"],
        json!({"primaryLinkUrl": "acme.com"})
    );
    let unique = record.drop_unique_value().expect("a domain");
    assert!(unique.spellings.contains(&unique.value));
    assert!(!record.fields.contains_key("domainName"));
}

#[test]
fn namespaces_keep_sites_apart() {
    let (schema, names) = (provisioned(), FieldNames::default());
    let mut context = context(&schema, &names);
    let plain = map_person(&person(json!({})), &context).expect("a record");
    context.namespace = Some("site-a");
    let spaced = map_person(&person(json!({})), &context).expect("a record");
    assert_eq!(
        (
            spaced.external_id.as_str(),
            spaced.stored_external_id.as_str()
        ),
        ("1", "site-a:1")
    );
    assert_ne!(spaced.id, plain.id);
}

/// A record as a server returns it after the transcripts' echo rules: unset TEXT is `""`.
#[test]
fn an_entity_is_made_of_what_the_server_returned() {
    let (schema, names) = (provisioned(), FieldNames::default());
    let context = context(&schema, &names);
    let record = json!({
        "id": "x", "name": {"firstName": "P", "lastName": ""}, "emails": {"primaryEmail": "", "additionalEmails": []},
        "phones": {"primaryPhoneNumber": "", "primaryPhoneCountryCode": "", "primaryPhoneCallingCode": ""},
        "jobTitle": "", "website": {"primaryLinkUrl": ""}, "city": "", "planCustom": "FREE_TRIAL", "totalSubmissions": null,
        "company": {"name": "Acme"},
    });
    let Value::Object(record) = record else {
        unreachable!()
    };
    assert_eq!(
        json!(person_to_entity(&record, &context, "ext")),
        json!({
            "external_id": "ext", "name": "P", "email": "", "phone": null, "job_title": null, "company_name": "Acme",
            "website": null, "city": null, "account_type": null, "plan": "free_trial", "total_submissions": null,
        })
    );
    assert_eq!(
        json!(company_to_entity(&Map::new(), &context, "ext")),
        json!({
            "external_id": "ext", "name": "", "domain_name": null, "website": null, "status": null,
        })
    );
}

#[test]
fn only_blank_fields_are_filled() {
    let Value::Object(fields) = json!({
        "name": {"firstName": "J"}, "jobTitle": "CTO", "city": "Bonn", "website": {"primaryLinkUrl": "https://a.b"}, "plan": "FREE",
        "totalSubmissions": 0,
    }) else {
        unreachable!()
    };
    let Value::Object(row) = json!({
        "name": {"firstName": "Jane", "lastName": "S"}, "jobTitle": "", "city": "Bonn", "website": {"primaryLinkUrl": "", "primaryLinkLabel": ""},
        "totalSubmissions": 0.0,
    }) else {
        unreachable!()
    };
    let (filling, kept) = only_blank(&fields, &row);
    assert_eq!(filling.keys().collect::<Vec<_>>(), ["jobTitle", "website"]);
    assert_eq!(kept, ["name", "plan"]);
}

#[test]
fn whole_numbers_have_no_fraction() {
    for (value, text) in [
        (5.0, "5"),
        (-0.0, "0"),
        (2.5, "2.5"),
        (9_007_199_254_740_991.0, "9007199254740991"),
        (1e300, "1e+300"),
    ] {
        let shown = number(value).to_string();
        assert_eq!(shown.parse::<f64>().ok(), Some(value), "{text}");
        assert!(text == "1e+300" || shown == text, "{shown}");
    }
}

/// How the server stores a payload: only the rules that the mapping relies on (`""` for cleared TEXT).
fn echo(fields: &Map<String, Value>) -> Map<String, Value> {
    let blank = |value: &Value| {
        if value.is_null() {
            json!("")
        } else {
            value.clone()
        }
    };
    fields
        .iter()
        .map(|(key, value)| (key.clone(), blank(value)))
        .collect()
}

proptest! {
    /// entity → record → entity: the same values come back, and sending them again changes nothing.
    #[test]
    fn people_make_the_round_trip(
        name in "[A-Z][a-z]{1,8}( (van|de|[A-Z][a-z]{1,8})){0,3}",
        phone in prop::option::of("[+]33[1-7][0-9]{8}|[+]1[2-9][0-9]{9}|[+]44[1-9][0-9]{8,9}"),
        title in prop::option::of("[A-Za-z]([A-Za-z ,]{0,20}[A-Za-z,])?"),
        website in prop::option::of("https://[a-z]{1,9}[.](com|example)(/[a-z]{1,5})?"),
        plan in prop::option::of("free|free_trial|premium"),
        total in prop::option::of(prop_oneof![(0u32..1000).prop_map(f64::from), -1e9..1e9f64]),
    ) {
        let (schema, names) = (provisioned(), FieldNames::default());
        let context = context(&schema, &names);
        let sent = json!({
            "external_id": "1", "name": name, "email": "jane@example.com", "phone": phone, "job_title": title, "company_name": null,
            "website": website, "city": null, "account_type": null, "plan": plan, "total_submissions": total.map(number),
        });
        let input = PersonInput::parse(&sent.to_string()).expect("an input");
        let record = map_person(&input, &context).expect("a record");
        prop_assert_eq!(&record.warnings, &[]);
        let entity = json!(person_to_entity(&echo(&record.fields), &context, "1"));
        prop_assert_eq!(&entity, &sent);
        let again = PersonInput::parse(&entity.to_string()).expect("an input");
        prop_assert_eq!(map_person(&again, &context).expect("a record").fields, record.fields);
    }

    #[test]
    fn companies_make_the_round_trip(
        name in "[A-Z][a-z]{1,8}( [A-Z&][a-z]{0,8}){0,2}", domain in prop::option::of("acme-[a-z]{1,9}[.](com|example|co[.]uk)"),
        status in prop::option::of("active|inactive"), bare in any::<bool>(),
    ) {
        let (schema, names) = (provisioned(), FieldNames::default());
        let mut context = context(&schema, &names);
        context.domain_form = if bare { DomainForm::Bare } else { DomainForm::Https };
        let sent = json!({"external_id": "1", "name": name, "domain_name": domain, "website": null, "status": status});
        let input = CompanyInput::parse(&sent.to_string()).expect("an input");
        let record = map_company(&input, &context).expect("a record");
        prop_assert_eq!(json!(company_to_entity(&echo(&record.fields), &context, "1")), sent);
    }

    /// Any input gives a record or an error that names the e-mail; never a key that the workspace lacks, never a NUL.
    #[test]
    fn any_text_maps(
        texts in prop::collection::vec(prop::option::of("[^\\u{0}]{0,20}"), 9), email in "[^\\u{0}]{0,20}", name in "[^\\u{0}]{0,20}x",
    ) {
        let (schema, names) = (provisioned(), FieldNames::default());
        let mut context = context(&schema, &names);
        context.emails.invalid = InvalidEmail::LeaveOut;
        let text = |i: usize| texts[i].clone();
        let input = person(json!({
            "name": name, "email": email, "phone": text(0), "job_title": text(1), "website": text(2), "city": text(3),
            "account_type": text(4), "plan": text(5),
        }));
        let record = map_person(&input, &context).expect("a record");
        let known = |key: &String| key == "name" || schema.fields.contains_key(key);
        prop_assert!(record.fields.keys().all(known));
        let company = company(json!({"name": name, "domain_name": text(6), "website": text(7), "status": text(8)}));
        let mapped = map_company(&company, &context).expect("a record");
        prop_assert!(mapped.fields.keys().all(known));
        for warning in record.warnings.iter().chain(&mapped.warnings) {
            prop_assert!(warning.message.starts_with(&warning.field), "{}", warning.message);
        }
    }
}
