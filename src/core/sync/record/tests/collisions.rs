//! `docs/twenty/mapping.md#collisions`, row by row: what is sent, reported and remembered.

use super::*;
use crate::core::sync::record::collision::reason::{
    ADDITIONAL_EMAIL, ADOPTED, LINKED, OWN_ROW_DELETED, REVIVED, TAKEN_OVER, VALUE_ON_DELETED_ROW,
    VALUE_TAKEN,
};

/// The result of a record whose look-up returns these rows.
struct Case {
    name: &'static str,
    collisions: Value,
    rows: Vec<Row>,
    /// The row that is written and the payload; no id for a create, `None` if nothing is sent.
    sent: Option<(&'static str, Value)>,
    status: Status,
    /// Reasons of warnings.
    told: &'static [&'static str],
    failed_for: Option<&'static str>,
    is_remembered: bool,
    effects: &'static [&'static str],
}

impl Case {
    fn new(name: &'static str, collisions: Value, rows: Vec<Row>) -> Self {
        Self {
            name,
            collisions,
            rows,
            sent: None,
            status: Status::Unchanged,
            told: &[],
            failed_for: None,
            is_remembered: false,
            effects: &[],
        }
    }

    fn updates(self, id: &'static str, sent: Value) -> Self {
        Self {
            sent: Some((id, sent)),
            status: Status::Updated,
            is_remembered: true,
            ..self
        }
    }

    fn creates(self, sent: Value) -> Self {
        Self {
            status: Status::Created,
            ..self.updates("", sent)
        }
    }

    fn fails(self, reason: &'static str) -> Self {
        Self {
            status: Status::Failed,
            failed_for: Some(reason),
            ..self
        }
    }

    fn told(self, told: &'static [&'static str]) -> Self {
        Self { told, ..self }
    }

    /// Something was left out: the next run checks it again.
    fn unfinished(self) -> Self {
        Self {
            is_remembered: false,
            ..self
        }
    }

    fn effects(self, effects: &'static [&'static str]) -> Self {
        Self { effects, ..self }
    }
}

fn name() -> Value {
    json!({ "firstName": "Jane", "lastName": "Doe" })
}

fn all() -> Value {
    json!({ "name": name(), "emails": { "primaryEmail": MINE }, "jobTitle": "Boss" })
}

fn all_but_email() -> Value {
    json!({ "name": name(), "jobTitle": "Boss" })
}

/// The payload of a create with these fields.
fn new(fields: Value) -> Value {
    let mut sent = map(json!({ "id": own_id(ME), "externalId": ME }));
    sent.extend(map(fields));
    sent.into()
}

/// Adds the external id.
fn claimed(mut fields: Value) -> Value {
    fields["externalId"] = ME.into();
    fields
}

/// Adds what restores a deleted row.
fn restoring(mut fields: Value) -> Value {
    fields["deletedAt"] = Value::Null;
    fields
}

fn unclaimed() -> Vec<Row> {
    vec![with(row(OTHER, "", MINE), json!({ "jobTitle": "Clerk" }))]
}

/// The record's own row has another address, a second row has ours.
fn apart(external_id: &str) -> Vec<Row> {
    vec![row(KEPT, ME, "b@x.example"), row(OTHER, external_id, MINE)]
}

/// A row with our e-mail as an additional one.
fn beside(id: &str, external_id: &str) -> Row {
    let emails = json!({ "primaryEmail": "b@x.example", "additionalEmails": [MINE] });
    with(row(id, external_id, ""), json!({ "emails": emails }))
}

fn others_rows() -> Vec<Case> {
    let report = error_reason::COLLISION;
    vec![
        Case::new("nobody", json!({}), vec![]).creates(new(all())),
        Case::new(
            "a row of another address",
            json!({}),
            vec![row(OTHER, "them", "b@x.example")],
        )
        .creates(new(all())),
        Case::new("unclaimed: link", json!({}), unclaimed())
            .updates(OTHER, json!({ "externalId": ME }))
            .told(&[LINKED])
            .unfinished(),
        Case::new(
            "unclaimed: adopt",
            json!({ "unclaimedMatch": "adopt" }),
            unclaimed(),
        )
        .updates(OTHER, claimed(all()))
        .told(&[ADOPTED]),
        Case::new(
            "unclaimed: report",
            json!({ "unclaimedMatch": "report" }),
            unclaimed(),
        )
        .fails(report),
        Case::new(
            "claimed: leave out",
            json!({}),
            vec![row(OTHER, "them", MINE)],
        )
        .creates(new(all_but_email()))
        .told(&[VALUE_TAKEN])
        .unfinished(),
        Case::new(
            "claimed: report",
            json!({ "claimedMatch": "report" }),
            vec![row(OTHER, "them", MINE)],
        )
        .fails(report),
        Case::new(
            "claimed: take over",
            json!({ "claimedMatch": "take_over" }),
            vec![row(OTHER, "them", MINE)],
        )
        .updates(OTHER, claimed(all()))
        .told(&[TAKEN_OVER])
        .effects(&["forget them"]),
        Case::new(
            "deleted: leave out",
            json!({}),
            vec![deleted(row(OTHER, "", MINE))],
        )
        .creates(new(all_but_email()))
        .told(&[VALUE_ON_DELETED_ROW])
        .unfinished(),
        Case::new(
            "deleted: report",
            json!({ "deletedMatch": "report" }),
            vec![deleted(row(OTHER, "", MINE))],
        )
        .fails(report),
        Case::new(
            "unclaimed, address beside",
            json!({}),
            vec![beside(OTHER, "")],
        )
        .updates(OTHER, json!({ "externalId": ME, "jobTitle": "Boss" }))
        .told(&[LINKED])
        .unfinished(),
        Case::new(
            "claimed, address beside",
            json!({}),
            vec![beside(OTHER, "them")],
        )
        .creates(new(all()))
        .told(&[ADDITIONAL_EMAIL]),
    ]
}

