//! Records end, and the rules of the table tests hold, for any answers in any order.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::core::sync::record::collision::reason::{LINK_KEPT, LINKED, VALUE_REFUSED, VALUE_TAKEN};
use crate::core::sync::record::link::Link;
use crate::core::sync::record::notices;

/// How many rounds records stay together, as in the driver.
const ROUNDS_TOGETHER: usize = 2;

/// More than any record needs, whatever happens.
const ROUNDS: usize = 60;

/// Answers, each chosen among the possible ones by the next number. When the numbers are used up, everything succeeds.
struct Fate<'n> {
    numbers: std::slice::Iter<'n, u8>,
    /// Limits newer schemas, accidental inserts, and rows taken by other records of this process: if these never
    /// stopped, a record would never end.
    mischief_left: usize,
}

impl Fate<'_> {
    /// A number below `bound`; 0 is the answer that succeeds.
    fn pick(&mut self, bound: u8) -> u8 {
        self.numbers.next().map_or(0, |number| number % bound)
    }

    fn has_mischief(&mut self) -> bool {
        self.mischief_left > 0 && {
            self.mischief_left -= 1;
            true
        }
    }

    /// Rows that a look-up may return: each of these ids at most once, with any owner, address and state.
    fn rows(&mut self, member: &Member, emails: &[String]) -> Vec<Row> {
        let mut ids = vec![KEPT.to_owned(), OTHER.to_owned(), THIRD.to_owned()];
        ids.extend(member.upsert.own_ids().iter().cloned());
        ids.sort_unstable();
        ids.dedup();
        let own = member.upsert.input.external_id().to_owned();
        let mut rows = Vec::new();
        let mut is_claimed = false;
        for id in ids {
            if self.pick(3) != 1 {
                continue;
            }
            let external_id = match self.pick(4) {
                0 | 1 if !is_claimed => {
                    is_claimed = true;
                    own.as_str()
                }
                2 => "them",
                _ => "",
            };
            let place = usize::from(self.pick(4));
            let email = emails
                .get(place)
                .map_or("elsewhere@x.example", String::as_str);
            let mut row = row(&id, external_id, email);
            if self.pick(3) == 1 {
                row = with(row, json!({ "jobTitle": "Clerk", "city": "Oslo" }));
            }
            if self.pick(5) == 1 {
                let emails = json!({ "primaryEmail": "b@x.example", "additionalEmails": [MINE] });
                row = with(row, json!({ "emails": emails }));
            }
            if self.pick(4) == 1 {
                row = deleted(row);
            }
            rows.push(row);
        }
        rows
    }

    fn refusal(&mut self) -> CrmError {
        match self.pick(9) {
            0 => gone(),
            1 => bad_value("INVALID_PHONE_NUMBER"),
            2 => bad_value("INVALID_URL"),
            3 => unknown_field(),
            4 => foreign_key(),
            5 => refusal(ErrorCode::ServerError, 503, "down").with_retryable(true),
            6 => refusal(ErrorCode::AuthError, 403, "no permission"),
            7 => duplicate().with_detail("outcomeUnknown", true),
            _ => refusal(
                ErrorCode::ValidationError,
                400,
                "Invalid string value 'x' for email field \"emails.primaryEmail\"",
            ),
        }
    }
}

struct Member {
    upsert: Upsert,
    /// Rows that a look-up or an answer has shown since the last look-up.
    seen: Vec<Row>,
    remembered: Option<String>,
    is_stored: bool,
    end: Option<Settled>,
    has_hash: bool,
}

struct Play<'n> {
    rules: Rules,
    fate: Fate<'n>,
    members: Vec<Member>,
    emails: Vec<String>,
}

/// One of several kinds of record.
fn input(at: usize, shape: u8) -> Input {
    let external_id = format!("r{at}");
    // Two neighbours want the same address.
    let email = format!("a{}@x.example", at / 2);
    let mut further = json!({});
    if shape & 1 != 0 {
        further["company_external_id"] = "acme".into();
    }
    if shape & 2 != 0 {
        further["phone"] = "+49 30 901820".into();
        further["website"] = "https://jane.example".into();
    }
    if shape & 4 != 0 {
        further["city"] = "Rome".into();
    }
    person(&external_id, &email, further)
}

