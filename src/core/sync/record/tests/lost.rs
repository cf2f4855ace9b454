//! Lost answers: looked up, written again, given up.

use super::*;
use crate::core::sync::record::collision::reason::{LINKED, VALUE_TAKEN};

/// A new person whose create got no answer, and the row that exists if it was carried out.
fn lost_create(after: AfterLoss) -> (Record, Row) {
    let mut record = Record::person(rules(&json!({})), json!({})).looking();
    let want = record.see(&[]);
    let made = inserted(map(want.sent().expect("a create").clone()));
    lose(&mut record, after);
    (record, made)
}

fn lose(record: &mut Record, after: AfterLoss) {
    record
        .upsert
        .tell_failed(&record.rules, lost(), Blame::This, after);
}

/// A person whose update of these rows got no answer, and its row if the update was carried out.
fn lost_update(rows: &[Row], after: AfterLoss) -> (Record, Row) {
    let mut record = Record::person(rules(&json!({})), json!({})).looking();
    record.see(rows);
    let Step::Planned(Plan::Update(update)) = record.upsert.step() else {
        panic!("{:?}", record.want());
    };
    let row = updated(&update.target.row, update.by_id());
    lose(&mut record, after);
    (record, row)
}

#[test]
fn one_look_tells_whether_a_create_was_carried_out() {
    let (mut record, made) = lost_create(AfterLoss::Confirm);
    assert_eq!(record.confirm(Some(&[made])), Want::Stored(Status::Created));
    assert!(record.end().is_remembered);

    let (mut record, _) = lost_create(AfterLoss::Confirm);
    assert_eq!(record.confirm(Some(&[])), Want::Done(Status::Failed));
    let end = record.end();
    assert_eq!(end.failed_for(), Some(error_reason::OUTCOME_UNKNOWN));
    assert!(end.error.expect("lost").retryable);
}

#[test]
fn a_failed_look_up_leaves_the_outcome_unknown() {
    let (mut record, _) = lost_create(AfterLoss::Confirm);
    record.confirm(None);
    let end = record.end();
    assert_eq!(end.failed_for(), Some(error_reason::OUTCOME_UNKNOWN));
    assert_eq!(end.error.expect("lost").details["originalCode"], "TIMEOUT");
}

#[test]
fn after_giving_up_nothing_is_looked_up() {
    let (record, _) = lost_create(AfterLoss::GiveUp);
    let end = record.end();
    assert_eq!(end.status, Status::Failed);
    assert_eq!(end.failed_for(), Some(error_reason::OUTCOME_UNKNOWN));
}

#[test]
fn a_missing_row_is_written_again() {
    let (mut record, made) = lost_create(AfterLoss::WriteAgain);
    assert!(matches!(record.see(&[]), Want::Create(_)));
    assert_eq!(
        record.fail(duplicate()),
        Want::LookUp,
        "it arrived after all"
    );
    assert_eq!(record.see(&[made]), Want::Stored(Status::Created));
}

#[test]
fn a_create_that_was_carried_out_and_changed_since_is_updated() {
    let (mut record, made) = lost_create(AfterLoss::WriteAgain);
    let changed = json!({ "jobTitle": "Clerk", "updatedAt": "2026-03-02T00:00:00.000Z" });
    let want = record.see(&[with(made, changed)]);
    assert_eq!(
        want.sent().and_then(|sent| sent.get("jobTitle")),
        Some(&"Boss".into())
    );
    assert_eq!(record.finish().status, Status::Updated);
}

#[test]
fn an_update_that_was_carried_out_is_told_by_its_row() {
    for after in [AfterLoss::Confirm, AfterLoss::WriteAgain] {
        let (mut record, row) = lost_update(&[row(KEPT, ME, "b@x.example")], after);
        let want = match after {
            AfterLoss::Confirm => record.confirm(Some(&[row])),
            _ => record.see(&[row]),
        };
        assert_eq!(want, Want::Stored(Status::Updated), "{after:?}");
        assert!(record.end().is_remembered, "{after:?}");
    }
}

#[test]
fn a_lost_update_that_left_something_out_leaves_no_hash() {
    let own = || row(KEPT, ME, "b@x.example");
    let others = row(OTHER, "them", MINE);
    for (rows, told) in [
        (vec![own(), others], VALUE_TAKEN),
        (
            vec![with(row(KEPT, "", MINE), json!({ "jobTitle": "Clerk" }))],
            LINKED,
        ),
    ] {
        for after in [AfterLoss::Confirm, AfterLoss::WriteAgain] {
            let (mut record, written) = lost_update(&rows, after);
            let want = match after {
                AfterLoss::Confirm => record.confirm(Some(&[written])),
                _ => record.see(&[written]),
            };
            assert_eq!(want, Want::Stored(Status::Updated), "{told} {after:?}");
            let end = record.end();
            assert_eq!(end.reasons(), [told], "{after:?}");
            assert!(!end.is_remembered, "{told} {after:?}");
        }
    }
}

#[test]
fn a_remembered_row_is_judged_by_what_the_look_shows() {
    let mut record = Record::person(rules(&json!({})), json!({})).remembering();
    let Want::Patch(_, sent) = record.want() else {
        panic!("{:?}", record.want());
    };
    let theirs = updated(&row(KEPT, "them", MINE), map(sent));
    lose(&mut record, AfterLoss::Confirm);
    assert_eq!(record.confirm(Some(&[theirs])), Want::LookUp);
    assert!(record.effects().contains(&"forget them".to_owned()));
}

#[test]
fn a_refusal_after_a_lost_answer_says_the_outcome_is_unknown() {
    let (mut record, _) = lost_create(AfterLoss::WriteAgain);
    let error = refusal(ErrorCode::ServerError, 503, "down").with_retryable(true);
    record.upsert.fail(error);
    assert_eq!(
        record.end().failed_for(),
        Some(error_reason::OUTCOME_UNKNOWN)
    );
}

#[test]
fn records_that_may_have_been_written_are_not_stopped() {
    let (record, _) = lost_create(AfterLoss::WriteAgain);
    assert!(!record.upsert.may_be_stopped());
    let record = Record::person(rules(&json!({})), json!({})).looking();
    assert!(record.upsert.may_be_stopped());
}