fn own_rows() -> Vec<Case> {
    let own = || vec![row(KEPT, ME, MINE)];
    let own_deleted = || vec![deleted(row(KEPT, ME, MINE))];
    vec![
        Case::new("own", json!({}), own()).updates(KEPT, all()),
        Case::new(
            "own by id, not claimed yet",
            json!({}),
            vec![row(own_id_of_me(), "", MINE)],
        )
        .updates(own_id_of_me(), claimed(all())),
        Case::new(
            "own: another address",
            json!({}),
            vec![row(KEPT, ME, "b@x.example")],
        )
        .updates(KEPT, all()),
        Case::new("own and an unclaimed one: leave out", json!({}), apart(""))
            .updates(KEPT, all_but_email())
            .told(&[VALUE_TAKEN])
            .unfinished(),
        Case::new("own and another's: leave out", json!({}), apart("them"))
            .updates(KEPT, all_but_email())
            .told(&[VALUE_TAKEN])
            .unfinished(),
        Case::new(
            "own and another's: report",
            json!({ "claimedMatch": "report" }),
            apart("them"),
        )
        .fails(error_reason::COLLISION),
        Case::new(
            "own and another's: take over",
            json!({ "claimedMatch": "take_over" }),
            apart("them"),
        )
        .updates(KEPT, all())
        .told(&[TAKEN_OVER]),
        Case::new(
            "own and a deleted one: leave out",
            json!({ "claimedMatch": "take_over" }),
            vec![
                row(KEPT, ME, "b@x.example"),
                deleted(row(OTHER, "them", MINE)),
            ],
        )
        .updates(KEPT, all_but_email())
        .told(&[VALUE_ON_DELETED_ROW])
        .unfinished(),
        Case::new(
            "own and a deleted one: report",
            json!({ "claimedMatch": "take_over", "deletedMatch": "report" }),
            vec![
                row(KEPT, ME, "b@x.example"),
                deleted(row(OTHER, "them", MINE)),
            ],
        )
        .fails(error_reason::COLLISION),
        Case::new(
            "own has the address beside",
            json!({}),
            vec![beside(KEPT, ME)],
        )
        .updates(KEPT, all_but_email())
        .told(&[ADDITIONAL_EMAIL]),
        Case::new("own, deleted: revive", json!({}), own_deleted())
            .updates(KEPT, restoring(all()))
            .told(&[REVIVED]),
        Case::new(
            "own, deleted: skip",
            json!({ "ownDeleted": "skip" }),
            own_deleted(),
        )
        .told(&[OWN_ROW_DELETED]),
        Case::new(
            "own, deleted: report",
            json!({ "ownDeleted": "report" }),
            own_deleted(),
        )
        .fails(error_reason::OWN_ROW_DELETED),
        Case::new(
            "two with the external id: the live one",
            json!({}),
            vec![deleted(row(OTHER, ME, MINE)), row(KEPT, ME, MINE)],
        )
        .updates(KEPT, all_but_email()),
    ]
}

fn own_id_of_me() -> &'static str {
    static ID: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    ID.get_or_init(|| own_id(ME))
}

