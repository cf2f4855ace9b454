//! Rows that changed since they were remembered: deleted, destroyed, claimed by another record, inserted by an update.

use super::*;
use crate::core::sync::record::collision::reason::{
    OWN_ROW_DELETED, OWN_ROW_GONE, REVIVED, VALUE_TAKEN, WRITTEN_OVER,
};

/// The result of a record whose row no longer exists.
struct Gone {
    policy: &'static str,
    status: Status,
    told: &'static [&'static str],
    failed_for: Option<&'static str>,
    /// Whether the mapping is forgotten. A row that is not created again stays remembered.
    is_forgotten: bool,
}

const GONE: [Gone; 3] = [
    Gone {
        policy: "create",
        status: Status::Created,
        told: &[],
        failed_for: None,
        is_forgotten: true,
    },
    Gone {
        policy: "skip",
        status: Status::Unchanged,
        told: &[OWN_ROW_GONE],
        failed_for: None,
        is_forgotten: false,
    },
    Gone {
        policy: "report",
        status: Status::Failed,
        told: &[],
        failed_for: Some(error_reason::OWN_ROW_GONE),
        is_forgotten: false,
    },
];

impl Gone {
    fn rules(&self) -> Rules {
        collisions(&json!({ "ownGone": self.policy }))
    }

    fn check(&self, way: &str, record: Record) {
        let name = format!("{}, {way}", self.policy);
        let end = record.finish();
        assert_eq!(end.status, self.status, "{name}");
        assert_eq!(end.reasons(), self.told, "{name}");
        assert_eq!(end.failed_for(), self.failed_for, "{name}");
    }
}

#[test]
fn a_remembered_row_that_is_gone_when_it_is_written() {
    for case in &GONE {
        let mut record = Record::person(case.rules(), json!({})).remembering();
        assert!(matches!(record.want(), Want::Patch(..)));
        record.fail(gone());
        record.ask_nobody();
        if !case.is_forgotten {
            record.see(&[]);
        }
        let forgotten: &[&str] = match case.is_forgotten {
            true => &["forget"],
            false => &[],
        };
        assert_eq!(record.effects(), forgotten, "{}", case.policy);
        case.check("unseen", record);
    }
}

#[test]
fn a_remembered_row_that_a_look_up_does_not_find() {
    for case in &GONE {
        let mut record = Record::person(case.rules(), json!({}));
        record.begin(remembered(KEPT), Start::Together);
        record.ask_nobody();
        record.see(&[]);
        case.check("looked for", record);
    }
}

#[test]
fn a_row_destroyed_between_look_up_and_write() {
    for case in &GONE {
        for is_told_by_404 in [true, false] {
            let mut record = Record::person(case.rules(), json!({})).looking();
            record.see(&[row(KEPT, ME, MINE)]);
            match is_told_by_404 {
                true => drop(record.fail(gone())),
                false => record.upsert.tell_unmatched(&record.rules),
            }
            record.see(&[]);
            case.check("seen", record);
        }
    }
}

#[test]
fn a_missing_row_of_another_record_is_not_our_missing_row() {
    let mut record = Record::person(collisions(&json!({ "ownGone": "skip" })), json!({})).looking();
    record.see(&[row(OTHER, "", MINE)]);
    record.fail(gone());
    assert!(matches!(record.see(&[]), Want::Create(_)));
}

#[test]
fn a_row_found_again_under_another_id_is_written() {
    let skip = collisions(&json!({ "ownGone": "skip" }));
    let mut record = Record::person(skip, json!({})).remembering();
    record.fail(gone());
    assert!(matches!(record.see(&[row(OTHER, ME, MINE)]), Want::Update(id, _) if id == OTHER));
}

/// A write was answered with our row, which is deleted.
#[test]
fn a_remembered_row_whose_answer_shows_it_deleted() {
    for (policy, told) in [("revive", REVIVED), ("skip", OWN_ROW_DELETED)] {
        let rules = collisions(&json!({ "ownDeleted": policy }));
        let mut record = Record::person(rules, json!({})).remembering();
        record.answer(deleted(row(KEPT, ME, MINE)), UpdateMode::ById);
        let want = record.plan();
        let is_restored = want
            .sent()
            .is_some_and(|sent| sent.get("deletedAt") == Some(&Value::Null));
        assert_eq!(is_restored, policy == "revive", "{policy}");
        assert_eq!(record.finish().reasons(), [told], "{policy}");
    }
}

