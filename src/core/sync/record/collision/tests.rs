//! The table of `docs/twenty/mapping.md#collisions`, row by row.

use serde_json::{Value, json};

use super::*;
use crate::core::twenty::record::UniqueValue;

const OURS: &str = "11111111-1111-5111-8111-111111111111";
const OTHER: &str = "22222222-2222-4222-8222-222222222222";

fn unique() -> UniqueValue {
    UniqueValue {
        field: "emails",
        input_field: "email",
        value: "a@x.example".into(),
        identity: "a@x.example".into(),
        spellings: vec!["a@x.example".into()],
    }
}

fn row(id: &str, external_id: &str, email: &str, deleted: bool) -> Row {
    let row = json!({
        "id": id,
        "createdAt": "2026-01-01T00:00:00.000Z",
        "deletedAt": if deleted { json!("2026-02-01T00:00:00.000Z") } else { Value::Null },
        "externalId": external_id,
        "emails": {"primaryEmail": email},
    });
    serde_json::from_value(row).expect("an object")
}

fn decide_with(field: &ExternalIdField, rows: &[Row], collisions: Collisions) -> Decision {
    let (own_ids, unique) = ([OURS.to_owned()], unique());
    let claimant = Claimant {
        kind: ObjectKind::Person,
        external_id: "me",
        stored_external_id: "me",
        own_ids: &own_ids,
        external_id_field: field,
        unique: Some(&unique),
    };
    let rows: Vec<&Row> = rows.iter().collect();
    decide(&claimant, &rows, &collisions)
}

fn usable() -> ExternalIdField {
    ExternalIdField::Unique("externalId".into())
}

fn target(decision: Decision) -> Target {
    match decision {
        Decision::Write(target) => target,
        other => panic!("not a write: {other:?}"),
    }
}

fn failure(decision: Decision) -> CrmError {
    match decision {
        Decision::Fail(error) => error,
        other => panic!("not a failure: {other:?}"),
    }
}

fn left_out(decision: Decision) -> SyncWarning {
    match decision {
        Decision::Create {
            leave_out: Some(warning),
            note: None,
        } => warning,
        other => panic!("not a create without the value: {other:?}"),
    }
}

#[test]
fn no_row_means_create() {
    assert!(matches!(
        decide_with(&usable(), &[], Collisions::default()),
        Decision::Create {
            leave_out: None,
            ..
        }
    ));
}

#[test]
fn the_row_with_our_external_id_is_ours_whatever_its_id() {
    let rows = [row(OTHER, "me", "b@x.example", false)];
    let target = target(decide_with(&usable(), &rows, Collisions::default()));
    assert_eq!(id_of(&target.row), OTHER);
    assert!(!target.claim && !target.blanks_only && !target.leave_out_unique);
}

#[test]
fn a_row_with_our_id_and_another_external_id_is_not_ours() {
    let rows = [row(OURS, "someone", "b@x.example", false)];
    assert!(matches!(
        decide_with(&usable(), &rows, Collisions::default()),
        Decision::Create {
            leave_out: None,
            ..
        }
    ));
}

#[test]
fn a_row_with_our_id_and_no_external_id_becomes_ours() {
    let rows = [row(OURS, "", "", false)];
    let target = target(decide_with(&usable(), &rows, Collisions::default()));
    assert!(target.claim);
}

#[test]
fn an_unclaimed_match_is_linked_adopted_or_reported() {
    let rows = [row(OTHER, "", "a@x.example", false)];
    let with = |unclaimed_match| Collisions {
        unclaimed_match,
        ..Collisions::default()
    };
    let linked = target(decide_with(&usable(), &rows, with(UnclaimedMatch::Link)));
    assert!(linked.blanks_only && linked.claim);
    let adopted = target(decide_with(&usable(), &rows, with(UnclaimedMatch::Adopt)));
    assert!(!adopted.blanks_only && adopted.claim);
    assert_eq!(adopted.warnings[0].reason, reason::ADOPTED);
    let error = failure(decide_with(&usable(), &rows, with(UnclaimedMatch::Report)));
    assert_eq!(error.reason(), Some("COLLISION"));
    assert!(error.message.contains(OTHER));
}

