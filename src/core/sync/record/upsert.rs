//! One record on its way into the CRM: a state machine that neither sends nor waits. It says what it wants next
//! ([`Step`]), and is told what came of it. All policy is here and in the files beside it; whoever sends decides only
//! which wants share a request (`docs/decisions/records-without-io.md`).

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

/// What is known of a record before anything is asked.
#[derive(Clone, Debug, Default)]
pub struct Recalled {
    /// The id that memory or the store gave.
    pub id: Option<String>,
    /// Whether a write may go to that row before it has been seen.
    pub is_proven: bool,
    /// Whether what would be written now was written last, by its hash.
    pub unchanged_hash: Option<ContentHash>,
    /// Whether the company's row is known to hold this domain.
    pub holds_domain: bool,
    /// Whether the person's row is known to hold another name than this one.
    pub other_name: bool,
}

/// How a record may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With a write, where the server refuses every double by itself.
    Alone,
    /// With a look-up, which many share.
    Together,
}

/// What a record wants next.
pub enum Step {
    /// The company that it names, before `next`. `is_fresh`: what is remembered of it turned out to be wrong.
    Company { is_fresh: bool, next: Next },
    /// Which rows may have its e-mail beside their primary ones, before `next`.
    FurtherRows(Next),
    /// All rows that carry one of its keys.
    LookUp,
    /// The wait after a lost race; then a look-up.
    Pause,
    /// One look without repeats: the answer to its write was lost.
    Confirm,
    /// To be planned, once it is known what the others want.
    Decided(Found),
    /// To be written.
    Planned(Plan),
    /// A look at the schema, which may explain a refusal, before `next`.
    Schema(SchemaDoubt),
    /// Written, and to be remembered.
    Stored { row: Row, status: Status },
    /// At its end.
    Done(Box<Settled>),
    /// Its end was told.
    Told,
}

/// What follows once something else is known.
pub enum Next {
    /// A look-up.
    LookUp,
    /// A create.
    Create,
    /// A write to this remembered row, which nobody has looked at.
    Remembered(String),
    /// A write to the row that a look-up has shown.
    Found(Box<Target>),
}

/// A decision on rows that were looked at.
pub struct Found {
    /// What the collision table says.
    pub decision: Decision,
    /// The remembered row is not among those that were found.
    pub is_gone: bool,
    /// Another record's row has the id that was chosen for this one.
    pub is_id_taken: bool,
}

/// A write.
pub enum Plan {
    /// Into a new row.
    Create,
    /// Into a row that a look-up has shown.
    Update(Update),
    /// Into a remembered row that nobody has looked at.
    Patch {
        id: String,
        payload: Map<String, Value>,
    },
}

/// A write to a row that a look-up has shown.
pub struct Update {
    /// The row's id.
    pub id: String,
    /// What is sent.
    pub payload: Map<String, Value>,
    /// How the row was found, and what becomes of it.
    pub target: Box<Target>,
    /// Whether everything that was asked for is in it.
    pub(super) is_complete: bool,
}

/// A refusal that a schema which has changed would explain.
pub struct SchemaDoubt {
    /// Whether nothing else explains it.
    pub is_certain: bool,
    /// Why the record fails where the schema is as it was.
    pub error: Option<CrmError>,
    pub(super) next: Next,
}

/// What is to be done beside the record's own requests.
pub enum Effect {
    /// What is remembered of this record is wrong.
    Forget,
    /// What is remembered of another record is wrong: its row is this one's now, or never was its own.
    ForgetOther(String),
    /// What is remembered of the company that it names is wrong.
    ForgetCompany,
    /// The record is this row.
    Learn(String),
    /// The workspace keeps this field unique.
    ProveUnique(String),
    /// This row of another record was given our e-mail or domain by mistake: it is taken back.
    TakeBack(Row),
}

/// A write whose answer was lost.
pub(super) struct LostWrite {
    pub payload: Map<String, Value>,
    /// Whether everything that was asked for was in it.
    pub is_complete: bool,
}

/// What was refused as a duplicate, and how often in a row.
pub struct Refused {
    pub(super) payload: Map<String, Value>,
    pub(super) times: u32,
    pub(super) error: CrmError,
}

