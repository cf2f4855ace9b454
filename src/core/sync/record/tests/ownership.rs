//! `fieldOwnership`: which fields of an existing row are written, with and without a look-up.

use super::*;

/// How the owner of the job title affects a row that has one.
struct Case {
    owner: &'static str,
    held: &'static str,
    /// Whether the remembered row may be written without a look-up.
    is_unseen: bool,
    /// Whether the title is sent after a look-up.
    is_sent: bool,
    is_remembered: bool,
}

const CASES: [Case; 7] = [
    Case {
        owner: "always",
        held: "",
        is_unseen: true,
        is_sent: true,
        is_remembered: true,
    },
    Case {
        owner: "always",
        held: "Clerk",
        is_unseen: true,
        is_sent: true,
        is_remembered: true,
    },
    Case {
        owner: "if-empty",
        held: "",
        is_unseen: false,
        is_sent: true,
        is_remembered: true,
    },
    Case {
        owner: "if-empty",
        held: "Clerk",
        is_unseen: false,
        is_sent: false,
        // It may be written once somebody clears it.
        is_remembered: false,
    },
    Case {
        owner: "if-empty",
        held: "Boss",
        is_unseen: false,
        is_sent: false,
        // The row holds what was asked for.
        is_remembered: true,
    },
    Case {
        owner: "create-only",
        held: "",
        is_unseen: true,
        is_sent: false,
        is_remembered: true,
    },
    Case {
        owner: "create-only",
        held: "Clerk",
        is_unseen: true,
        is_sent: false,
        is_remembered: true,
    },
];

fn owned(owner: &str) -> Rules {
    rules(&json!({ "fieldOwnership": { "person": { "job_title": owner } } }))
}

fn own(held: &str) -> Row {
    with(row(KEPT, ME, MINE), json!({ "jobTitle": held }))
}

fn sends_title(want: &Want) -> bool {
    want.sent()
        .expect("something is sent")
        .get("jobTitle")
        .is_some()
}

#[test]
fn a_new_record_gets_every_field() {
    for case in &CASES {
        let mut record = Record::person(owned(case.owner), json!({})).looking();
        assert!(sends_title(&record.see(&[])), "{}", case.owner);
        assert!(record.finish().is_remembered, "{}", case.owner);
    }
}

#[test]
fn after_a_look_up_the_row_decides() {
    for case in &CASES {
        let name = format!("{} and {:?}", case.owner, case.held);
        let mut record = Record::person(owned(case.owner), json!({})).looking();
        let want = record.see(&[own(case.held)]);
        assert_eq!(sends_title(&want), case.is_sent, "{name}");
        let end = record.finish();
        assert_eq!(end.status, Status::Updated, "{name}");
        assert_eq!(end.is_remembered, case.is_remembered, "{name}");
        assert!(end.warnings.is_empty(), "{name}");
    }
}

#[test]
fn a_single_call_looks_up_the_row_only_if_needed() {
    for case in &CASES {
        let name = format!("{} and {:?}", case.owner, case.held);
        let mut record = Record::person(owned(case.owner), json!({})).remembering();
        let want = record.want();
        assert_eq!(matches!(want, Want::Patch(..)), case.is_unseen, "{name}");
        let want = match case.is_unseen {
            true => want,
            false => record.see(&[own(case.held)]),
        };
        assert_eq!(sends_title(&want), case.is_sent, "{name}");
    }
}

#[test]
fn a_row_that_is_linked_gets_its_blanks_filled_whoever_owns_them() {
    let mut record = Record::person(owned("create-only"), json!({ "city": "Rome" })).looking();
    let want = record.see(&[row(OTHER, "", MINE)]);
    let sent = json!({ "externalId": ME, "city": "Rome" });
    assert_eq!(want, Want::Update(OTHER.to_owned(), sent));
}

/// Otherwise the value would be taken from the other row and written nowhere.
#[test]
fn an_address_that_our_row_does_not_get_is_not_taken_nor_missed() {
    for (owner, held, is_wanted) in [
        ("always", "b@x.example", true),
        ("if-empty", "", true),
        ("if-empty", "b@x.example", false),
        ("create-only", "", false),
        ("create-only", "b@x.example", false),
    ] {
        let rows = [row(KEPT, ME, held), row(OTHER, "them", MINE)];
        let options = |policy: &str| {
            let owners = json!({ "person": { "email": owner } });
            json!({ "fieldOwnership": owners, "collisions": { "claimedMatch": policy } })
        };
        let name = format!("{owner} and {held:?}");
        let see = |policy: &str| {
            let mut record = Record::person(rules(&options(policy)), json!({})).looking();
            record.see(&rows);
            record
        };
        let taking = see("take_over");
        let Step::Planned(Plan::Update(update)) = taking.upsert.step() else {
            panic!("{name}: {:?}", taking.want());
        };
        assert_eq!(update.target.take_from.is_some(), is_wanted, "{name}");
        assert_eq!(update.payload.contains_key("emails"), is_wanted, "{name}");
        let told = !see("leave_out").finish().warnings.is_empty();
        assert_eq!(told, is_wanted, "{name}");
        let failed = see("report").want() == Want::Done(Status::Failed);
        assert_eq!(failed, is_wanted, "{name}");
    }
}