#[test]
fn another_spelling_of_our_address_is_our_address() {
    let rows = [row(OTHER, "", "A@X.Example", false)];
    let linked = target(decide_with(&usable(), &rows, Collisions::default()));
    assert!(linked.blanks_only && linked.claim);
}

#[test]
fn without_a_usable_field_nobody_elses_row_is_taken() {
    for field in [
        ExternalIdField::Missing,
        ExternalIdField::Unproven("externalId".into()),
    ] {
        let rows = [row(OTHER, "", "a@x.example", false)];
        let warning = left_out(decide_with(&field, &rows, Collisions::default()));
        assert_eq!(warning.reason, reason::VALUE_TAKEN);
        assert_eq!(warning.crm_id.as_deref(), Some(OTHER));
    }
}

#[test]
fn a_claimed_match_is_left_out_reported_or_taken_over() {
    let rows = [row(OTHER, "them", "a@x.example", false)];
    let with = |claimed_match| Collisions {
        claimed_match,
        ..Collisions::default()
    };
    let warning = left_out(decide_with(&usable(), &rows, with(ClaimedMatch::LeaveOut)));
    assert_eq!(warning.field, "email");
    assert_eq!(warning.other_external_id.as_deref(), Some("them"));
    let error = failure(decide_with(&usable(), &rows, with(ClaimedMatch::Report)));
    assert_eq!(error.details["otherExternalId"], "them");
    let taken = target(decide_with(&usable(), &rows, with(ClaimedMatch::TakeOver)));
    assert!(taken.claim && taken.take_from.is_none());
    assert_eq!(id_of(&taken.row), OTHER);
}

#[test]
fn external_id_here_and_email_there() {
    for other in ["", "them"] {
        let rows = [
            row(OURS, "me", "b@x.example", false),
            row(OTHER, other, "a@x.example", false),
        ];
        let kept = target(decide_with(&usable(), &rows, Collisions::default()));
        assert_eq!(id_of(&kept.row), OURS);
        assert!(kept.leave_out_unique);
        assert_eq!(kept.warnings[0].reason, reason::VALUE_TAKEN);
        let taking = Collisions {
            claimed_match: ClaimedMatch::TakeOver,
            ..Collisions::default()
        };
        let taken = target(decide_with(&usable(), &rows, taking));
        assert_eq!(taken.take_from.as_ref().map(id_of), Some(OTHER));
        assert!(!taken.leave_out_unique);
    }
}

#[test]
fn a_deleted_match_that_is_not_ours_is_not_touched() {
    let rows = [row(OTHER, "", "a@x.example", true)];
    let warning = left_out(decide_with(&usable(), &rows, Collisions::default()));
    assert_eq!(warning.reason, reason::VALUE_ON_DELETED_ROW);
    let reporting = Collisions {
        deleted_match: DeletedMatch::Report,
        ..Collisions::default()
    };
    failure(decide_with(&usable(), &rows, reporting));
}

#[test]
fn our_own_deleted_row_is_revived_skipped_or_reported() {
    let rows = [row(OURS, "me", "a@x.example", true)];
    let with = |own_deleted| Collisions {
        own_deleted,
        ..Collisions::default()
    };
    let revived = target(decide_with(&usable(), &rows, with(OwnDeleted::Revive)));
    assert!(revived.revive);
    assert!(matches!(
        decide_with(&usable(), &rows, with(OwnDeleted::Skip)),
        Decision::Skip { .. }
    ));
    let error = failure(decide_with(&usable(), &rows, with(OwnDeleted::Report)));
    assert_eq!(error.reason(), Some("OWN_ROW_DELETED"));
}

