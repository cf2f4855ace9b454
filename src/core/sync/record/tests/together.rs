//! Records of one batch that want the same e-mail or row: one of them gets it.

use super::*;
use crate::core::sync::record::collision::reason::{LINKED, VALUE_TAKEN};

/// Records and the rows that a look-up returns.
struct Group {
    rules: Rules,
    upserts: Vec<Upsert>,
    rows: Vec<Vec<Row>>,
}

impl Group {
    /// Each member has its external id, its e-mail and the looked-up rows.
    fn new(rules: Rules, members: Vec<(&str, &str, Vec<Row>)>) -> Self {
        let mut upserts = Vec::new();
        let mut rows = Vec::new();
        for (external_id, email, found) in members {
            let input = person(external_id, email, json!({}));
            let mut upsert = Upsert::new(&rules, input).expect("a record");
            upsert.begin(&rules, Recalled::default(), Start::Together);
            upsert.tell_further_rows(&rules, Vec::new());
            upserts.push(upsert);
            rows.push(found);
        }
        let mut group = Self {
            rules,
            upserts,
            rows,
        };
        for at in 0..group.upserts.len() {
            let rows = group.rows[at].clone();
            group.see(at, &rows);
        }
        group
    }

    fn see(&mut self, at: usize, rows: &[Row]) {
        let rows: Vec<&Row> = rows.iter().collect();
        self.upserts[at].tell_rows(&self.rules, &rows, 1);
    }

    fn plan(&mut self, is_last_time: bool) -> Vec<Want> {
        let rows: Vec<(String, &Vec<Row>)> = self
            .upserts
            .iter()
            .map(|upsert| upsert.input.external_id().to_owned())
            .zip(&self.rows)
            .collect();
        let rules = &self.rules;
        let members = self.upserts.iter_mut().map(|upsert| (rules, upsert));
        plan_together(&mut members.collect::<Vec<_>>(), is_last_time, |upsert| {
            let of = |(external_id, _): &&(String, _)| external_id == upsert.input.external_id();
            rows.iter()
                .find(of)
                .into_iter()
                .flat_map(|(_, rows)| rows.iter())
                .collect()
        });
        let wants = self.upserts.iter();
        wants.map(|upsert| want_of(upsert, &self.rules)).collect()
    }

    fn end(&mut self, at: usize) -> End {
        let upsert = std::mem::replace(
            &mut self.upserts[at],
            Upsert::new(&self.rules, person(ME, MINE, json!({}))).expect("a record"),
        );
        let record = Record {
            rules: self.rules.clone(),
            upsert,
            seen: Vec::new(),
            effects: Vec::new(),
        };
        record.finish()
    }
}

fn has_email(want: &Want) -> bool {
    want.sent().is_some_and(|sent| sent.get("emails").is_some())
}

#[test]
fn the_first_of_two_new_records_gets_the_shared_email() {
    let members = vec![("a", MINE, vec![]), ("b", MINE, vec![])];
    let mut group = Group::new(rules(&json!({})), members);
    let wants = group.plan(false);
    assert_eq!(
        wants.iter().map(has_email).collect::<Vec<_>>(),
        [true, false]
    );
    assert!(group.end(0).is_remembered);
    let second = group.end(1);
    assert_eq!(
        (second.status, second.reasons()),
        (Status::Created, vec![VALUE_TAKEN])
    );
    assert!(!second.is_remembered);
}

#[test]
fn with_the_report_policy_the_second_record_fails() {
    let members = vec![("a", MINE, vec![]), ("b", MINE, vec![])];
    let mut group = Group::new(collisions(&json!({ "claimedMatch": "report" })), members);
    group.plan(false);
    assert_eq!(group.end(0).status, Status::Created);
    let second = group.end(1);
    assert_eq!(second.failed_for(), Some(error_reason::COLLISION));
    assert_eq!(
        second.error.expect("shared").details["otherExternalId"],
        "a"
    );
}

