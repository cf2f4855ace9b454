//! The upsert of one record as a state machine without I/O: it says what it wants next ([`Step`]) and is told the
//! result. All policy is here and in the files beside it. The driver sends the requests, and only decides which steps
//! share one (`docs/decisions/records-without-io.md`).

use std::sync::OnceLock;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::core::error::CrmError;
use crate::core::sync::mappings::content_hash::content_hash;
use crate::core::sync::mappings::entry::ContentHash;
use crate::core::twenty::company_key::{CompanyOf, CompanyRef};
use crate::core::twenty::fields::ExternalIdField;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::lookup::LookupQuery;
use crate::core::twenty::record::MappedRecord;
use crate::core::twenty::warning::SyncWarning;

use super::collision::{Decision, Target};
use super::entity::Entity;
use super::input::Input;
use super::link::Link;
use super::notices;
use super::result::{Settled, Status};
use super::row::{Row, id_of, with_sent};
use super::rules::{Rules, Unchanged};

/// What is known of a record before any request.
#[derive(Clone, Debug, Default)]
pub struct Recalled {
    /// The remembered id, from the cache or the store.
    pub id: Option<String>,
    /// Whether the row may be written without a look-up.
    pub is_proven: bool,
    /// The hash of the write, if the last write had the same one.
    pub unchanged_hash: Option<ContentHash>,
    /// Whether the company's row is known to have this domain.
    pub holds_domain: bool,
    /// Whether the person's row is known to have another name.
    pub other_name: bool,
}

/// How an upsert may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With a write, if the server itself refuses every duplicate.
    Alone,
    /// With a look-up that many records share.
    Together,
}

/// What a record needs next.
pub enum Step {
    /// Find the company that the person names, before `next`. `is_fresh`: what is remembered of the company was wrong.
    Company { is_fresh: bool, next: Next },
    /// Find the rows that may have its e-mail as an additional address, before `next`.
    FurtherRows(Next),
    /// Look up all rows with one of its keys.
    LookUp,
    /// Wait after a lost race, then look up.
    Pause,
    /// Look up once, without retries: the answer to its write was lost.
    Confirm,
    /// Plan the write, once the other records of the batch are decided.
    Decided(Found),
    /// Send the planned write.
    Planned(Plan),
    /// Check the schema, which may explain a refusal, before `next`.
    Schema(SchemaDoubt),
    /// Remember the row that was written.
    Stored { row: Row, status: Status },
    /// The result is ready.
    Done(Box<Settled>),
    /// The result was taken.
    Told,
}

/// What to do once the prerequisite is known.
pub enum Next {
    /// Look up.
    LookUp,
    /// Create.
    Create,
    /// Write to this remembered row without a look-up.
    Remembered(String),
    /// Write to the row that a look-up found.
    Found(Box<Target>),
}

/// A decision based on looked-up rows.
pub struct Found {
    /// The result of the collision table.
    pub decision: Decision,
    /// The remembered row was not found.
    pub is_gone: bool,
    /// The id chosen for this record is the id of another record's row.
    pub is_id_taken: bool,
}

/// A planned write.
pub enum Plan {
    /// Insert a new row.
    Create,
    /// Update a row that a look-up found.
    Update(Update),
    /// Update a remembered row without a look-up.
    Patch {
        id: String,
        payload: Map<String, Value>,
    },
}

/// An update of a row that a look-up found.
pub struct Update {
    /// The row's id.
    pub id: String,
    /// The fields to send.
    pub payload: Map<String, Value>,
    /// How the row was found and how it is written.
    pub target: Box<Target>,
    /// Whether the payload has everything that the caller asked for.
    pub(super) is_complete: bool,
}

/// A refusal that a changed schema would explain.
pub struct SchemaDoubt {
    /// Whether there is no other explanation.
    pub is_certain: bool,
    /// The record's error if the schema has not changed.
    pub error: Option<CrmError>,
    pub(super) next: Next,
}

