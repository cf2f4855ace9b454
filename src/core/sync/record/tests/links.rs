//! A person's company: named, missing, deleted, or destroyed since it was remembered.

use super::*;
use crate::core::sync::record::collision::reason::COMPANY_MISSING;
use crate::core::sync::record::link::Link;
use crate::core::sync::record::notices;
use crate::core::twenty::warning::SyncWarning;

/// A person that names a company, before the company's row is known.
fn employee(options: &Value) -> Record {
    let further = json!({ "company_external_id": "acme" });
    let mut record = Record::person(rules(options), further);
    record.begin(Recalled::default(), Start::Alone);
    record.ask_nobody();
    assert_eq!(record.want(), Want::Company { is_fresh: false });
    record
}

fn link(record: &mut Record, link: Link, warnings: Vec<SyncWarning>) -> Want {
    let told = Ok(Some((link, warnings)));
    record.upsert.tell_link(&record.rules, told, false);
    record.ask_nobody();
    record.want()
}

fn company() -> Link {
    Link::To(COMPANY.to_owned())
}

fn missing() -> Vec<SyncWarning> {
    vec![notices::company_missing(ME, "acme")]
}

fn link_sent(want: &Want) -> Option<Value> {
    want.sent()
        .expect("something is sent")
        .get("companyId")
        .cloned()
}

#[test]
fn company_external_id_decides_whether_the_link_is_sent() {
    let none = json!({ "company_external_id": "absent" });
    let nobody = json!({ "company_external_id": null });
    for (further, sent) in [(none, None), (nobody, Some(Value::Null))] {
        let mut record = Record::person(rules(&json!({})), further.clone());
        record.begin(Recalled::default(), Start::Alone);
        record.ask_nobody();
        assert_eq!(link_sent(&record.want()), sent, "{further}");
        assert!(record.finish().is_remembered, "{further}");
    }
}

#[test]
fn the_link_is_sent_and_a_missing_company_is_reported() {
    let mut linked = employee(&json!({}));
    let want = link(&mut linked, company(), Vec::new());
    assert_eq!(link_sent(&want), Some(COMPANY.into()));
    let end = linked.finish();
    assert!(end.is_remembered && end.warnings.is_empty());

    let mut unlinked = employee(&json!({}));
    let want = link(&mut unlinked, Link::None, missing());
    assert_eq!(link_sent(&want), None);
    let end = unlinked.finish();
    let told = vec![("company_external_id".to_owned(), COMPANY_MISSING)];
    assert_eq!((end.status, end.warnings), (Status::Created, told));
    assert!(
        !end.is_remembered,
        "the next run looks for the company again"
    );
}

#[test]
fn a_company_that_could_not_be_made_fails_the_person() {
    let mut record = employee(&json!({}));
    let error = Err(refusal(ErrorCode::AuthError, 403, "no permission"));
    record.upsert.tell_link(&record.rules, error, false);
    let end = record.end();
    assert_eq!(end.status, Status::Failed);
    assert_eq!(
        end.error.map(|error| error.code),
        Some(ErrorCode::AuthError)
    );
}

#[test]
fn rows_looked_up_with_the_company_are_passed_next() {
    let mut record = employee(&json!({}));
    let told = Ok(Some((company(), Vec::new())));
    record.upsert.tell_link(&record.rules, told, true);
    let want = record.see(&[row(KEPT, ME, MINE)]);
    assert_eq!(link_sent(&want), Some(COMPANY.into()));
    assert!(matches!(want, Want::Update(id, _) if id == KEPT));
}

#[test]
fn a_foreign_key_that_is_refused_is_looked_into_once() {
    let mut record = employee(&json!({}));
    link(&mut record, company(), Vec::new());
    assert_eq!(record.fail(foreign_key()), Want::Company { is_fresh: true });
    assert_eq!(record.effects(), ["forget company"]);
    let want = link(&mut record, Link::To(THIRD.to_owned()), Vec::new());
    assert_eq!(link_sent(&want), Some(THIRD.into()));
    let doubt = Want::Schema { is_certain: false };
    assert_eq!(record.fail(foreign_key()), doubt, "not a second time");
    record.upsert.tell_schema(&record.rules, false);
    let end = record.end();
    assert_eq!(
        end.error.map(|error| error.code),
        Some(ErrorCode::ValidationError)
    );
}

#[test]
fn a_destroyed_company_without_a_name_leaves_the_person_without_it() {
    let mut record = employee(&json!({}));
    link(&mut record, company(), Vec::new());
    record.fail(foreign_key());
    let want = link(&mut record, Link::None, missing());
    assert_eq!(link_sent(&want), None);
    let end = record.finish();
    assert_eq!(end.reasons(), [COMPANY_MISSING]);
    assert!(!end.is_remembered);
}

#[test]
fn an_update_that_sends_no_link_is_not_refused_for_it() {
    let options =
        json!({ "fieldOwnership": { "person": { "company_external_id": "create-only" } } });
    let mut record = employee(&options);
    let told = Ok(Some((company(), Vec::new())));
    record.upsert.tell_link(&record.rules, told, true);
    let want = record.see(&[row(KEPT, ME, MINE)]);
    assert_eq!(link_sent(&want), None);
    assert_eq!(
        record.fail(foreign_key()),
        Want::Schema { is_certain: false }
    );
}