const OPTIONS: [&str; 6] = [
    "{}",
    r#"{"collisions":{"unclaimedMatch":"adopt","claimedMatch":"take_over"}}"#,
    r#"{"collisions":{"ownDeleted":"skip","ownGone":"skip"}}"#,
    r#"{"collisions":{"claimedMatch":"report","deletedMatch":"report","ownGone":"report"}}"#,
    r#"{"fieldOwnership":{"person":{"job_title":"if-empty","city":"create-only"}}}"#,
    r#"{"invalidEmail":"leave_out","collisions":{"ownDeleted":"report"}}"#,
];

impl<'n> Play<'n> {
    fn new(options: usize, shapes: &[u8], numbers: &'n [u8]) -> Self {
        let options = serde_json::from_str(OPTIONS[options]).expect("JSON");
        let mut rules = rules(&options);
        let mut fate = Fate {
            numbers: numbers.iter(),
            mischief_left: 3,
        };
        rules.unchanged = match fate.pick(3) {
            0 => Unchanged::Write,
            1 => Unchanged::Verify,
            _ => Unchanged::Skip,
        };
        let start = match shapes.len() {
            1 => Start::Alone,
            _ => Start::Together,
        };
        let mut members = Vec::new();
        for (at, shape) in shapes.iter().enumerate() {
            let mut upsert = Upsert::new(&rules, input(at, *shape)).expect("a record");
            let remembered = (fate.pick(2) == 1).then(|| match fate.pick(2) {
                0 => KEPT.to_owned(),
                _ => own_id(upsert.input.external_id()),
            });
            let recalled = Recalled {
                id: remembered.clone(),
                is_proven: fate.pick(2) == 1,
                other_name: fate.pick(2) == 1,
                ..Recalled::default()
            };
            upsert.begin(&rules, recalled, start);
            members.push(Member {
                upsert,
                seen: Vec::new(),
                remembered,
                is_stored: false,
                end: None,
                has_hash: false,
            });
        }
        Self {
            rules,
            fate,
            members,
            emails: vec!["a0@x.example".to_owned(), "a1@x.example".to_owned()],
        }
    }

    /// All records that have not ended, in any order.
    fn open(&mut self) -> Vec<usize> {
        let mut open: Vec<usize> = (0..self.members.len())
            .filter(|at| self.members[*at].end.is_none())
            .collect();
        for at in (1..open.len()).rev() {
            let bound = u8::try_from(at + 1).expect("few");
            open.swap(at, usize::from(self.fate.pick(bound)));
        }
        open
    }

    fn run(mut self) -> Result<(), TestCaseError> {
        for round in 0..ROUNDS {
            let open = self.open();
            if open.is_empty() {
                return self.members.iter().try_for_each(check_end);
            }
            match self.members.len() > 1 && round < ROUNDS_TOGETHER {
                true => self.round(&open, Some(round + 1 == ROUNDS_TOGETHER))?,
                false => {
                    for at in open {
                        self.round(&[at], None)?;
                    }
                }
            }
        }
        let wants = self
            .members
            .iter()
            .map(|it| want_of(&it.upsert, &self.rules));
        Err(TestCaseError::fail(format!(
            "no end: {:?}",
            wants.collect::<Vec<_>>()
        )))
    }

    /// `together`: whether it is their last round together; `None` for a record on its own.
    fn round(&mut self, open: &[usize], together: Option<bool>) -> Result<(), TestCaseError> {
        for &at in open {
            self.ask(at, together.is_some());
        }
        self.plan(open, together == Some(true))?;
        for &at in open {
            self.write(at, together)?;
        }
        for &at in open {
            self.settle(at);
        }
        Ok(())
    }

