use proptest::prelude::*;
use serde_json::json;

use super::*;

const PERSON_TEXTS: &[&str] = &[
    "external_id",
    "name",
    "email",
    "phone",
    "job_title",
    "company_name",
    "website",
    "city",
    "account_type",
    "plan",
    "company_external_id",
];

fn person(extra: Value) -> Result<PersonInput, CrmError> {
    let mut object =
        json!({"external_id": "1", "name": "Jane Smith", "email": "Jane@Example.com "});
    if let (Value::Object(object), Value::Object(extra)) = (&mut object, extra) {
        object.extend(extra);
    }
    PersonInput::parse(&object.to_string())
}

fn field_of(result: Result<PersonInput, CrmError>) -> String {
    let error = result.expect_err("a refusal");
    assert_eq!(error.code, crate::core::error::ErrorCode::ValidationError);
    error.details["field"].as_str().expect("a field").to_owned()
}

#[test]
fn a_full_person_is_read() {
    let input = person(json!({
        "external_id": " lead\n", "phone": null, "job_title": "CTO", "total_submissions": 5,
        "company_external_id": "", "unknown": {"deep": ["thing"]},
    }))
    .expect("a person");
    assert_eq!(input.external_id, " lead\n");
    assert_eq!(input.email, Patch::Value("jane@example.com".into()));
    assert_eq!(input.phone, Patch::Null);
    assert_eq!(input.job_title, Patch::Value("CTO".into()));
    assert_eq!(input.city, Patch::Absent);
    assert_eq!(input.total_submissions, Patch::Value(5.0));
    assert_eq!(input.company_external_id, Patch::Null);
}

