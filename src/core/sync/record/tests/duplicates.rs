//! Writes that are refused as duplicates: examined, retried, failed.

use super::*;

/// A new person, before its create is sent.
fn new(rules: Rules) -> Record {
    let mut record = Record::person(rules, json!({})).looking();
    assert!(matches!(record.see(&[]), Want::Create(_)));
    record
}

fn titles_are_unique(uniqueness: Uniqueness) -> Rules {
    let schema = schema(Uniqueness::Yes, uniqueness);
    rules_on(schema, ObjectKind::Person, &json!({}))
}

#[test]
fn the_first_duplicate_is_looked_into_at_once() {
    let mut record = new(rules(&json!({})));
    assert_eq!(record.fail(duplicate()), Want::LookUp);
    let want = record.see(&[row(KEPT, ME, MINE)]);
    assert!(matches!(want, Want::Update(id, _) if id == KEPT));
}

#[test]
fn a_duplicate_in_a_batch_is_not_a_conflict() {
    let mut record = new(rules(&json!({})));
    for _ in 0..10 {
        let (error, lost) = (duplicate(), AfterLoss::WriteAgain);
        record
            .upsert
            .tell_failed(&record.rules, error, Blame::Shared, lost);
        record.see(&[]);
    }
    assert_eq!(record.finish().status, Status::Created);
}

#[test]
fn a_race_is_lost_after_as_many_pauses_as_the_call_says() {
    for retries in [0, 1, 3] {
        let mut rules = rules(&json!({}));
        rules.call.max_conflict_retries = retries;
        let mut record = new(rules);
        assert_eq!(record.fail(duplicate()), Want::LookUp);
        for turn in 0..retries {
            // The row appears and disappears.
            let rows = match turn % 2 {
                0 => vec![row(KEPT, ME, MINE)],
                _ => Vec::new(),
            };
            match turn {
                0 => record.see(&rows),
                _ => record.wait_and_see(&rows),
            };
            assert_eq!(record.fail(duplicate()), Want::Pause, "{retries}");
        }
        match retries {
            0 => record.see(&[]),
            _ => record.wait_and_see(&[]),
        };
        assert_eq!(
            record.fail(duplicate()),
            Want::Done(Status::Failed),
            "{retries}"
        );
        let end = record.end();
        assert_eq!(end.failed_for(), Some(error_reason::CONFLICT), "{retries}");
        assert!(end.error.expect("lost").retryable, "{retries}");
    }
}

#[test]
fn a_duplicate_that_look_ups_cannot_find_is_named_and_not_retried_for_ever() {
    let mut record = new(titles_are_unique(Uniqueness::Yes));
    assert_eq!(record.fail(duplicate()), Want::LookUp);
    assert!(
        matches!(record.see(&[]), Want::Create(_)),
        "a race may explain it"
    );
    assert_eq!(record.fail(duplicate()), Want::Pause);
    assert_eq!(record.wait_and_see(&[]), Want::Done(Status::Failed));
    let end = record.end();
    assert_eq!(end.failed_for(), Some(error_reason::DUPLICATE));
    let error = end.error.expect("refused");
    assert_eq!(error.details["fields"], json!(["jobTitle"]));
    assert!(!error.retryable);
}

#[test]
fn a_field_that_may_have_become_unique_asks_for_the_schema() {
    let mut record = new(rules(&json!({})));
    record.fail(duplicate());
    record.see(&[]);
    assert_eq!(record.fail(duplicate()), Want::Schema { is_certain: false });
    let newer = schema(Uniqueness::Yes, Uniqueness::Yes);
    record.rules.set_schema(newer);
    record.upsert.tell_schema(&record.rules, true);
    assert_eq!(record.see(&[]), Want::Done(Status::Failed));
    let error = record.end().error.expect("refused");
    assert_eq!(error.details["fields"], json!(["jobTitle"]));
}

#[test]
fn with_unknown_uniqueness_no_field_is_blamed_before_the_last_try() {
    let mut record = new(titles_are_unique(Uniqueness::Unproven));
    let mut rounds = 0;
    loop {
        match record.fail(duplicate()) {
            Want::LookUp => drop(record.see(&[])),
            Want::Pause => drop(record.wait_and_see(&[])),
            Want::Schema { .. } => {
                record.upsert.tell_schema(&record.rules, false);
                record.see(&[]);
            }
            Want::Done(_) => break,
            want => panic!("{want:?}"),
        }
        rounds += 1;
        assert!(rounds < 10);
    }
    assert_eq!(record.end().failed_for(), Some(error_reason::DUPLICATE));
}

#[test]
fn a_duplicate_that_only_the_external_id_explains_proves_that_it_is_unique() {
    let unproven = schema(Uniqueness::Unproven, Uniqueness::No);
    let mut record = new(rules_on(unproven, ObjectKind::Person, &json!({})));
    record.fail(duplicate());
    record.see(&[row(KEPT, ME, "b@x.example")]);
    assert_eq!(record.effects(), ["unique externalId"]);
}

#[test]
fn a_duplicate_of_an_update_is_decided_again() {
    let mut record = Record::person(rules(&json!({})), json!({})).looking();
    record.see(&[row(KEPT, ME, "b@x.example")]);
    assert_eq!(record.fail(duplicate()), Want::LookUp);
    let rows = [row(KEPT, ME, "b@x.example"), row(OTHER, "them", MINE)];
    let want = record.see(&rows);
    assert!(want.sent().expect("an update").get("emails").is_none());
    assert!(record.finish().warns_of("value_taken"));
}

#[test]
fn records_missing_in_an_answer_are_looked_up_and_not_doubled() {
    let mut record = new(rules(&json!({})));
    let made = inserted(map(record.want().sent().expect("a create").clone()));
    assert_eq!(record.miss_in_answer(), Want::LookUp);
    assert_eq!(record.see(&[made]), Want::Stored(Status::Created));
}