/// Side effects, beside the record's own requests.
pub enum Effect {
    /// Forget what is remembered of this record: it is wrong.
    Forget,
    /// Forget what is remembered of another record: its row belongs to this one now, or never belonged to it.
    ForgetOther(String),
    /// Forget what is remembered of the named company.
    ForgetCompany,
    /// Remember this row as the record's.
    Learn(String),
    /// Remember that the workspace keeps this field unique.
    ProveUnique(String),
    /// Clear our e-mail or domain on this row of another record: it got it by mistake.
    TakeBack(Row),
}

/// A write whose answer was lost.
pub(super) struct LostWrite {
    /// The row that was to be updated; none for a create.
    pub row_id: Option<String>,
    pub payload: Map<String, Value>,
    /// Whether it contained everything that the caller asked for.
    pub is_complete: bool,
}

/// A payload that was refused as a duplicate, and how often in a row.
pub struct Refused {
    pub(super) payload: Map<String, Value>,
    pub(super) times: u32,
    pub(super) error: CrmError,
}

/// The upsert of one record.
pub struct Upsert {
    /// The record to write.
    pub input: Input,
    pub(super) mapped: MappedRecord,
    pub(super) recalled: Recalled,
    pub(super) link: Link,
    pub(super) link_checked: bool,
    is_alone: bool,
    /// Ids that are ours: the derived ones and a remembered one.
    pub(super) own_ids: Vec<String>,
    /// Whether the e-mail or domain is left out of the write.
    pub(super) without_unique: bool,
    /// Optional fields that the server refused; they are left out for the rest of this upsert.
    pub(super) refused_fields: Vec<String>,
    /// Whether everything that the caller asked for can still be written. Only then its hash is remembered.
    pub(super) is_complete: bool,
    /// An earlier create may have been carried out, but its answer was lost.
    pub(super) maybe_created: bool,
    /// An update inserted the row, because the looked-up one was deleted meanwhile.
    pub(super) was_inserted: bool,
    /// A write may have been carried out by an earlier request as well.
    pub(super) is_repeated: bool,
    /// The last write went to a remembered row without a look-up.
    pub(super) row_unseen: bool,
    /// The error of a write that may have been carried out anyway, and what it sent.
    pub(super) lost: Option<CrmError>,
    pub(super) lost_write: Option<LostWrite>,
    /// A write may have been carried out, and no look-up has shown it yet.
    pub(super) is_unsettled: bool,
    /// A write was refused, and no look-up has shown yet that the refusal was really its answer.
    pub(super) was_refused: bool,
    pub(super) conflicts: u32,
    /// A create that was refused as a duplicate; the next look-up may show of which row.
    pub(super) refused_create: Option<Map<String, Value>>,
    /// The last payload that was refused as a duplicate.
    pub(super) refused: Option<Refused>,
    /// Rows that may have the e-mail as an additional address, once they are known.
    pub(super) further_rows: Option<Vec<Uuid>>,
    hash: OnceLock<ContentHash>,
    /// Warnings that stay valid whatever is decided later; those of the mapping are in `mapped`.
    pub(super) warnings: Vec<SyncWarning>,
    /// Warnings about values that were left out of a write. Not told where a policy leaves the record alone.
    pub(super) left_out: Vec<SyncWarning>,
    /// Warnings of the last decision; a new decision replaces them.
    pub(super) decided: Vec<SyncWarning>,
    /// When the decision's rows were looked up, in the time of the workspace's row locks.
    pub looked_at: u64,
    pub(super) effects: Vec<Effect>,
    pub(super) step: Step,
}