#[test]
fn refusals_name_the_field() {
    for name in ["external_id", "name"] {
        for bad in [
            json!(""),
            json!(" \u{a0}\n"),
            json!(null),
            json!(7),
            json!([]),
            json!({}),
            json!(true),
        ] {
            assert_eq!(field_of(person(json!({name: bad}))), name);
        }
    }
    for name in PERSON_TEXTS {
        assert_eq!(field_of(person(json!({*name: 7}))), *name);
        assert_eq!(field_of(person(json!({*name: "a\u{0}b"}))), *name);
        let text =
            format!(r#"{{"external_id":"1","name":"J","email":"e","{name}":"\ud800 half"}}"#);
        assert_eq!(field_of(PersonInput::parse(&text)), *name);
    }
    for bad in [json!("5"), json!(true), json!([5])] {
        assert_eq!(
            field_of(person(json!({"total_submissions": bad}))),
            "total_submissions"
        );
    }
    let huge = r#"{"external_id":"1","name":"J","email":"e","total_submissions":1e999}"#;
    assert_eq!(field_of(PersonInput::parse(huge)), "total_submissions");
    for bad in ["", "null", "[]", "7", "\"x\"", "{\"a\":", "{\"a\":1}x"] {
        assert_eq!(field_of(PersonInput::parse(bad)), "input", "{bad}");
    }
    let error = CompanyInput::parse(r#"{"external_id":"1","name":"A","status":[]}"#)
        .expect_err("a refusal");
    assert_eq!(error.details["field"], "status");
    assert_eq!(error.message, "status must be a string, got an array");
}

#[test]
fn keys_are_those_of_javascript() {
    let text = r#"{"external_id":"0","external_id":"1","\u006eame":"Jane","email":"e@x.y"}"#;
    let input = PersonInput::parse(text).expect("a person");
    assert_eq!(
        (input.external_id.as_str(), input.name.as_str()),
        ("1", "Jane")
    );
}

#[test]
fn an_address_is_given_cleared_or_left_alone() {
    let email = |json: &str| {
        let text = format!(r#"{{"external_id":"1","name":"J"{json}}}"#);
        PersonInput::parse(&text).expect("a person").email
    };
    let value = |text: &str| Patch::Value(text.to_owned());
    assert_eq!(email(""), Patch::Absent);
    assert_eq!(email(r#","email":null"#), Patch::Null);
    assert_eq!(email(r#","email":"  ""#), value(""));
    let merged = |earlier: &Patch<String>, later: &Patch<String>| {
        let with = |email: &Patch<String>| PersonInput {
            email: email.clone(),
            ..PersonInput::default()
        };
        let mut input = with(earlier);
        input.merge(with(later));
        input.email
    };
    let (old, new, blank, bad) = (value("a@b.c"), value("d@e.f"), value(""), value("nope"));
    for (earlier, later, expected) in [
        (&old, &Patch::Absent, &old),
        (&old, &blank, &old),
        (&old, &bad, &old),
        (&old, &Patch::Null, &Patch::Null),
        (&old, &new, &new),
        (&Patch::Null, &blank, &Patch::Null),
        (&Patch::Null, &new, &new),
        (&Patch::Absent, &new, &new),
        (&Patch::Absent, &Patch::Null, &Patch::Null),
        (&bad, &Patch::Absent, &bad),
        (&bad, &new, &new),
    ] {
        assert_eq!(merged(earlier, later), *expected, "{earlier:?} {later:?}");
    }
}

#[test]
fn external_ids_given_alone_are_checked() {
    assert!(check_external_id(" x ").is_ok());
    assert!(
        check_external_id(" \t").is_err()
            && check_external_id("").is_err()
            && check_external_id("a\0").is_err()
    );
}

fn patch() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!("absent")),
        Just(Value::Null),
        "[a-z]{1,3}".prop_map(Value::from)
    ]
}

fn any_person() -> impl Strategy<Value = PersonInput> {
    prop::collection::vec(patch(), 11).prop_map(|values| {
        let mut object = Map::new();
        for (name, value) in PERSON_TEXTS.iter().zip(values).skip(3) {
            if value != json!("absent") {
                object.insert((*name).to_owned(), value);
            }
        }
        person(Value::Object(object)).expect("a person")
    })
}

/// The row after writing the inputs one by one.
fn written_in_turn(inputs: &[&PersonInput]) -> Map<String, Value> {
    let mut row = Map::new();
    for input in inputs {
        if let Value::Object(given) = input.to_value() {
            row.extend(given);
        }
    }
    row
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..3)
                .prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn merging_is_writing_in_turn(a in any_person(), b in any_person(), c in any_person()) {
        let merged = |mut first: PersonInput, later: &PersonInput| { first.merge(later.clone()); first };
        let left = merged(merged(a.clone(), &b), &c);
        let right = merged(a.clone(), &merged(b.clone(), &c));
        prop_assert_eq!(&left, &right);
        prop_assert_eq!(left.to_value(), Value::Object(written_in_turn(&[&a, &b, &c])));
    }

    #[test]
    fn an_input_reads_back(input in any_person()) {
        prop_assert_eq!(PersonInput::parse(&input.to_value().to_string()).expect("a person"), input);
    }

    #[test]
    fn any_value_anywhere_is_taken_or_named(field in prop::sample::select(PERSON_TEXTS), value in any_json()) {
        for field in [field, "total_submissions"] {
            if let Err(error) = person(json!({field: value})) {
                prop_assert_eq!(&error.details["field"], field);
                prop_assert!(error.message.starts_with(field));
            }
        }
    }

    #[test]
    fn any_text_at_all_is_an_input_or_an_error(text in any::<String>()) {
        prop_assert!(PersonInput::parse(&text).is_err());
        prop_assert!(CompanyInput::parse(&text).is_err());
    }
}

#[test]
fn nested_forms_are_read_and_given_back() {
    let input = person(json!({
        "name": {"firstName": " Md ", "lastName": "Rahman"},
        "email": {"primaryEmail": " Md@Example.com", "additionalEmails": ["x@y.co"]},
        "phone": {"primaryPhoneNumber": "415 555 2671", "primaryPhoneCallingCode": "+1", "additionalPhones": null},
        "website": {"primaryLinkUrl": "a.example", "primaryLinkLabel": ""},
    }))
    .expect("a person");
    assert_eq!(input.name, "Md Rahman");
    assert_eq!(input.email, Patch::Value("md@example.com".into()));
    assert_eq!(input.phone, Patch::Value("415 555 2671".into()));
    assert_eq!(input.website, Patch::Value("a.example".into()));
    let parts = input.forms.name_parts().expect("parts");
    assert_eq!(parts, ("Md".to_owned(), "Rahman".to_owned()));
    assert_eq!(input.forms.phone_codes(), Some(("+1", "")));
    let without_place: Vec<_> = input.forms.without_place().collect();
    assert_eq!(without_place, [("email", vec!["additionalEmails"])]);
    let again = PersonInput::parse(&input.to_value().to_string()).expect("a person");
    assert_eq!(again, input);
    assert_eq!(input.to_flat()["phone"], "415 555 2671");
}

#[test]
fn invalid_forms_name_their_field() {
    for (field, value) in [
        ("name", json!({"first": "A"})),
        ("name", json!({"firstName": "\u{0}"})),
        ("phone", json!({})),
        ("phone", json!({"number": "1"})),
        ("phone", json!({"primaryPhoneNumber": 1})),
        (
            "phone",
            json!({"primaryPhoneNumber": "1", "primaryPhoneCountryCode": 49}),
        ),
        (
            "phone",
            json!({"primaryPhoneNumber": "1", "additionalPhones": [{"number": "\u{0}"}]}),
        ),
        ("website", json!({"primaryEmail": "a@b.co"})),
        ("job_title", json!({"firstName": "A"})),
    ] {
        assert_eq!(field_of(person(json!({field: value}))), field, "{value}");
    }
}

#[test]
fn a_later_input_replaces_an_earlier_form() {
    let number = |text: &str| json!({"primaryPhoneNumber": text, "primaryPhoneCallingCode": "+1"});
    let merged = |earlier: Value, later: Value| {
        let mut input = person(earlier).expect("a person");
        input.merge(person(later).expect("a person"));
        input.to_value()
    };
    let both = merged(json!({"phone": number("1")}), json!({"phone": "+49 2"}));
    assert_eq!(both["phone"], "+49 2");
    let both = merged(json!({"phone": "+49 2"}), json!({"phone": number("1")}));
    assert_eq!(both["phone"], number("1"));
    let both = merged(json!({"phone": number("1")}), json!({}));
    assert_eq!(both["phone"], number("1"));
    let both = merged(
        json!({"phone": "+49 2"}),
        json!({"phone": {"additionalPhones": ["3"]}}),
    );
    assert_eq!(both["phone"]["primaryPhoneNumber"], "+49 2");
    let parts = json!({"firstName": "Pe", "lastName": "Win"});
    assert_eq!(
        merged(json!({"name": parts}), json!({}))["name"],
        "Jane Smith"
    );
}
