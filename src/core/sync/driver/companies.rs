//! The companies that people name: remembered, looked up together with the people, or made first.

use std::collections::{HashMap, HashSet};

use futures_util::future::BoxFuture;

use super::batch::{BatchWriter, Batches, WriteMode, Written, is_about_a_record};
use super::batch_answer::Kept;
use super::entry::Entry;
use super::pipeline::Question;
use super::row_index::Seen;
use super::schema_watch::SchemaWatch;
use crate::core::error::{CrmError, ErrorCode};
use crate::core::sync::context::SyncContext;
use crate::core::sync::options::CallOptions;
use crate::core::sync::record::collision::{Claimant, Decision, decide};
use crate::core::sync::record::errors::is_conflict;
use crate::core::sync::record::input::{Input, Outcome};
use crate::core::sync::record::link::{DeletedCompany, Link, Met, company_row, meet, stub_of};
use crate::core::sync::record::notices;
use crate::core::sync::record::payload::create_payload;
use crate::core::sync::record::row::{Row, id_of, is_deleted};
use crate::core::sync::record::rules::Rules;
use crate::core::sync::requests;
use crate::core::twenty::company_key::CompanyRef;
use crate::core::twenty::comparison::only_blank;
use crate::core::twenty::domain::Domain;
use crate::core::twenty::fields::ExternalIdField;
use crate::core::twenty::ids::{ObjectKind, record_id, stored_external_id};
use crate::core::twenty::lookup::LookupQuery;
use crate::core::twenty::warning::SyncWarning;

/// Makes one company in its own turn, so that many people who name one new company make it once.
pub type MakeCompany = fn(SyncContext, CallOptions, Input) -> BoxFuture<'static, Outcome>;

/// One company that people name.
struct Named {
    /// It, with the first name that one of them gives.
    company: CompanyRef,
    /// Its id in the CRM, once it is known.
    id: Option<String>,
    /// Its row, while that is soft-deleted.
    deleted: Option<Row>,
    /// A row has its domain, of which the collision table says what becomes: the way of single upserts.
    open: Option<Row>,
    /// What the first person that names it is told.
    note: Option<DeletedCompany>,
    /// As `note`, of a company that was made alone.
    told: Vec<SyncWarning>,
    /// Why it could not be made.
    error: Option<CrmError>,
    /// What is remembered of it is not believed: it was wrong, or somebody who names it does not look at it.
    is_fresh: bool,
    /// The options of the first call that names it.
    call: CallOptions,
}

impl Named {
    fn new(company: CompanyRef, call: CallOptions) -> Self {
        Self {
            company,
            id: None,
            deleted: None,
            open: None,
            note: None,
            told: Vec::new(),
            error: None,
            is_fresh: !call.use_cache,
            call,
        }
    }

    fn is_open(&self) -> bool {
        self.id.is_none()
    }
}

/// All companies that are named, by external id.
#[derive(Default)]
pub struct Companies {
    named: HashMap<String, Named>,
}

/// How often missing companies are made in one batch: a first one may be refused for the sake of one that another chunk
/// has just made.
const BATCHES_OF_COMPANIES: usize = 2;

/// What making companies needs.
#[derive(Clone, Copy)]
pub struct Maker<'a> {
    /// The surroundings.
    pub context: &'a SyncContext,
    /// What holds for the people who name them.
    pub rules: &'a Rules,
    /// Makes one alone.
    pub make_company: MakeCompany,
    /// Whether the look-up is too old to show that a company is not there.
    pub is_stale: bool,
}

impl Maker<'_> {
    async fn make(&self, company: &CompanyRef, call: CallOptions) -> Outcome {
        // The look-up has just said that nobody remembers it; those who come in its turn later do.
        let call = CallOptions {
            use_cache: true,
            ..call
        };
        (self.make_company)(self.context.clone(), call, stub_of(company)).await
    }
}

/// The field that carries companies' external ids.
fn external_id_field(rules: &Rules) -> ExternalIdField {
    let names = &rules.options.field_names;
    names.external_id_in(&rules.schema().company)
}

impl Companies {
    /// Notes that somebody names a company in a call of these options.
    pub fn note(&mut self, company: &CompanyRef, call: CallOptions) {
        let Some(named) = self.named.get_mut(&company.external_id) else {
            let named = Named::new(company.clone(), call);
            self.named.insert(company.external_id.clone(), named);
            return;
        };
        named.is_fresh |= !call.use_cache;
        let known = &mut named.company;
        if known.name.is_none() {
            known.name.clone_from(&company.name);
        }
        if known.domain.is_none() {
            known.domain.clone_from(&company.domain);
        }
    }