impl Upsert {
    /// Maps the input.
    ///
    /// # Errors
    /// VALIDATION_ERROR that names the field.
    pub fn new(rules: &Rules, input: Input) -> Result<Self, CrmError> {
        let mapped = rules.map(&input)?;
        Ok(Self {
            own_ids: vec![mapped.id.to_string()],
            input,
            mapped,
            recalled: Recalled::default(),
            link: Link::None,
            link_checked: false,
            is_alone: false,
            without_unique: false,
            refused_fields: Vec::new(),
            is_complete: true,
            maybe_created: false,
            was_inserted: false,
            is_repeated: false,
            row_unseen: false,
            lost: None,
            lost_write: None,
            is_unsettled: false,
            was_refused: false,
            conflicts: 0,
            refused_create: None,
            refused: None,
            further_rows: None,
            hash: OnceLock::new(),
            warnings: Vec::new(),
            left_out: Vec::new(),
            decided: Vec::new(),
            looked_at: 0,
            effects: Vec::new(),
            step: Step::LookUp,
        })
    }

    /// Starts the upsert with what is remembered.
    pub fn begin(&mut self, rules: &Rules, recalled: Recalled, start: Start) {
        self.is_alone = start == Start::Alone;
        self.recalled = recalled;
        let remembered = self.recalled.id.clone();
        if let Some(id) = &remembered
            && !self.own_ids.contains(id)
        {
            self.own_ids.push(id.clone());
        }
        if rules.unchanged == Unchanged::Skip
            && let Some(id) = &remembered
            && self.recalled.unchanged_hash == Some(self.hash(rules))
        {
            return self.leave_unchanged(rules, id.clone(), None);
        }
        // Without a field for external ids, no row says whose it is.
        let may_write = self.recalled.is_proven || self.mapped.external_id_field.name().is_none();
        if let (true, Some(id), true) = (self.input.is_stub(), &remembered, may_write) {
            return self.leave_unchanged(rules, id.clone(), None);
        }
        let next = match remembered {
            _ if start == Start::Together => Next::LookUp,
            Some(id) if may_write => Next::Remembered(id),
            None if !self.must_look_first() => Next::Create,
            _ => Next::LookUp,
        };
        match &self.mapped.company {
            CompanyOf::Unsaid => {}
            CompanyOf::Nobody => self.link = Link::Clear,
            // The upsert may have started again, linked already.
            CompanyOf::One(_) if self.link.is_set() => {}
            CompanyOf::One(_) => {
                let is_fresh = false;
                self.step = Step::Company { is_fresh, next };
                return;
            }
        }
        self.go(rules, next);
    }

    /// The next step.
    pub fn step(&self) -> &Step {
        &self.step
    }

    /// Whether the upsert has ended.
    pub fn is_done(&self) -> bool {
        matches!(self.step, Step::Done(_) | Step::Told)
    }

    /// Whether the upsert has ended and its result was taken.
    pub fn is_told(&self) -> bool {
        matches!(self.step, Step::Told)
    }

    /// Takes the result, once.
    pub fn take_settled(&mut self) -> Option<Settled> {
        match std::mem::replace(&mut self.step, Step::Told) {
            Step::Done(settled) => Some(*settled),
            step => {
                self.step = step;
                None
            }
        }
    }

    /// Takes the pending side effects, each once.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The company that the person names.
    pub fn company(&self) -> Option<&CompanyRef> {
        self.mapped.company.one()
    }

    /// The record translated to Twenty's fields.
    pub fn mapped(&self) -> &MappedRecord {
        &self.mapped
    }

    /// Its ids: the derived ones and a remembered one.
    pub fn own_ids(&self) -> &[String] {
        &self.own_ids
    }

    /// Rows that may have its e-mail as an additional address.
    pub fn further_rows(&self) -> &[Uuid] {
        self.further_rows.as_deref().unwrap_or_default()
    }

    /// Hash of the full write of this record.
    pub fn hash(&self, rules: &Rules) -> ContentHash {
        *self
            .hash
            .get_or_init(|| content_hash(&self.input, &self.mapped, rules.schema()))
    }

    /// Adds a warning that stays valid whatever is decided.
    pub fn warn(&mut self, warning: SyncWarning) {
        match &mut self.step {
            Step::Done(settled) => settled.warnings.push(warning),
            _ => self.warnings.push(warning),
        }
    }