/// One record on its way.
pub struct Upsert {
    /// What is to be written.
    pub input: Input,
    pub(super) mapped: MappedRecord,
    pub(super) recalled: Recalled,
    pub(super) link: Link,
    pub(super) link_checked: bool,
    is_alone: bool,
    /// Ids that are ours: the chosen ones, and one that is remembered.
    pub(super) own_ids: Vec<String>,
    /// The e-mail or domain stays out of what is written.
    pub(super) without_unique: bool,
    /// Refused optional fields, left out for the rest of this upsert.
    pub(super) refused_fields: Vec<String>,
    /// Whether everything that was asked for can still be written, so that its hash may be remembered.
    pub(super) is_complete: bool,
    /// An earlier create may have been carried out though its answer was lost.
    pub(super) maybe_created: bool,
    /// The row was inserted by an update, because the one that was looked at went.
    pub(super) was_inserted: bool,
    /// The last write went to a remembered row that nobody had looked at.
    pub(super) row_unseen: bool,
    /// The failure of a write that may have been carried out all the same, and what it sent.
    pub(super) lost: Option<CrmError>,
    pub(super) lost_write: Option<LostWrite>,
    /// A write may have been carried out, and no look-up has shown yet whether it was.
    pub(super) is_unsettled: bool,
    /// A write was refused, and no look-up has shown yet that it was this one.
    pub(super) was_refused: bool,
    pub(super) conflicts: u32,
    /// A create that was refused as a duplicate; the next look-up may tell of what.
    pub(super) refused_create: Option<Map<String, Value>>,
    /// The payload that was refused as a duplicate last.
    pub(super) refused: Option<Refused>,
    /// Rows that may have the e-mail beside their primary one, once they were asked for.
    pub(super) further_rows: Option<Vec<Uuid>>,
    hash: OnceLock<ContentHash>,
    /// What holds whatever is decided later; the mapping's own warnings stay with `mapped`.
    pub(super) warnings: Vec<SyncWarning>,
    /// What the last decision says: when it is decided again, that is no longer so.
    pub(super) decided: Vec<SyncWarning>,
    /// When the rows that are decided on were asked for, as the workspace's row locks count time.
    pub looked_at: u64,
    pub(super) effects: Vec<Effect>,
    pub(super) step: Step,
}