#[test]
fn each_row_of_the_table_is_sent_reported_and_remembered() {
    for case in others_rows().into_iter().chain(own_rows()) {
        let name = case.name;
        let mut record = Record::person(collisions(&case.collisions), json!({})).looking();
        let want = record.see(&case.rows);
        let wanted = match case.sent {
            Some(("", sent)) => Want::Create(sent),
            Some((id, sent)) => Want::Update(id.to_owned(), sent),
            None => Want::Done(case.status),
        };
        assert_eq!(want, wanted, "{name}");
        record.claim();
        let end = record.finish();
        assert_eq!(end.status, case.status, "{name}");
        assert_eq!(end.reasons(), case.told, "{name}");
        assert_eq!(end.failed_for(), case.failed_for, "{name}");
        assert_eq!(end.is_remembered, case.is_remembered, "{name}");
        assert_eq!(end.effects, case.effects, "{name}");
        if let Want::Update(id, _) = wanted {
            assert_eq!(end.id, Some(id), "{name}");
        }
    }
}

#[test]
fn the_plan_names_the_row_that_loses_the_value() {
    let taking = json!({ "claimedMatch": "take_over" });
    let mut record = Record::person(collisions(&taking), json!({})).looking();
    record.see(&apart("them"));
    let Step::Planned(Plan::Update(update)) = record.upsert.step() else {
        panic!("{:?}", record.want());
    };
    assert_eq!(update.target.take_from.as_ref().map(id_of), Some(OTHER));
}

/// How the rules read a workspace whose external ids are not known to be unique, or are none, and whether they are sent.
const UNUSABLE: [(Uniqueness, bool); 2] = [(Uniqueness::No, false), (Uniqueness::Unproven, true)];

fn without_usable_field(uniqueness: Uniqueness, policies: &Value) -> Record {
    let options = json!({ "collisions": policies });
    let schema = schema(uniqueness, Uniqueness::No);
    Record::person(rules_on(schema, ObjectKind::Person, &options), json!({})).looking()
}

#[test]
fn without_a_usable_field_for_external_ids_a_match_is_another_records() {
    for (uniqueness, id_is_sent) in UNUSABLE {
        // The policy for rows that nobody has claimed does not matter.
        for unclaimed_match in ["link", "adopt", "report"] {
            let see = |claimed_match: &str| {
                let policies =
                    json!({ "unclaimedMatch": unclaimed_match, "claimedMatch": claimed_match });
                let mut record = without_usable_field(uniqueness, &policies);
                record.see(&unclaimed());
                record
            };
            let left_out = see("leave_out");
            let Want::Create(sent) = left_out.want() else {
                panic!("{:?}", left_out.want());
            };
            assert!(sent.get("emails").is_none(), "{sent}");
            assert_eq!(sent.get("externalId").is_some(), id_is_sent);
            let end = left_out.finish();
            assert_eq!(end.reasons(), [VALUE_TAKEN]);
            assert!(!end.is_remembered);

            let reported = see("report").end();
            assert_eq!(reported.failed_for(), Some(error_reason::COLLISION));

            let taken = see("take_over");
            let Want::Update(id, sent) = taken.want() else {
                panic!("{:?}", taken.want());
            };
            assert_eq!(id, OTHER);
            assert_eq!(sent.get("externalId").is_some(), id_is_sent);
            assert_eq!(taken.finish().reasons(), [TAKEN_OVER]);
        }
    }
}

#[test]
fn without_a_usable_field_for_external_ids_the_row_with_the_chosen_id_is_ours() {
    for (uniqueness, _) in UNUSABLE {
        let mut record = without_usable_field(uniqueness, &json!({ "claimedMatch": "report" }));
        let want = record.see(&[row(own_id_of_me(), "", MINE)]);
        assert!(
            matches!(&want, Want::Update(id, _) if id == own_id_of_me()),
            "{want:?}"
        );
        assert!(record.finish().is_remembered);
    }
}

#[test]
fn a_derived_id_that_another_record_has_is_replaced_by_the_next() {
    let mut record = Record::person(rules(&json!({})), json!({})).looking();
    let taken = row(&own_id(ME), "them", "b@x.example");
    let Want::Create(first) = record.see(std::slice::from_ref(&taken)) else {
        panic!("{:?}", record.want());
    };
    assert_ne!(first["id"], own_id(ME));
    assert_eq!(record.fail(duplicate()), Want::LookUp);
    let second = row(
        first["id"].as_str().expect("an id"),
        "others",
        "c@x.example",
    );
    let Want::Create(third) = record.see(&[taken, second]) else {
        panic!("{:?}", record.want());
    };
    assert!(third["id"] != own_id(ME) && third["id"] != first["id"]);
    assert_eq!(third["externalId"], ME);
}

const DOMAIN: &str = "acme.example";

fn company_with(id: &str, external_id: &str, domain: &str) -> Row {
    let row = row(id, external_id, "");
    with(
        row,
        json!({ "name": "Old", "domainName": { "primaryLinkUrl": domain } }),
    )
}