#[test]
fn a_row_deleted_between_look_up_and_write_is_looked_up_again() {
    for (policy, status, told) in [
        ("revive", Status::Updated, &[REVIVED][..]),
        ("skip", Status::Unchanged, &[OWN_ROW_DELETED]),
        ("report", Status::Failed, &[]),
    ] {
        let rules = collisions(&json!({ "ownDeleted": policy }));
        let mut record = Record::person(rules, json!({})).looking();
        let own = row(KEPT, ME, MINE);
        record.see(std::slice::from_ref(&own));
        match policy {
            "revive" => drop(record.answer(deleted(own.clone()), UpdateMode::Upsert)),
            _ => record.upsert.tell_unmatched(&record.rules),
        }
        record.see(&[deleted(own)]);
        let end = record.finish();
        assert_eq!(
            (end.status, end.reasons()),
            (status, told.to_vec()),
            "{policy}"
        );
    }
}

#[test]
fn an_update_that_turns_out_to_be_an_insert_is_completed() {
    let owned = json!({ "fieldOwnership": { "person": { "job_title": "create-only" } } });
    // If the answer to the insert was lost, the retry updated the new row.
    for updated_at in [NOW, "2026-03-01T00:00:01.000Z"] {
        let mut record = Record::person(rules(&owned), json!({})).looking();
        let want = record.see(&[row(KEPT, ME, MINE)]);
        let sent = map(want.sent().expect("an update").clone());
        assert!(!sent.contains_key("jobTitle"));
        let new = with(
            inserted(sent),
            json!({ "id": KEPT, "externalId": ME, "updatedAt": updated_at }),
        );
        if updated_at != NOW {
            record.upsert.note_repeated();
        }
        let Want::Update(id, rest) = record.answer(new, UpdateMode::Upsert) else {
            panic!("{:?}", record.want());
        };
        assert_eq!(id, KEPT);
        for field in ["externalId", "name", "emails", "jobTitle"] {
            assert!(rest.get(field).is_some(), "{field} in {rest}");
        }
        let end = record.finish();
        assert_eq!(end.status, Status::Created);
        assert!(end.is_remembered && end.warnings.is_empty());
    }
}

#[test]
fn a_row_that_somebody_else_made_again_is_looked_up_and_updated() {
    let mut record = Record::person(rules(&json!({})), json!({})).looking();
    let want = record.see(&[row(KEPT, ME, MINE)]);
    let sent = map(want.sent().expect("an update").clone());
    let theirs = json!({ "id": KEPT, "externalId": ME, "updatedAt": "2026-03-01T00:00:01.000Z" });
    let again = with(inserted(sent), theirs);
    assert_eq!(
        record.answer(again.clone(), UpdateMode::Upsert),
        Want::LookUp
    );
    assert!(matches!(record.see(&[again]), Want::Update(id, _) if id == KEPT));
    let end = record.finish();
    assert_eq!(end.status, Status::Updated);
    assert!(end.is_remembered && end.warnings.is_empty());
}

#[test]
fn values_left_out_after_an_insert_are_reported() {
    let owned = json!({ "fieldOwnership": { "person": { "job_title": "create-only" } } });
    let mut record = Record::person(rules(&owned), json!({})).looking();
    let others = row(OTHER, "them", MINE);
    record.see(&[row(KEPT, ME, "b@x.example"), others.clone()]);
    let new = with(
        inserted(Row::new()),
        json!({ "id": KEPT, "externalId": ME, "jobTitle": "" }),
    );
    record.answer(new.clone(), UpdateMode::Upsert);
    assert_eq!(record.fail(duplicate()), Want::LookUp);
    let want = record.see(&[new, others]);
    let sent = want.sent().expect("an update");
    assert!(sent.get("emails").is_none(), "{sent}");
    assert_eq!(sent.get("jobTitle"), Some(&"Boss".into()), "the row is new");
    let end = record.finish();
    assert_eq!(
        (end.status, end.reasons()),
        (Status::Created, vec![VALUE_TAKEN])
    );
    assert!(!end.is_remembered);
}