    /// The mapping store failed.
    pub fn warn_store(&mut self, message: &str) {
        let warning = notices::store_failed(self.input.external_id(), message);
        self.warn(warning);
    }

    pub(super) fn kind(&self) -> ObjectKind {
        self.input.kind()
    }

    /// Adds every row that it could be, or could collide with, to `query`.
    pub fn ask(&self, query: &mut LookupQuery) {
        query.add(&self.mapped);
        // A caller's store may return ids that are not UUIDs; the server would refuse the whole look-up.
        let further = self
            .own_ids
            .iter()
            .filter_map(|id| Uuid::parse_str(id).ok());
        query.ids.extend(further.filter(|id| *id != self.mapped.id));
        query.ids.extend(self.further_rows());
    }

    /// The e-mail that other rows may have as an additional address, if those rows are still unknown.
    pub fn further_address(&self) -> Option<&str> {
        let is_unknown = match &self.step {
            Step::FurtherRows(_) => true,
            // A single upsert waits for its look-up, which may make this search unnecessary.
            Step::LookUp | Step::Company { .. } => !self.is_alone && self.recalled.id.is_none(),
            _ => false,
        };
        if !is_unknown || !self.has_unasked_address() {
            return None;
        }
        let unique = self.mapped.unique_value.as_ref()?;
        Some(&unique.identity)
    }

    /// Whether it has such an e-mail, and those rows are still unknown.
    pub(super) fn has_unasked_address(&self) -> bool {
        self.further_rows.is_none()
            && self.kind() == ObjectKind::Person
            && !self.without_unique
            && self.mapped.unique_value.is_some()
    }

    /// Handles the rows that may have its e-mail as an additional address.
    pub fn tell_further_rows(&mut self, rules: &Rules, rows: Vec<Uuid>) {
        let has_any = !rows.is_empty();
        self.further_rows = Some(rows);
        match self.take_step() {
            Step::FurtherRows(Next::Create) if has_any => self.step = Step::LookUp,
            Step::FurtherRows(next) => self.go(rules, next),
            step => self.step = step,
        }
    }

    /// Handles the company that it is linked to. `is_seen`: the same look-up also returned its own rows, which are
    /// passed next.
    pub fn tell_link(
        &mut self,
        rules: &Rules,
        link: Result<Option<(Link, Vec<SyncWarning>)>, CrmError>,
        is_seen: bool,
    ) {
        match link {
            Ok(Some((link, warnings))) => {
                self.warnings.extend(warnings);
                self.is_complete &= link.is_set();
                self.link = link;
            }
            // The company will exist in a run that writes.
            Ok(None) => {}
            Err(error) => return self.fail_as_it_is(error),
        }
        match self.take_step() {
            Step::Company { .. } if is_seen => self.step = Step::LookUp,
            Step::Company { next, .. } => self.go(rules, next),
            step => self.step = step,
        }
    }

    /// Sets the company's name, which another record gives and this one does not.
    pub fn name_company(&mut self, name: String) {
        if let CompanyOf::One(company) = &mut self.mapped.company
            && company.name.is_none()
        {
            company.name = Some(name);
        }
    }

    /// Whether nothing of it was written, nor may have been.
    pub fn is_unwritten(&self) -> bool {
        self.lost.is_none() && !self.was_refused && self.conflicts == 0
    }

    /// Whether it can still be stopped before it is written.
    pub fn may_be_stopped(&self) -> bool {
        self.lost.is_none()
    }

    /// Stops it, for a reason outside the record.
    pub fn stop(&mut self, error: CrmError) {
        self.fail_as_it_is(error);
    }

    /// Starts again with its own requests, because the shared request was refused.
    pub fn go_alone(&mut self, rules: &Rules) {
        let recalled = std::mem::take(&mut self.recalled);
        self.begin(rules, recalled, Start::Alone);
    }