    /// The name that somebody gives the company: whoever is written first may have to make it.
    pub fn name_of(&self, company: &CompanyRef) -> Option<&str> {
        self.named
            .get(&company.external_id)?
            .company
            .name
            .as_deref()
    }

    /// The ids that they get where they are made.
    pub fn chosen_ids(&self, rules: &Rules) -> Vec<String> {
        let namespace = rules.options.namespace.as_deref();
        let id = |external_id: &String| record_id(ObjectKind::Company, namespace, external_id);
        self.named.keys().map(|name| id(name).to_string()).collect()
    }

    /// What was known of a company turned out to be wrong.
    pub fn forget(&mut self, company: &CompanyRef) {
        if let Some(named) = self.named.get_mut(&company.external_id) {
            *named = Named {
                is_fresh: true,
                ..Named::new(named.company.clone(), named.call)
            };
        }
    }

    /// Fills in what memory and store know, and what is not only a store's word. A store's failure is the caller's to
    /// tell.
    pub async fn recall(&mut self, context: &SyncContext, rules: &Rules) -> Result<(), String> {
        let unknown = self.named.iter().filter(|(_, named)| named.is_open());
        let ids: Vec<String> = unknown
            .filter(|(_, named)| !named.is_fresh)
            .map(|(id, _)| id.clone())
            .collect();
        if ids.is_empty() {
            return Ok(());
        }
        let field = external_id_field(rules);
        for (external_id, known) in context.recall_many(ObjectKind::Company, &ids).await? {
            let is_proven = field.name().is_none() || context.is_proven(&known);
            if let Some(named) = self.named.get_mut(&external_id)
                && is_proven
            {
                named.id = Some(known.crm_id.to_string());
            }
        }
        Ok(())
    }

    /// The look-up of those that nobody remembers; none when all are known.
    ///
    /// # Errors
    /// VALIDATION_ERROR of a company that cannot be mapped.
    pub fn query(&self, rules: &Rules) -> Result<Option<LookupQuery>, CrmError> {
        let mut query = rules.query(ObjectKind::Company);
        for named in self.named.values().filter(|named| named.is_open()) {
            let company = &named.company;
            if company.domain.is_some() {
                query.add(&rules.map(&stub_of(company))?);
                continue;
            }
            let namespace = rules.options.namespace.as_deref();
            let id = record_id(ObjectKind::Company, namespace, &company.external_id);
            let stored = stored_external_id(namespace, &company.external_id);
            query.ids.push(id);
            query.external_ids.push(stored);
        }
        Ok((!query.is_empty()).then_some(query))
    }

    /// Takes in what the look-up found.
    pub fn found(&mut self, context: &SyncContext, rules: &Rules, seen: &Seen) {
        let namespace = rules.options.namespace.as_deref();
        let field = external_id_field(rules);
        let open = self.named.iter_mut().filter(|(_, named)| named.is_open());
        for (external_id, named) in open {
            let chosen = record_id(ObjectKind::Company, namespace, external_id).to_string();
            let stored = stored_external_id(namespace, external_id);
            let domain = named.company.domain.as_ref();
            let ids = std::iter::once(chosen.as_str());
            let rows = seen.find(ids, &stored, domain.map(Domain::host));
            if let Some(row) = company_row(&rows, &field, &stored, &chosen) {
                let id = id_of(row).to_owned();
                named.deleted = is_deleted(row).then(|| row.clone());
                if named.deleted.is_none() {
                    context.scope.domains.note(external_id, row);
                    context.learn(ObjectKind::Company, external_id, &id);
                }
                named.id = Some(id);
                continue;
            }
            match meet(rows, &field, domain) {
                Met::Nobody => {}
                // Not remembered: it is another's, and may be given another domain.
                Met::Anothers(row) => named.id = Some(id_of(row).to_owned()),
                Met::Open(row) => named.open = Some(row.clone()),
            }
        }
    }

    /// Does with soft-deleted ones what the policy says. Only then are they remembered: people who come later are linked
    /// to what is remembered without another look. In a dry run it is only told.
    pub async fn revive_deleted(&mut self, context: &SyncContext, rules: &Rules) {
        let policy = rules.options.collisions.own_deleted;
        for (external_id, named) in &mut self.named {
            let Some(row) = named.deleted.take() else {
                continue;
            };
            let note = match DeletedCompany::decide(policy, external_id, &row) {
                Ok(note) => note,
                Err(error) => {
                    named.error = Some(error);
                    continue;
                }
            };
            if let (DeletedCompany::Revived(id), false) = (&note, rules.is_dry) {
                match requests::revive(&context.http, ObjectKind::Company, id).await {
                    Ok(_) => {}
                    Err(error) if error.code == ErrorCode::NotFound => {
                        named.id = None;
                        continue;
                    }
                    Err(error) => {
                        named.error = Some(error);
                        continue;
                    }
                }
            }
            if !rules.is_dry {
                context.learn(ObjectKind::Company, external_id, id_of(&row));
            }
            named.note = Some(note);
        }
    }