impl Upsert {
    /// Maps the input.
    ///
    /// # Errors
    /// VALIDATION_ERROR naming the field.
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
            decided: Vec::new(),
            looked_at: 0,
            effects: Vec::new(),
            step: Step::LookUp,
        })
    }

    /// Begins, with what is remembered.
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
        // Without a field for external ids nothing could tell whose row it is.
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
            // It may begin anew, linked already.
            CompanyOf::One(_) if self.link.is_set() => {}
            CompanyOf::One(_) => {
                let is_fresh = false;
                self.step = Step::Company { is_fresh, next };
                return;
            }
        }
        self.go(rules, next);
    }

    /// What it wants.
    pub fn step(&self) -> &Step {
        &self.step
    }

    /// Whether it is at its end.
    pub fn is_done(&self) -> bool {
        matches!(self.step, Step::Done(_) | Step::Told)
    }

    /// Whether it has ended and its end was told: it wants nothing any more.
    pub fn is_told(&self) -> bool {
        matches!(self.step, Step::Told)
    }

    /// Its end, once it is there; it is told once.
    pub fn take_settled(&mut self) -> Option<Settled> {
        match std::mem::replace(&mut self.step, Step::Told) {
            Step::Done(settled) => Some(*settled),
            step => {
                self.step = step;
                None
            }
        }
    }

    /// What is to be done beside its requests, each once.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The company that it names.
    pub fn company(&self) -> Option<&CompanyRef> {
        self.mapped.company.one()
    }

    /// The record as Twenty takes it.
    pub fn mapped(&self) -> &MappedRecord {
        &self.mapped
    }

    /// Its ids: the chosen ones, and one that is remembered.
    pub fn own_ids(&self) -> &[String] {
        &self.own_ids
    }

    /// Rows that may have its e-mail beside their primary one.
    pub fn further_rows(&self) -> &[Uuid] {
        self.further_rows.as_deref().unwrap_or_default()
    }

    /// Hash of what a write of it would say.
    pub fn hash(&self, rules: &Rules) -> ContentHash {
        *self
            .hash
            .get_or_init(|| content_hash(&self.input, &self.mapped, rules.schema()))
    }

    /// Adds a warning that holds whatever is decided.
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

    /// Asks for every row that it could be, or could collide with.
    pub fn ask(&self, query: &mut LookupQuery) {
        query.add(&self.mapped);
        // A store of the caller's may remember what is no id at all; the server would refuse the whole look-up.
        let further = self
            .own_ids
            .iter()
            .filter_map(|id| Uuid::parse_str(id).ok());
        query.ids.extend(further.filter(|id| *id != self.mapped.id));
        query.ids.extend(self.further_rows());
    }

    /// The e-mail that other rows may have beside their primary ones, where they were not asked for yet and are not
    /// known to be others.
    pub fn further_address(&self) -> Option<&str> {
        let is_unknown = match &self.step {
            Step::FurtherRows(_) => true,
            // Alone, a look-up may show that nobody need be asked.
            Step::LookUp | Step::Company { .. } => !self.is_alone && self.recalled.id.is_none(),
            _ => false,
        };
        if !is_unknown || !self.has_unasked_address() {
            return None;
        }
        let unique = self.mapped.unique_value.as_ref()?;
        Some(&unique.identity)
    }

    /// Whether it has an e-mail that other rows may have beside their primary ones, and they were not asked for yet.
    pub(super) fn has_unasked_address(&self) -> bool {
        self.further_rows.is_none()
            && self.kind() == ObjectKind::Person
            && !self.without_unique
            && self.mapped.unique_value.is_some()
    }

    /// Takes in which rows may have its e-mail beside their primary ones.
    pub fn tell_further_rows(&mut self, rules: &Rules, rows: Vec<Uuid>) {
        let has_any = !rows.is_empty();
        self.further_rows = Some(rows);
        match self.take_step() {
            Step::FurtherRows(Next::Create) if has_any => self.step = Step::LookUp,
            Step::FurtherRows(next) => self.go(rules, next),
            step => self.step = step,
        }
    }

    /// Takes in to which company it is linked. `is_seen`: its own rows were asked for as well, and are told next.
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
            // It will be there, in a run that writes.
            Ok(None) => {}
            Err(error) => return self.fail_as_it_is(error),
        }
        match self.take_step() {
            Step::Company { .. } if is_seen => self.step = Step::LookUp,
            Step::Company { next, .. } => self.go(rules, next),
            step => self.step = step,
        }
    }

    /// The name that another record gives the company which this one names without one.
    pub fn name_company(&mut self, name: String) {
        if let CompanyOf::One(company) = &mut self.mapped.company
            && company.name.is_none()
        {
            company.name = Some(name);
        }
    }

    /// Whether nothing of it was written so far, nor may have been.
    pub fn is_unwritten(&self) -> bool {
        self.lost.is_none() && !self.was_refused && self.conflicts == 0
    }

    /// Whether it can still be left unwritten.
    pub fn may_be_stopped(&self) -> bool {
        self.lost.is_none()
    }

    /// Must not be written, for a reason that is not its own.
    pub fn stop(&mut self, error: CrmError) {
        self.fail_as_it_is(error);
    }

    /// Begins anew with requests of its own: what many share was refused.
    pub fn go_alone(&mut self, rules: &Rules) {
        let recalled = std::mem::take(&mut self.recalled);
        self.begin(rules, recalled, Start::Alone);
    }

    /// Whether it goes by requests of its own.
    pub fn is_alone(&self) -> bool {
        self.is_alone
    }

    /// Hash of what a write of it says, where it has ended well.
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

    /// Takes in whether the schema has changed; if so, the record is mapped on the new one.
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

    /// Maps it on another schema; what has been found out about it meanwhile stays.
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

    /// The schema has changed before it was written: it is looked up again.
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

    /// Goes on with `next`, or with what has to be known first.
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

    /// A plain create is safe without a look-up only where the server itself refuses every double. It does so for most
    /// e-mails, which have one spelling and a unique index. It does not for a domain, which has many spellings, nor for an
    /// external id whose field is not unique.
    pub(super) fn must_look_first(&self) -> bool {
        if let Input::CompanyStub(stub) = &self.input {
            // The person that names it has just looked. A row with its domain may have been seen there, and it may be
            // another one by now.
            return !stub.domain_name.is_absent();
        }
        if matches!(self.mapped.external_id_field, ExternalIdField::Unproven(_)) {
            return true;
        }
        self.has_spellings()
    }

    /// Whether its e-mail or domain may stand in a row in another form, which the server would not refuse.
    fn has_spellings(&self) -> bool {
        let unique = self.mapped.unique_value.as_ref();
        unique.is_some_and(|unique| unique.spellings.len() > 1)
    }

    /// Whether the server would not refuse a second row of this record: it is created only on a fresh look.
    pub fn may_be_doubled(&self) -> bool {
        matches!(self.mapped.external_id_field, ExternalIdField::Unproven(_))
            || (self.has_spellings() && !self.without_unique)
    }

    /// Whether the domain is not known to be on the remembered row: another row may hold it in another spelling, which
    /// the server would not refuse.
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

    /// The remembered id leads nowhere, or to another record.
    pub(super) fn forget(&mut self, id: &str) {
        // A remembered id that was none of the chosen ones is not ours any more.
        let chosen = self.mapped.id.to_string();
        self.own_ids.retain(|own| own != id || *own == chosen);
        self.recalled.id = None;
        self.effects.push(Effect::Forget);
    }

    /// The hash that may be remembered with what was written.
    pub fn hash_to_remember(&self, rules: &Rules) -> Option<ContentHash> {
        self.is_complete.then(|| self.hash(rules))
    }

    /// Written and remembered: at its end.
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

    /// Nothing is written: the row holds what would be, or a policy leaves it alone. Without a row, the caller gets what
    /// would be written.
    pub(super) fn leave_unchanged(&mut self, rules: &Rules, id: String, row: Option<&Row>) {
        let data = self.entity(rules, row.unwrap_or(&self.mapped.fields));
        self.settle(Status::Unchanged, id, data);
    }

    /// As if it had been written.
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

    /// Ends with an error that says all of it.
    pub(super) fn fail_as_it_is(&mut self, error: CrmError) {
        let mut settled = Settled::failed(self.input.external_id().to_owned(), error);
        settled.warnings = self.take_warnings();
        self.step = Step::Done(Box::new(settled));
    }

    fn take_warnings(&mut self) -> Vec<SyncWarning> {
        let mut warnings = std::mem::take(&mut self.mapped.warnings);
        warnings.append(&mut self.warnings);
        warnings.append(&mut self.decided);
        warnings
    }
}