    /// Answers everything that it asks before it can be planned.
    fn ask(&mut self, at: usize, is_together: bool) {
        self.answer_schema(at);
        let (rules, fate) = (&self.rules, &mut self.fate);
        let member = &mut self.members[at];
        if matches!(member.upsert.step(), Step::Pause) {
            member.upsert.tell_paused();
        }
        answer_further(member, rules, fate);
        match want_of(&member.upsert, rules) {
            Want::Confirm => {
                let rows = (fate.pick(4) != 1).then(|| fate.rows(member, &self.emails));
                let told: Option<Vec<&Row>> = rows.as_ref().map(|rows| rows.iter().collect());
                member.upsert.tell_confirmation(rules, told.as_deref());
                member.seen = rows.unwrap_or_default();
            }
            Want::Company { .. } => {
                let missing = notices::company_missing(member.upsert.input.external_id(), "acme");
                let link = match fate.pick(5) {
                    0 | 1 => Ok(Some((Link::To(COMPANY.to_owned()), Vec::new()))),
                    2 | 3 => Ok(Some((Link::None, vec![missing]))),
                    _ => Err(gone()),
                };
                member.upsert.tell_link(rules, link, is_together);
            }
            _ => {}
        }
        if matches!(member.upsert.step(), Step::LookUp) {
            match fate.pick(12) {
                1 => member
                    .upsert
                    .fail(refusal(ErrorCode::ServerError, 503, "down")),
                _ => {
                    let rows = fate.rows(member, &self.emails);
                    let told: Vec<&Row> = rows.iter().collect();
                    member.upsert.tell_rows(rules, &told, 1);
                    member.seen = rows;
                }
            }
        }
    }

    fn answer_schema(&mut self, at: usize) {
        if !matches!(self.members[at].upsert.step(), Step::Schema(_)) {
            return;
        }
        let is_newer = self.fate.pick(2) == 1 && self.fate.has_mischief();
        if is_newer {
            let newer = match self.fate.pick(2) {
                0 => schema(Uniqueness::Yes, Uniqueness::Yes),
                _ => usual_schema(),
            };
            self.rules.set_schema(newer);
        }
        for (other, member) in self.members.iter_mut().enumerate() {
            if other == at {
                member.upsert.tell_schema(&self.rules, is_newer);
            } else if is_newer && member.end.is_none() {
                member.upsert.tell_outdated(&self.rules);
            }
        }
    }

    fn plan(&mut self, open: &[usize], is_last_time: bool) -> Result<(), TestCaseError> {
        let mut planned: Vec<&mut Member> = self
            .members
            .iter_mut()
            .enumerate()
            .filter(|(at, _)| open.contains(at))
            .map(|(_, member)| member)
            .collect();
        let rules = &self.rules;
        let upserts = planned.iter_mut().map(|it| (rules, &mut it.upsert));
        plan_together(&mut upserts.collect::<Vec<_>>(), is_last_time, |_| {
            Vec::new()
        });
        for member in planned {
            answer_further(member, &self.rules, &mut self.fate);
            check_plan(member)?;
        }
        Ok(())
    }

    /// Answers its writes.
    fn write(&mut self, at: usize, together: Option<bool>) -> Result<(), TestCaseError> {
        let (rules, fate) = (&self.rules, &mut self.fate);
        let member = &mut self.members[at];
        let Some(Value::Object(sent)) = want_of(&member.upsert, rules).sent().cloned() else {
            return Ok(());
        };
        let (blame, after_loss) = match together {
            Some(false) if fate.pick(2) == 1 => (Blame::Shared, AfterLoss::WriteAgain),
            Some(false) => (Blame::This, AfterLoss::WriteAgain),
            Some(true) => (Blame::This, AfterLoss::GiveUp),
            None => (Blame::This, AfterLoss::Confirm),
        };
        match fate.pick(8) {
            0 | 1 => member.store(rules, fate, sent)?,
            2 => member
                .upsert
                .tell_failed(rules, duplicate(), blame, after_loss),
            3 => member.upsert.tell_failed(rules, lost(), blame, after_loss),
            4 if matches!(member.upsert.step(), Step::Planned(Plan::Update(_))) => {
                match fate.pick(2) == 1 && fate.has_mischief() {
                    true => member.upsert.tell_row_taken(),
                    false => member.upsert.tell_unmatched(rules),
                }
            }
            5 => member.upsert.tell_failed(rules, gone(), blame, after_loss),
            _ => {
                let error = fate.refusal();
                member.upsert.tell_failed(rules, error, blame, after_loss);
            }
        }
        Ok(())
    }