    /// Whether it uses its own requests.
    pub fn is_alone(&self) -> bool {
        self.is_alone
    }

    /// Hash of the full write, if the upsert succeeded.
    pub fn hash_at_end(&self) -> Option<ContentHash> {
        match &self.step {
            Step::Done(settled) if settled.error.is_none() => self.hash.get().copied(),
            _ => None,
        }
    }

    /// The wait is over.
    pub fn tell_paused(&mut self) {
        self.step = Step::LookUp;
    }

    /// Handles a schema check: if the schema is newer, the record is mapped again.
    pub fn tell_schema(&mut self, rules: &Rules, is_newer: bool) {
        let step = self.take_step();
        if is_newer && let Err(error) = self.map_again(rules) {
            return self.fail_as_it_is(error);
        }
        match step {
            Step::Schema(SchemaDoubt {
                error: Some(error), ..
            }) if !is_newer => {
                self.fail(error);
            }
            Step::Schema(SchemaDoubt { next, .. }) => self.go(rules, next),
            step => self.step = step,
        }
    }

    /// Maps it again on another schema; what is known of its row stays.
    ///
    /// # Errors
    /// As [`Self::new`].
    fn map_again(&mut self, rules: &Rules) -> Result<(), CrmError> {
        let (id, named) = (
            self.mapped.id,
            self.company().and_then(|it| it.name.clone()),
        );
        self.mapped = rules.map(&self.input)?;
        self.mapped.id = id;
        if let Some(name) = named {
            self.name_company(name);
        }
        self.hash = OnceLock::new();
        Ok(())
    }

    /// The schema changed before the write: look up again.
    pub fn tell_outdated(&mut self, rules: &Rules) {
        if self.is_done() {
            return;
        }
        if let Err(error) = self.map_again(rules) {
            return self.fail_as_it_is(error);
        }
        self.step = match self.take_step() {
            Step::Company { is_fresh, .. } => Step::Company {
                is_fresh,
                next: Next::LookUp,
            },
            Step::Stored { row, status } => Step::Stored { row, status },
            _ => Step::LookUp,
        };
    }

    /// Continues with `next`, or first with what `next` needs.
    pub(super) fn go(&mut self, rules: &Rules, next: Next) {
        self.step = match next {
            Next::LookUp => Step::LookUp,
            Next::Create => {
                if self.has_unasked_address() {
                    Step::FurtherRows(Next::Create)
                } else {
                    return self.plan_create(rules);
                }
            }
            Next::Remembered(id) => return self.plan_remembered(rules, id),
            Next::Found(target) => return self.plan_update(rules, *target),
        };
    }

    pub(super) fn take_step(&mut self) -> Step {
        std::mem::replace(&mut self.step, Step::LookUp)
    }

    /// A create without a look-up is safe only if the server itself refuses every duplicate. It does for most e-mails:
    /// they have one spelling and a unique index. It does not for domains, which have many spellings, nor for external
    /// ids if their field is not unique.
    pub(super) fn must_look_first(&self) -> bool {
        if let Input::CompanyStub(stub) = &self.input {
            // The person that names it has just looked, and may have seen a row with its domain. By now it may be
            // another row.
            return !stub.domain_name.is_absent();
        }
        if matches!(self.mapped.external_id_field, ExternalIdField::Unproven(_)) {
            return true;
        }
        self.has_spellings()
    }

    /// Whether another row may have its e-mail or domain in another spelling, which the server would not refuse.
    fn has_spellings(&self) -> bool {
        let unique = self.mapped.unique_value.as_ref();
        unique.is_some_and(|unique| unique.spellings.len() > 1)
    }

    /// Whether the server would accept a second row of this record: then it is only created right after a look-up.
    pub fn may_be_doubled(&self) -> bool {
        matches!(self.mapped.external_id_field, ExternalIdField::Unproven(_))
            || (self.has_spellings() && !self.without_unique)
    }

