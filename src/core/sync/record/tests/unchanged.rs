//! A record that has not changed since its last write: skipped, verified, written.

use super::*;

fn told_to(unchanged: Unchanged) -> Rules {
    let mut rules = rules(&json!({}));
    rules.unchanged = unchanged;
    rules
}

/// A row with all values.
fn full() -> Row {
    let values = json!({
        "name": { "firstName": "Jane", "lastName": "Doe" },
        "jobTitle": "Boss",
    });
    with(row(KEPT, ME, MINE), values)
}

fn recalled(record: &Record, is_same: bool) -> Recalled {
    Recalled {
        unchanged_hash: is_same.then(|| record.upsert.hash(&record.rules)),
        ..remembered(KEPT)
    }
}

#[test]
fn only_skip_trusts_the_last_write() {
    for (unchanged, is_same, start, is_skipped) in [
        (Unchanged::Skip, true, Start::Alone, true),
        (Unchanged::Skip, true, Start::Together, true),
        (Unchanged::Skip, false, Start::Alone, false),
        (Unchanged::Write, true, Start::Alone, false),
        (Unchanged::Verify, true, Start::Together, false),
    ] {
        let name = format!("{unchanged:?} {is_same} {start:?}");
        let mut record = Record::person(told_to(unchanged), json!({}));
        let recalled = recalled(&record, is_same);
        record.begin(recalled, start);
        record.ask_nobody();
        let is_done = record.want() == Want::Done(Status::Unchanged);
        assert_eq!(is_done, is_skipped, "{name}");
        if is_skipped {
            assert_eq!(record.end().id.as_deref(), Some(KEPT), "{name}");
        }
    }
}

#[test]
fn another_input_is_not_unchanged() {
    let before = Record::person(told_to(Unchanged::Skip), json!({}));
    let recalled = recalled(&before, true);
    let mut record = Record::person(told_to(Unchanged::Skip), json!({ "city": "Rome" }));
    record.begin(recalled, Start::Alone);
    record.ask_nobody();
    assert!(matches!(record.want(), Want::Patch(..)));
}

#[test]
fn verify_writes_only_rows_that_differ() {
    let other = with(full(), json!({ "jobTitle": "Clerk" }));
    let unclaimed = with(full(), json!({ "id": own_id(ME), "externalId": "" }));
    for (name, row, is_written) in [
        ("all of it", full(), false),
        ("another title", other, true),
        ("no external id", unclaimed, true),
        ("deleted", deleted(full()), true),
    ] {
        let mut record = Record::person(told_to(Unchanged::Verify), json!({})).looking();
        let want = record.see(&[row]);
        assert_eq!(want.sent().is_some(), is_written, "{name}");
        let status = match is_written {
            true => Status::Updated,
            false => Status::Unchanged,
        };
        assert_eq!(record.finish().status, status, "{name}");
    }
}

#[test]
fn force_writes_whatever_the_row_contains() {
    let mut record = Record::person(told_to(Unchanged::Write), json!({})).looking();
    assert!(record.see(&[full()]).sent().is_some());
}

#[test]
fn a_dry_run_says_what_would_be_done() {
    for (rows, status) in [(vec![], Status::Created), (vec![full()], Status::Updated)] {
        let mut record = Record::person(dry(), json!({})).looking();
        record.see(&rows);
        record.upsert.end_dry(&record.rules);
        assert_eq!(record.end().status, status);
    }
}