#[test]
fn another_spelling_on_another_row_leaves_both_as_they_are() {
    let rows = [
        row(OURS, "me", "a@x.example", false),
        row(OTHER, "them", "a@x.example", false),
    ];
    let target = target(decide_with(&usable(), &rows, Collisions::default()));
    assert!(target.leave_out_unique);
    assert!(target.warnings.is_empty());
}

/// A row with another primary address, and ours as an additional one.
fn beside(id: &str, external_id: &str, deleted: bool) -> Row {
    let mut row = row(id, external_id, "b@x.example", deleted);
    let emails =
        json!({"primaryEmail": "b@x.example", "additionalEmails": ["c@x.example", "A@X.example"]});
    row.insert("emails".into(), emails);
    row
}

fn note(decision: Decision) -> SyncWarning {
    match decision {
        Decision::Create {
            leave_out: None,
            note: Some(note),
        } => note,
        other => panic!("not a create with a note: {other:?}"),
    }
}

#[test]
fn an_unclaimed_row_with_our_email_as_additional_address_is_linked() {
    let rows = [beside(OTHER, "", false)];
    let with = |unclaimed_match| Collisions {
        unclaimed_match,
        ..Collisions::default()
    };
    let linked = target(decide_with(&usable(), &rows, Collisions::default()));
    assert!(linked.claim && linked.blanks_only && linked.leave_out_unique && !linked.lacks_value());
    let adopted = with(UnclaimedMatch::Adopt);
    let adopted = target(decide_with(&usable(), &rows, adopted));
    assert!(adopted.claim && !adopted.blanks_only && adopted.leave_out_unique);
    let report = with(UnclaimedMatch::Report);
    let error = failure(decide_with(&usable(), &rows, report));
    assert_eq!(error.reason(), Some("COLLISION"));
}

#[test]
fn rows_with_our_email_as_additional_address_cause_a_warning() {
    let all = Collisions {
        claimed_match: ClaimedMatch::Report,
        ..Collisions::default()
    };
    let claimed = [beside(OTHER, "someone", false)];
    for collisions in [Collisions::default(), all] {
        let note = note(decide_with(&usable(), &claimed, collisions));
        assert_eq!(note.reason, reason::ADDITIONAL_EMAIL);
        assert_eq!(note.other_external_id.as_deref(), Some("someone"));
        assert_eq!(note.crm_id.as_deref(), Some(OTHER));
    }
    let third = "33333333-3333-4333-8333-333333333333";
    let several = [beside(OTHER, "", false), beside(third, "", false)];
    let told = note(decide_with(&usable(), &several, Collisions::default()));
    assert!(told.message.contains(OTHER) && told.message.contains(third));
    // Without a field for external ids, no row of others is taken.
    let told = note(decide_with(
        &ExternalIdField::Missing,
        &several[..1],
        Collisions::default(),
    ));
    assert_eq!(told.crm_id.as_deref(), Some(OTHER));
    let deleted = [beside(OTHER, "", true)];
    assert!(matches!(
        decide_with(&usable(), &deleted, Collisions::default()),
        Decision::Create {
            leave_out: None,
            note: None
        }
    ));
}

#[test]
fn a_primary_email_match_comes_before_an_additional_one() {
    let rows = [
        beside(OTHER, "", false),
        row(
            "33333333-3333-4333-8333-333333333333",
            "",
            "a@x.example",
            false,
        ),
    ];
    let target = target(decide_with(&usable(), &rows, Collisions::default()));
    assert_ne!(id_of(&target.row), OTHER);
    assert!(!target.leave_out_unique);
}

#[test]
fn our_own_row_keeps_its_primary_address() {
    let rows = [beside(OURS, "me", false)];
    let target = target(decide_with(&usable(), &rows, Collisions::default()));
    assert_eq!(target.warnings[0].reason, reason::ADDITIONAL_EMAIL);
}