    /// What the collision table will say of rows that have the domain, with nothing done to them.
    pub fn foresee_open(&mut self, rules: &Rules) {
        let collisions = rules.options.collisions.of_named_company();
        for named in self.named.values_mut().filter(|named| named.is_open()) {
            let Some(row) = named.open.take() else {
                continue;
            };
            let Ok(mapped) = rules.map(&stub_of(&named.company)) else {
                continue;
            };
            let external_id = named.company.external_id.as_str();
            let own_ids = [mapped.id.to_string()];
            let claimant = Claimant::of(ObjectKind::Company, external_id, &mapped, &own_ids, false);
            match decide(&claimant, &[&row], &collisions) {
                Decision::Create { leave_out, note } => {
                    named.told.extend(leave_out.into_iter().chain(note));
                }
                Decision::Write(target) => {
                    let id = id_of(&target.row).to_owned();
                    let (_, kept) = only_blank(&mapped.fields, &target.row);
                    let unique = mapped.unique_value.as_ref();
                    named.told = target.warnings;
                    named
                        .told
                        .push(notices::linked(external_id, unique, &id, &kept));
                    named.id = Some(id);
                }
                Decision::Skip { warning, .. } => named.told.push(warning),
                Decision::Fail(error) => named.error = Some(error),
            }
        }
    }

    fn is_unknown(&self, company: &CompanyRef) -> bool {
        let named = self.named.get(&company.external_id);
        named.is_some_and(|named| named.is_open() && named.error.is_none())
    }

    /// Fills in what this process has learnt since the look-up: another chunk of the run may have made one meanwhile.
    fn recall_made(&mut self, maker: Maker<'_>) {
        let context = maker.context;
        let open = self
            .named
            .iter_mut()
            .filter(|(_, named)| named.is_open() && !named.is_fresh && named.open.is_none());
        for (external_id, named) in open {
            let known = context.scope.cache.get(
                ObjectKind::Company,
                external_id,
                context.options.cache_ttl_ms,
                context.now_ms(),
            );
            let known = known.filter(|known| context.is_proven(known));
            named.id = known.map(|known| known.crm_id.to_string());
        }
    }

    /// Makes those that are missing and have a name: many in one batch, of which those that are refused are tried alone;
    /// one by itself. `wanted`: the domains of companies that others have just made, to which those of these are added.
    pub async fn make_missing(
        &mut self,
        maker: Maker<'_>,
        wanted: &mut HashSet<String>,
        watch: &mut SchemaWatch<'_>,
    ) {
        self.recall_made(maker);
        let is_missing = |named: &&Named| {
            named.is_open() && named.error.is_none() && named.company.name_to_make().is_some()
        };
        let missing = self.named.values().filter(is_missing);
        // A row has the domain: the collision table says what becomes of it, which a batch of creates cannot. Or one may
        // have it by now: the server would not refuse another spelling.
        let is_alone = |named: &Named| {
            let domain = named.company.domain.as_ref().map(Domain::host);
            let is_doubtful = domain.is_some_and(|it| maker.is_stale || wanted.contains(it));
            named.open.is_some() || is_doubtful
        };
        let (alone, new): (Vec<_>, Vec<_>) = missing
            .map(|named| (is_alone(named), named.company.clone()))
            .partition(|(is_alone, _)| *is_alone);
        let mut alone: Vec<CompanyRef> = alone.into_iter().map(|(_, company)| company).collect();
        let mut new: Vec<CompanyRef> = new.into_iter().map(|(_, company)| company).collect();
        let domains = alone.iter().chain(&new);
        wanted.extend(domains.filter_map(|it| Some(it.domain.as_ref()?.host().to_owned())));
        // Chunks that are written side by side insert in one order, so that no two block each other over there.
        new.sort_unstable_by(|one, other| one.external_id.cmp(&other.external_id));
        for _ in 0..BATCHES_OF_COMPANIES {
            if new.len() < 2 {
                break;
            }
            new = self.make_together(maker, watch, new).await;
            self.recall_made(maker);
            new.retain(|company| self.is_unknown(company));
            if !new.is_empty() {
                self.look_again(maker).await;
                new.retain(|company| self.is_unknown(company));
            }
            let has_open_row = |company: &mut CompanyRef| {
                let named = self.named.get(&company.external_id);
                named.is_some_and(|named| named.open.is_some())
            };
            alone.extend(new.extract_if(.., has_open_row));
        }
        alone.extend(new);
        for company in alone {
            let Some(call) = self.named.get(&company.external_id).map(|it| it.call) else {
                continue;
            };
            let made = maker.make(&company, call).await;
            self.settle(&company.external_id, made);
        }
    }