    fn settle(&mut self, at: usize) {
        let member = &mut self.members[at];
        member.upsert.take_effects();
        if matches!(member.upsert.step(), Step::Stored { .. }) {
            member.has_hash = member.upsert.hash_to_remember(&self.rules).is_some();
            member.upsert.finish(&self.rules);
        }
        member.end = member.upsert.take_settled();
    }
}

impl Member {
    /// Carries out what is planned, or something close to it.
    fn store(
        &mut self,
        rules: &Rules,
        fate: &mut Fate<'_>,
        sent: Row,
    ) -> Result<(), TestCaseError> {
        let external_id = self.upsert.input.external_id().to_owned();
        let row = match self.upsert.step() {
            Step::Planned(Plan::Create) => {
                prop_assert!(!self.is_stored, "{external_id} was made a second time");
                self.is_stored = true;
                inserted(sent)
            }
            Step::Planned(Plan::Update(update)) => match fate.pick(4) {
                1 => deleted(updated(&update.target.row, sent)),
                2 if fate.has_mischief() => {
                    let row = with(inserted(sent), json!({ "id": update.id }));
                    let at = format!("2026-04-0{}T00:00:00.000Z", fate.mischief_left + 1);
                    with(row, json!({ "createdAt": at, "updatedAt": at }))
                }
                _ => updated(&update.target.row, sent),
            },
            Step::Planned(Plan::Patch { id, .. }) => {
                let whose = match fate.pick(4) {
                    1 => "them",
                    2 => "",
                    _ => &external_id,
                };
                let row = updated(&row(id, whose, MINE), sent);
                match fate.pick(4) {
                    1 => deleted(row),
                    _ => row,
                }
            }
            _ => return Ok(()),
        };
        self.seen.push(row.clone());
        self.upsert.tell_written(rules, row, UpdateMode::Upsert);
        Ok(())
    }
}

fn answer_further(member: &mut Member, rules: &Rules, fate: &mut Fate<'_>) {
    if member.upsert.further_address().is_some() {
        let rows = match fate.pick(4) {
            1 => vec![uuid::Uuid::parse_str(OTHER).expect("an id")],
            _ => Vec::new(),
        };
        member.upsert.tell_further_rows(rules, rows);
    }
}

/// Writes only go to rows that were just shown, except the write without a look-up to a remembered row. After a stored
/// create there is no other create.
fn check_plan(member: &Member) -> Result<(), TestCaseError> {
    let external_id = member.upsert.input.external_id();
    match member.upsert.step() {
        Step::Planned(Plan::Update(update)) => {
            let seen: HashSet<&str> = member.seen.iter().map(id_of).collect();
            let is_seen = seen.contains(update.id.as_str());
            prop_assert!(is_seen, "{external_id} writes to {}, unseen", update.id);
        }
        Step::Planned(Plan::Patch { id, .. }) => {
            prop_assert_eq!(Some(id), member.remembered.as_ref());
        }
        Step::Planned(Plan::Create) => {
            prop_assert!(!member.is_stored, "{external_id} is made a second time");
        }
        _ => {}
    }
    Ok(())
}

fn check_end(member: &Member) -> Result<(), TestCaseError> {
    let external_id = member.upsert.input.external_id();
    let Some(end) = &member.end else {
        return Err(TestCaseError::fail(format!("{external_id} has no end")));
    };
    prop_assert_eq!(end.status == Status::Failed, end.error.is_some());
    prop_assert_eq!(&end.external_id, external_id);
    if end.error.is_none() {
        let id = end.id.as_deref();
        prop_assert!(
            id.is_some_and(|id| !id.is_empty()),
            "{external_id} has no id"
        );
    }
    let unfinished = [VALUE_TAKEN, VALUE_REFUSED, LINK_KEPT, LINKED];
    let left_out = end
        .warnings
        .iter()
        .find(|it| unfinished.contains(&it.reason));
    if let (true, Some(warning)) = (member.has_hash, left_out) {
        let reason = warning.reason;
        return Err(TestCaseError::fail(format!(
            "{external_id} is remembered: {reason}"
        )));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_record_ends_and_writes_only_what_it_may(
        options in 0..OPTIONS.len(),
        shapes in prop::collection::vec(0_u8..8, 1..=4),
        numbers in prop::collection::vec(any::<u8>(), 0..160),
    ) {
        Play::new(options, &shapes, &numbers).run()?;
    }
}