#[test]
fn the_row_that_has_the_email_in_the_crm_keeps_it() {
    let theirs = row(OTHER, "b", MINE);
    let members = vec![("a", MINE, vec![theirs.clone()]), ("b", MINE, vec![theirs])];
    let mut group = Group::new(rules(&json!({})), members);
    let wants = group.plan(false);
    assert!(!has_email(&wants[0]), "{:?}", wants[0]);
    assert_eq!(group.end(0).reasons(), [VALUE_TAKEN]);
    assert!(group.end(1).warnings.is_empty());
}

#[test]
fn a_record_waits_for_an_email_that_another_releases() {
    // "b" has the e-mail of "a" and gets a new one.
    let theirs = row(OTHER, "b", MINE);
    let members = || {
        vec![
            ("a", MINE, vec![theirs.clone()]),
            ("b", "b@x.example", vec![theirs.clone()]),
        ]
    };
    let mut group = Group::new(rules(&json!({})), members());
    let wants = group.plan(false);
    assert_eq!(wants[0], Want::LookUp);
    assert!(has_email(&wants[1]));
    group.see(0, &[row(OTHER, "b", "b@x.example")]);
    assert!(has_email(&group.plan(true)[0]));
    assert!(group.end(0).is_remembered);

    let mut group = Group::new(rules(&json!({})), members());
    let wants = group.plan(true);
    assert!(
        !has_email(&wants[0]),
        "the last time nobody waits: {:?}",
        wants[0]
    );
}

#[test]
fn a_dry_run_foresees_released_values() {
    let theirs = row(OTHER, "b", MINE);
    let members = vec![
        ("a", MINE, vec![theirs.clone()]),
        ("b", "b@x.example", vec![theirs]),
    ];
    let mut group = Group::new(dry(), members);
    assert!(has_email(&group.plan(false)[0]));
}

#[test]
fn two_records_that_want_one_row_take_turns() {
    let unclaimed = row(OTHER, "", MINE);
    let members = || {
        vec![
            ("a", MINE, vec![unclaimed.clone()]),
            ("b", MINE, vec![unclaimed.clone()]),
        ]
    };
    let mut group = Group::new(rules(&json!({})), members());
    let wants = group.plan(true);
    assert!(matches!(&wants[0], Want::Update(id, _) if id == OTHER));
    assert_eq!(wants[1], Want::LookUp);
    group.see(1, &[row(OTHER, "a", MINE)]);
    assert!(!has_email(&group.plan(true)[1]));
    assert_eq!(group.end(1).reasons(), [VALUE_TAKEN]);

    let mut group = Group::new(dry(), members());
    assert_eq!(group.plan(false)[1], Want::Done(Status::Created));
    assert_eq!(group.end(1).reasons(), [VALUE_TAKEN]);
    group.upserts[0].end_dry(&group.rules);
    assert_eq!(group.end(0).reasons(), [LINKED]);
}

/// Both remembered rows no longer exist, and additional e-mails have not been searched yet.
#[test]
fn a_record_that_loses_its_email_continues_without_the_search() {
    let rules = rules(&json!({}));
    let mut upserts: Vec<Upsert> = ["a", "b"]
        .map(|external_id| {
            let input = person(external_id, MINE, json!({}));
            let mut upsert = Upsert::new(&rules, input).expect("a record");
            upsert.begin(&rules, remembered(KEPT), Start::Together);
            assert_eq!(upsert.further_address(), None, "it is likely to be there");
            upsert.tell_rows(&rules, &[], 1);
            upsert
        })
        .into();
    let members = upserts.iter_mut().map(|upsert| (&rules, upsert));
    plan_together(&mut members.collect::<Vec<_>>(), false, |_| Vec::new());
    assert_eq!(want_of(&upserts[0], &rules), Want::FurtherRows);
    assert_eq!(upserts[0].further_address(), Some(MINE));
    let second = want_of(&upserts[1], &rules);
    assert!(
        matches!(second, Want::Create(_)) && !has_email(&second),
        "{second:?}"
    );
}