/// What a company's domain collides with, and what is made of it.
struct DomainCase {
    policies: Value,
    rows: Vec<Row>,
    /// The row that is written; no id for a create, nothing where nothing is sent.
    written: Option<&'static str>,
    /// Whether the domain is in what is sent.
    has_domain: bool,
    told: &'static [&'static str],
    failed_for: Option<&'static str>,
    is_remembered: bool,
}

impl DomainCase {
    /// Written whole, with nothing to tell.
    fn new(policies: Value, rows: Vec<Row>, written: &'static str) -> Self {
        Self {
            policies,
            rows,
            written: Some(written),
            has_domain: true,
            told: &[],
            failed_for: None,
            is_remembered: true,
        }
    }

    fn told(self, reason: &'static [&'static str]) -> Self {
        Self {
            told: reason,
            ..self
        }
    }

    /// The row that is written holds the domain already.
    fn held(self) -> Self {
        Self {
            has_domain: false,
            ..self
        }
    }

    /// Something was left out: the next run checks it again.
    fn unfinished(self) -> Self {
        Self {
            is_remembered: false,
            ..self.held()
        }
    }

    /// Nothing is sent.
    fn fails(policies: Value, rows: Vec<Row>, reason: &'static str) -> Self {
        Self {
            failed_for: Some(reason),
            written: None,
            ..Self::new(policies, rows, "").unfinished()
        }
    }
}

fn domain_cases() -> Vec<DomainCase> {
    let unclaimed = || vec![company_with(OTHER, "", DOMAIN)];
    let claimed = || vec![company_with(OTHER, "them", DOMAIN)];
    let on_deleted = || vec![deleted(company_with(OTHER, "them", DOMAIN))];
    let apart = || {
        vec![
            company_with(KEPT, ME, "b.example"),
            company_with(OTHER, "them", DOMAIN),
        ]
    };
    let own_deleted = || vec![deleted(company_with(KEPT, ME, DOMAIN))];
    let policy = |name: &str, word: &str| json!({ name: word });
    let collision = error_reason::COLLISION;
    vec![
        DomainCase::new(json!({}), vec![], ""),
        DomainCase::new(json!({}), unclaimed(), OTHER)
            .told(&[LINKED])
            .unfinished(),
        DomainCase::new(policy("unclaimedMatch", "adopt"), unclaimed(), OTHER)
            .told(&[ADOPTED])
            .held(),
        DomainCase::fails(policy("unclaimedMatch", "report"), unclaimed(), collision),
        DomainCase::new(json!({}), claimed(), "")
            .told(&[VALUE_TAKEN])
            .unfinished(),
        DomainCase::fails(policy("claimedMatch", "report"), claimed(), collision),
        DomainCase::new(policy("claimedMatch", "take_over"), claimed(), OTHER)
            .told(&[TAKEN_OVER])
            .held(),
        DomainCase::new(json!({}), on_deleted(), "")
            .told(&[VALUE_ON_DELETED_ROW])
            .unfinished(),
        DomainCase::fails(policy("deletedMatch", "report"), on_deleted(), collision),
        DomainCase::new(json!({}), apart(), KEPT)
            .told(&[VALUE_TAKEN])
            .unfinished(),
        DomainCase::fails(policy("claimedMatch", "report"), apart(), collision),
        DomainCase::new(policy("claimedMatch", "take_over"), apart(), KEPT).told(&[TAKEN_OVER]),
        DomainCase::new(json!({}), own_deleted(), KEPT)
            .told(&[REVIVED])
            .held(),
        DomainCase::fails(
            policy("ownDeleted", "report"),
            own_deleted(),
            error_reason::OWN_ROW_DELETED,
        ),
    ]
}

#[test]
fn a_domain_collides_as_an_address_does() {
    for case in domain_cases() {
        let external_ids: Vec<&str> = case
            .rows
            .iter()
            .filter_map(|row| row["externalId"].as_str())
            .collect();
        let name = format!("{} and {external_ids:?}", case.policies);
        let options = json!({ "collisions": case.policies });
        let input =
            company_input(&json!({ "external_id": ME, "name": "Acme", "domain_name": DOMAIN }));
        let rules = rules_on(usual_schema(), ObjectKind::Company, &options);
        let mut record = Record::new(rules, Input::Company(input)).looking();
        let want = record.see(&case.rows);
        let written = match &want {
            Want::Create(_) => Some(""),
            Want::Update(id, _) => Some(id.as_str()),
            _ => None,
        };
        assert_eq!(written, case.written, "{name}");
        let has_domain = want
            .sent()
            .is_some_and(|sent| sent.get("domainName").is_some());
        assert_eq!(has_domain, case.has_domain, "{name}");
        let end = record.finish();
        assert_eq!(end.reasons(), case.told, "{name}");
        assert_eq!(end.failed_for(), case.failed_for, "{name}");
        assert_eq!(end.is_remembered, case.is_remembered, "{name}");
    }
}
