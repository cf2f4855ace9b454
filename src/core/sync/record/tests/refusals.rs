//! Values that the server refuses: they are left out one by one with a warning, or the refusal is final.

use super::*;
use crate::core::sync::record::collision::reason::{OWN_ROW_DELETED, OWN_ROW_GONE, VALUE_REFUSED};
use crate::core::twenty::warning::reason::INVALID_EMAIL;

/// A person with all fields that a server may refuse, before its create is sent.
fn full(options: &Value) -> Record {
    let further =
        json!({ "phone": "+49 30 901820", "website": "https://jane.example", "city": "Rome" });
    let mut record = Record::person(rules(options), further).looking();
    record.see(&[]);
    record
}

fn names(want: &Want) -> Vec<String> {
    let sent = want.sent().and_then(Value::as_object);
    sent.map(|sent| sent.keys().cloned().collect())
        .unwrap_or_default()
}

fn bad_email() -> CrmError {
    let said = "Invalid string value 'x' for email field \"emails.primaryEmail\"";
    refusal(ErrorCode::ValidationError, 400, said)
}

#[test]
fn a_single_suspect_is_left_out_and_reported() {
    let lenient = json!({ "invalidEmail": "leave_out" });
    for (options, error, field, told) in [
        (
            json!({}),
            bad_value("INVALID_PHONE_NUMBER"),
            "phones",
            ("phone", VALUE_REFUSED),
        ),
        (
            json!({}),
            bad_value("INVALID_URL"),
            "website",
            ("website", VALUE_REFUSED),
        ),
        (lenient, bad_email(), "emails", ("email", INVALID_EMAIL)),
    ] {
        let mut record = full(&options);
        let before = names(&record.want());
        let want = record.fail(error);
        let expected: Vec<String> = before.into_iter().filter(|name| name != field).collect();
        assert_eq!(names(&want), expected, "{field}");
        let end = record.finish();
        assert_eq!(end.status, Status::Created, "{field}");
        assert_eq!(end.warnings, [(told.0.to_owned(), told.1)], "{field}");
        assert!(!end.is_remembered, "{field}");
    }
}

#[test]
fn an_address_that_must_not_be_left_out_fails_the_record() {
    let mut record = full(&json!({}));
    assert_eq!(record.fail(bad_email()), Want::Schema { is_certain: false });
    record.upsert.tell_schema(&record.rules, false);
    let error = record.end().error.expect("refused");
    assert_eq!(error.details["field"], "email");
    assert_eq!(error.details["externalId"], ME);
}

#[test]
fn a_repeated_refusal_is_final() {
    let mut record = full(&json!({}));
    record.fail(bad_value("INVALID_PHONE_NUMBER"));
    let again = record.fail(bad_value("INVALID_PHONE_NUMBER"));
    assert_eq!(again, Want::Schema { is_certain: false });
}

#[test]
fn each_of_two_suspects_is_tried_alone() {
    let fields = json!({
        "external_id": "acme",
        "name": "Acme",
        "domain_name": "acme.example",
        "website": "https://acme.example",
    });
    let rules = rules_on(usual_schema(), ObjectKind::Company, &json!({}));
    let mut record = Record::new(rules, Input::Company(company_input(&fields))).looking();
    record.see(&[]);
    let has = |want: &Want| {
        ["website", "domainName"].map(|field| names(want).iter().any(|name| name == field))
    };
    assert_eq!(has(&record.fail(bad_value("INVALID_URL"))), [false, true]);
    let second = record.fail(bad_value("INVALID_URL"));
    assert_eq!(has(&second), [true, false], "the good one is back");
    let third = record.fail(bad_value("INVALID_URL"));
    assert_eq!(has(&third), [false, false], "both are bad");
    assert_eq!(
        record.fail(bad_value("INVALID_URL")),
        Want::Schema { is_certain: false }
    );
}

#[test]
fn only_the_suspect_that_stays_out_is_reported() {
    let fields = json!({
        "external_id": "acme",
        "name": "Acme",
        "domain_name": "acme.example",
        "website": "https://acme.example",
    });
    let rules = rules_on(usual_schema(), ObjectKind::Company, &json!({}));
    for (refusals, told) in [(1, vec!["website"]), (2, vec!["domain_name"])] {
        let input = Input::Company(company_input(&fields));
        let mut record = Record::new(rules.clone(), input).looking();
        record.see(&[]);
        for _ in 0..refusals {
            record.fail(bad_value("INVALID_URL"));
        }
        let end = record.finish();
        let fields: Vec<&str> = end
            .warnings
            .iter()
            .map(|(field, _)| field.as_str())
            .collect();
        assert_eq!(fields, told);
        assert!(!end.is_remembered);
    }
}

#[test]
fn of_a_record_that_is_left_alone_nothing_was_left_out() {
    let with_link = json!({ "website": "https://jane.example" });
    let skip = json!({ "ownDeleted": "skip", "ownGone": "skip" });
    let record = || Record::person(collisions(&skip), with_link.clone());

    let mut created = record();
    created.begin(Recalled::default(), Start::Alone);
    created.ask_nobody();
    created.fail(bad_value("INVALID_URL"));
    assert_eq!(created.fail(duplicate()), Want::LookUp);
    created.see(&[deleted(row(KEPT, ME, MINE))]);

    let mut patched = record().remembering();
    patched.fail(bad_value("INVALID_URL"));
    assert_eq!(patched.fail(gone()), Want::LookUp);
    patched.see(&[]);

    for (record, told) in [(created, OWN_ROW_DELETED), (patched, OWN_ROW_GONE)] {
        let end = record.finish();
        assert_eq!((end.status, end.reasons()), (Status::Unchanged, vec![told]));
    }
}

#[test]
fn a_field_that_the_server_does_not_know_asks_for_the_schema() {
    for (is_newer, status) in [(false, Status::Failed), (true, Status::Created)] {
        let mut record = full(&json!({}));
        assert_eq!(
            record.fail(unknown_field()),
            Want::Schema { is_certain: true }
        );
        if is_newer {
            let mut newer = (*usual_schema()).clone();
            newer.person.fields.remove("city");
            record
                .rules
                .set_schema(Arc::new(WorkspaceSchema::new(newer.person, newer.company)));
        }
        record.upsert.tell_schema(&record.rules, is_newer);
        assert!(!names(&record.want()).iter().any(|name| name == "city"));
        let end = record.finish();
        assert_eq!(end.status, status, "newer: {is_newer}");
        if is_newer {
            let told: Vec<&str> = end
                .warnings
                .iter()
                .map(|(field, _)| field.as_str())
                .collect();
            assert_eq!(told, ["city"]);
        }
    }
}

#[test]
fn other_refusals_fail_the_record() {
    for error in [
        refusal(ErrorCode::AuthError, 403, "no permission"),
        refusal(ErrorCode::ServerError, 500, "broken"),
        refusal(ErrorCode::ValidationError, 422, "odd"),
    ] {
        let mut record = full(&json!({}));
        let code = error.code;
        assert_eq!(record.fail(error), Want::Done(Status::Failed));
        let error = record.end().error.expect("refused");
        assert_eq!(
            (error.code, &error.details["object"]),
            (code, &"person".into())
        );
    }
}

#[test]
fn a_record_begun_anew_keeps_what_it_left_out() {
    let mut record = full(&json!({}));
    record.fail(bad_value("INVALID_PHONE_NUMBER"));
    record.upsert.tell_outdated(&record.rules);
    let want = record.see(&[]);
    assert!(!names(&want).iter().any(|name| name == "phones"));
    assert_eq!(record.finish().reasons(), [VALUE_REFUSED]);
}