#[test]
fn a_row_that_was_just_made_and_is_updated_is_not_taken_for_an_insert() {
    let mut record = Record::person(rules(&json!({})), json!({})).looking();
    let own = with(
        row(KEPT, ME, MINE),
        json!({ "createdAt": NOW, "updatedAt": NOW }),
    );
    record.see(std::slice::from_ref(&own));
    assert_eq!(
        record.answer(own, UpdateMode::Upsert),
        Want::Stored(Status::Updated)
    );
}

#[test]
fn a_remembered_row_that_is_anothers_is_told_and_our_address_comes_back() {
    for (held, effects) in [
        (
            MINE,
            vec![
                "forget them".to_owned(),
                format!("take back {KEPT}"),
                "forget".to_owned(),
            ],
        ),
        (
            "b@x.example",
            vec!["forget them".to_owned(), "forget".to_owned()],
        ),
    ] {
        let mut record = Record::person(rules(&json!({})), json!({})).remembering();
        let theirs = row(KEPT, "them", held);
        assert_eq!(record.answer(theirs, UpdateMode::ById), Want::LookUp);
        assert_eq!(record.effects(), effects);
        let want = record.see(&[row(KEPT, "them", "")]);
        assert!(matches!(want, Want::Create(_)), "{want:?}");
        let end = record.finish();
        assert_eq!(
            (end.status, end.reasons()),
            (Status::Created, vec![WRITTEN_OVER])
        );
    }
}

#[test]
fn a_row_that_another_record_took_between_look_up_and_write_is_told() {
    let mut record = Record::person(rules(&json!({})), json!({})).looking();
    record.see(&[row(KEPT, ME, MINE)]);
    let theirs = row(KEPT, "them", MINE);
    assert_eq!(record.answer(theirs, UpdateMode::ById), Want::LookUp);
    let want = record.see(&[row(KEPT, "them", "")]);
    assert!(matches!(want, Want::Create(_)), "{want:?}");
    assert_eq!(record.finish().reasons(), [WRITTEN_OVER]);
}

/// An upsert whose row was destroyed meanwhile lands on the row that has the e-mail or external id by then.
#[test]
fn an_update_that_lands_on_another_row_is_completed_and_told() {
    let mut record = Record::person(rules(&json!({})), json!({ "city": "Oslo" })).looking();
    let want = record.see(&[with(row(KEPT, ME, MINE), json!({ "city": "Oslo" }))]);
    let sent = map(want.sent().expect("an update").clone());
    assert_eq!(record.miss_in_answer(), Want::LookUp);
    let theirs = updated(&row(OTHER, ME, MINE), sent);
    let Want::Update(id, rest) = record.see(&[theirs]) else {
        panic!("{:?}", record.want());
    };
    assert_eq!(id, OTHER);
    assert_eq!(rest.get("city"), Some(&"Oslo".into()), "{rest}");
    let end = record.finish();
    assert_eq!(end.status, Status::Updated);
    assert_eq!(end.reasons(), [WRITTEN_OVER]);
    assert!(end.is_remembered);
}

#[test]
fn a_remembered_row_that_lost_its_external_id_gets_it_again() {
    let mut record = Record::person(rules(&json!({})), json!({})).remembering();
    record.answer(row(KEPT, "", MINE), UpdateMode::ById);
    let want = record.plan();
    assert_eq!(
        want.sent().and_then(|sent| sent.get("externalId")),
        Some(&ME.into())
    );
}

#[test]
fn a_row_that_another_upsert_of_this_process_took_is_looked_at_again() {
    let mut record = Record::person(rules(&json!({})), json!({})).looking();
    record.see(&[row(OTHER, "", MINE)]);
    record.upsert.tell_row_taken();
    let want = record.see(&[row(OTHER, "them", MINE)]);
    assert!(matches!(want, Want::Create(_)));
    assert_eq!(record.finish().reasons(), [VALUE_TAKEN]);
}