    /// Makes companies in one batch. Gives back those that are to be tried alone.
    async fn make_together(
        &mut self,
        maker: Maker<'_>,
        watch: &mut SchemaWatch<'_>,
        new: Vec<CompanyRef>,
    ) -> Vec<CompanyRef> {
        let entries = new
            .iter()
            .enumerate()
            .filter_map(|(at, company)| {
                let mapped = maker.rules.map(&stub_of(company)).ok()?;
                let payload = create_payload(&mapped, mapped.fields.clone());
                Some(Entry::new(at, mapped.id.to_string(), &payload))
            })
            .collect();
        let writer = BatchWriter {
            http: &maker.context.http,
            kind: ObjectKind::Company,
            mode: WriteMode::Create,
            kept: &Kept::identity(&maker.rules.options.field_names),
            is_last_try: false,
        };
        let mut alone = Vec::new();
        for (at, outcome) in Batches::new(writer, entries).finish(watch).await {
            let Some(company) = new.get(at) else {
                continue;
            };
            let external_id = &company.external_id;
            let Some(named) = self.named.get_mut(external_id) else {
                continue;
            };
            match outcome {
                Written::Stored(row, _) => {
                    let id = id_of(&row).to_owned();
                    maker.context.learn(ObjectKind::Company, external_id, &id);
                    named.id = Some(id);
                }
                Written::Failed(error, _) if !is_conflict(&error) && !is_about_a_record(&error) => {
                    named.error = Some(error);
                }
                // Somebody else made one of them meanwhile; alone, each finds its row or is made.
                Written::Failed(..) | Written::Outdated => alone.push(company.clone()),
            }
        }
        alone
    }

    /// Looks up what is still missing after a refused batch: another process has made some of it meanwhile. If the look-up
    /// fails, each company is tried alone, which tells why.
    async fn look_again(&mut self, maker: Maker<'_>) {
        let Maker { context, rules, .. } = maker;
        let Ok(Some(query)) = self.query(rules) else {
            return;
        };
        let question = Question {
            own: None,
            companies: Some(query),
            is_urgent: true,
        };
        if let Ok((shared, _)) = question.ask(context).await {
            self.found(context, rules, &shared.companies);
            self.revive_deleted(context, rules).await;
        }
    }

    fn settle(&mut self, external_id: &str, made: Outcome) {
        let Some(named) = self.named.get_mut(external_id) else {
            return;
        };
        match made {
            Ok(made) => {
                named.id = Some(made.id.clone());
                named.told.clone_from(&made.warnings);
            }
            Err(error) => named.error = Some(error),
        }
    }

    /// The link to a company, with warnings where it cannot be made, was found deleted or was claimed.
    ///
    /// # Errors
    /// Why the company could not be made, though it has a name.
    pub fn link(
        &mut self,
        external_id: &str,
        person_external_id: &str,
    ) -> Result<(Link, Vec<SyncWarning>), CrmError> {
        let missing = || vec![notices::company_missing(person_external_id, external_id)];
        let Some(named) = self.named.get_mut(external_id) else {
            return Ok((Link::None, missing()));
        };
        if let Some(error) = named.error.clone() {
            return Err(error);
        }
        let mut warnings = std::mem::take(&mut named.told);
        let Some(id) = named.id.clone() else {
            // In a dry run, one that would be made has something to tell.
            if warnings.is_empty() {
                warnings = missing();
            }
            return Ok((Link::None, warnings));
        };
        let note = named.note.take();
        warnings.extend(note.map(|note| note.warning(person_external_id, external_id)));
        Ok((Link::To(id), warnings))
    }

    /// Whether the company is known or can be made, and there is nothing to tell of it.
    pub fn will_exist(&self, external_id: &str) -> bool {
        self.named.get(external_id).is_some_and(|named| {
            let is_quiet = named.note.is_none() && named.error.is_none() && named.told.is_empty();
            is_quiet && (named.id.is_some() || named.company.name_to_make().is_some())
        })
    }
}