    /// Whether the remembered row may lack this domain: another row may have it in another spelling, which the server
    /// would not refuse.
    pub(super) fn brings_new_domain(&self) -> bool {
        self.kind() == ObjectKind::Company
            && self.mapped.unique_value.is_some()
            && !self.recalled.holds_domain
    }

    pub(super) fn choose_next_id(&mut self, rules: &Rules) {
        let generation = self.own_ids.len();
        self.mapped.id = rules.alternative_id(self.input.external_id(), generation);
        self.own_ids.push(self.mapped.id.to_string());
    }

    /// The remembered id belongs to no row, or to another record's row.
    pub(super) fn forget(&mut self, id: &str) {
        // A remembered id that is not one of the derived ones is no longer ours.
        let chosen = self.mapped.id.to_string();
        self.own_ids.retain(|own| own != id || *own == chosen);
        self.recalled.id = None;
        self.effects.push(Effect::Forget);
    }

    /// The hash to remember for this write.
    pub fn hash_to_remember(&self, rules: &Rules) -> Option<ContentHash> {
        self.is_complete.then(|| self.hash(rules))
    }

    /// Ends the upsert after its row was written and remembered.
    pub fn finish(&mut self, rules: &Rules) {
        let (row, status) = match self.take_step() {
            Step::Stored { row, status } => (row, status),
            step => {
                self.step = step;
                return;
            }
        };
        let id = id_of(&row).to_owned();
        let row = match rules.wants_entities {
            true => {
                let sent = self.mapped.fields.iter();
                with_sent(row, sent.filter(|(name, _)| rules.is_ours(name)))
            }
            false => row,
        };
        let data = self.entity(rules, &row);
        self.settle(status, id, data);
    }

    /// Ends without a write because a policy leaves the record alone; `warning` says so.
    pub(super) fn leave_alone(
        &mut self,
        rules: &Rules,
        id: String,
        row: Option<&Row>,
        warning: SyncWarning,
    ) {
        self.left_out.clear();
        self.decided.push(warning);
        self.leave_unchanged(rules, id, row);
    }

    /// Ends without a write: the row already has these values, or a policy forbids the write. Without a row, the caller
    /// gets the values that would have been written.
    pub(super) fn leave_unchanged(&mut self, rules: &Rules, id: String, row: Option<&Row>) {
        let data = self.entity(rules, row.unwrap_or(&self.mapped.fields));
        self.settle(Status::Unchanged, id, data);
    }

    /// Ends as if the write had been carried out.
    pub(super) fn finish_dry(&mut self, rules: &Rules, status: Status, id: String) {
        let data = self.entity(rules, &self.mapped.fields);
        self.settle(status, id, data);
    }

    fn entity(&self, rules: &Rules, row: &Row) -> Option<Box<serde_json::value::RawValue>> {
        if !rules.wants_entities {
            return None;
        }
        let context = rules.map_context(self.kind());
        Entity::of(self.kind(), row, &context, self.input.external_id()).to_json()
    }

    fn settle(
        &mut self,
        status: Status,
        id: String,
        data: Option<Box<serde_json::value::RawValue>>,
    ) {
        self.step = Step::Done(Box::new(Settled {
            status,
            external_id: self.input.external_id().to_owned(),
            id: Some(id),
            data,
            error: None,
            warnings: self.take_warnings(),
        }));
    }

    /// Ends with an error that needs no addition.
    pub(super) fn fail_as_it_is(&mut self, error: CrmError) {
        let mut settled = Settled::failed(self.input.external_id().to_owned(), error);
        settled.warnings = self.take_warnings();
        self.step = Step::Done(Box::new(settled));
    }

    fn take_warnings(&mut self) -> Vec<SyncWarning> {
        let mut warnings = std::mem::take(&mut self.mapped.warnings);
        warnings.append(&mut self.warnings);
        warnings.append(&mut self.left_out);
        warnings.append(&mut self.decided);
        warnings
    }
}
