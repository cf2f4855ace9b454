//! Records that go through the driver together: what they share, and the steps of a round.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::core::sync::concurrency::is_strained;
use crate::core::sync::context::SyncContext;
use crate::core::sync::record::conflicts::{Ruled, plan_together};
use crate::core::sync::record::row::Row;
use crate::core::sync::record::rules::Rules;
use crate::core::sync::record::upsert::{Effect, Plan, Step, Upsert};
use crate::core::sync::requests;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::schema::WorkspaceSchema;

use super::companies::Companies;
use super::job::{Ended, Job};
use super::pipeline::WriteSlot;
use super::recent_writes::RecentWrites;
use super::row_index::Seen;
use super::schema_watch::SchemaWatch;

/// A look-up that is older than this shows no longer that a row is not there.
const MAX_AGE: Duration = Duration::from_secs(3);

/// A record on its way.
pub struct Member {
    /// The caller's number of it.
    pub at: usize,
    /// Place of its terms in the group.
    pub way: usize,
    /// Its state.
    pub upsert: Upsert,
}

/// What some records of a group go by: the way of their job, on a schema.
#[derive(Clone)]
pub struct Terms<'j> {
    /// The surroundings of the service that they were given to: its memory, its store, its client.
    pub context: &'j SyncContext,
    /// What is decided by.
    pub rules: Rules,
    /// Place of the companies that they name. Services that would make a company in different ways, or remember it in
    /// different places, have different ones.
    pub companies: usize,
}

/// How records are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// One record, by requests of its own.
    Alone,
    /// Many, by batches.
    Together {
        /// Whether a refused batch is split until the record that is to blame stands alone, whatever it was refused for.
        is_last_try: bool,
    },
}

/// Records that go the same way, one round at a time: all of a job, or one that goes on alone.
pub struct Group<'j> {
    pub job: &'j Job<'j>,
    /// One for each way of the job.
    pub terms: Vec<Terms<'j>>,
    pub watch: SchemaWatch<'j>,
    pub companies: Vec<Companies>,
    pub sending: Sending,
    /// The right to write, where there is a line for it.
    pub slot: Option<WriteSlot>,
    /// When the rows that are decided on were asked for.
    pub asked_at: Instant,
}

impl<'j> Group<'j> {
    /// A group for records that go by these terms, at least one.
    pub fn new(job: &'j Job<'j>, terms: Vec<Terms<'j>>, sending: Sending) -> Self {
        let schema = Arc::clone(terms[0].rules.schema());
        let companies = terms.iter().map(|terms| terms.companies).max();
        let companies = (0..=companies.unwrap_or_default()).map(|_| Companies::default());
        Self {
            watch: SchemaWatch::new(job.context, schema),
            companies: companies.collect(),
            job,
            terms,
            sending,
            slot: None,
            asked_at: Instant::now(),
        }
    }

    /// What a member goes by.
    pub fn terms_of(&self, member: &Member) -> &Terms<'j> {
        &self.terms[member.way]
    }

    /// What a member is decided by.
    pub fn rules_of(&self, member: &Member) -> &Rules {
        &self.terms_of(member).rules
    }

    /// Rules of which only is used what all of them have in common: object, schema, field names, whether it is a dry run.
    pub fn common(&self) -> &Rules {
        &self.terms[0].rules
    }

    fn set_schema(&mut self, schema: &Arc<WorkspaceSchema>) {
        for terms in &mut self.terms {
            terms.rules.set_schema(Arc::clone(schema));
        }
    }

    /// Turns decisions into writes.
    pub fn plan(&self, members: &mut [&mut Member], seen: &Seen) {
        let is_last_time = self.sending == Sending::Together { is_last_try: true };
        let mut ruled: Vec<Ruled<'_>> = members
            .iter_mut()
            .map(|member| (&self.terms[member.way].rules, &mut member.upsert))
            .collect();
        plan_together(&mut ruled, is_last_time, |upsert| seen.rows_of(upsert));
        if self.is_stale() {
            // The server would not refuse a second row: another look first.
            for member in members.iter_mut() {
                let is_create = matches!(member.upsert.step(), Step::Planned(Plan::Create));
                if is_create && member.upsert.may_be_doubled() {
                    member.upsert.wait_for_other();
                }
            }
        }
    }

    /// Whether the rows that are decided on were asked for some time ago.
    pub fn is_stale(&self) -> bool {
        self.job.pipeline.is_some() && self.asked_at.elapsed() > MAX_AGE
    }

    /// A look at the schema for those whose refusal it may explain.
    pub async fn ask_schema(&mut self, members: &mut [&mut Member]) {
        let mut doubters = Vec::new();
        for member in members.iter_mut() {
            if let Step::Schema(doubt) = member.upsert.step() {
                let is_newer = self.watch.look(doubt.is_certain).await;
                doubters.push((member.at, is_newer));
            }
        }
        let newer = self.watch.take_newer();
        let has_newer = newer.is_some();
        if let Some(schema) = newer {
            self.set_schema(&schema);
        }
        for member in members.iter_mut() {
            let (rules, upsert) = (&self.terms[member.way].rules, &mut member.upsert);
            match doubters.iter().find(|(at, _)| *at == member.at) {
                Some((_, is_newer)) => upsert.tell_schema(rules, *is_newer),
                None if has_newer => upsert.tell_outdated(rules),
                None => {}
            }
        }
    }

    /// Maps everybody on the schema that has turned out to be newer, if any has.
    pub fn follow_schema(&mut self, members: &mut [&mut Member]) {
        if let Some(schema) = self.watch.take_newer() {
            self.set_schema(&schema);
            for member in members.iter_mut() {
                member.upsert.tell_outdated(&self.terms[member.way].rules);
            }
        }
    }

    /// The wait after a lost race.
    pub async fn wait(&self, members: &mut [&mut Member]) {
        let is_paused = |member: &&mut Member| matches!(member.upsert.step(), Step::Pause);
        let mut paused: Vec<_> = members.iter_mut().filter(|it| is_paused(it)).collect();
        let delays = paused
            .iter()
            .map(|member| self.rules_of(member).call.conflict_retry_delay_ms);
        let Some(delay) = delays.max() else {
            return;
        };
        tokio::time::sleep(Duration::from_millis(delay)).await;
        for member in &mut paused {
            member.upsert.tell_paused();
        }
    }

    /// Whoever gave the records may have found out meanwhile that one of them must not be written.
    pub fn recheck(&self, members: &mut [&mut Member]) {
        for member in members.iter_mut().filter(|it| !it.upsert.is_done()) {
            if member.upsert.may_be_stopped()
                && let Some(error) = self.job.listener.refused(member.at)
            {
                member.upsert.stop(error);
            }
        }
    }

    /// What records want done beside their requests; nothing in a dry run.
    pub async fn carry_out_effects(&self, members: &mut [&mut Member]) {
        for member in members.iter_mut() {
            let effects = member.upsert.take_effects();
            if self.common().is_dry {
                continue;
            }
            for effect in effects {
                let done = carry_out(self.terms_of(member), &member.upsert, effect).await;
                if let Err(message) = done {
                    member.upsert.warn_store(&message);
                }
            }
        }
    }

    /// Remembers what was written, and tells the ends.
    pub async fn settle(&mut self, members: &mut [&mut Member]) {
        self.carry_out_effects(members).await;
        self.remember(members).await;
        for member in members.iter_mut() {
            let hash = member.upsert.hash_at_end();
            if let Some(settled) = member.upsert.take_settled() {
                if let (Some(slot), Some(error)) = (&mut self.slot, &settled.error) {
                    slot.is_strained |= is_strained(error);
                }
                let schema = Some(Arc::clone(self.common().schema()));
                let ended = Ended {
                    settled,
                    hash,
                    schema,
                };
                self.job.listener.settled(member.at, ended);
            }
        }
    }

    /// Each with the memory and the store of its own service.
    async fn remember(&self, members: &mut [&mut Member]) {
        for (way, terms) in self.terms.iter().enumerate() {
            let mut stored: Vec<&mut Member> = members
                .iter_mut()
                .filter(|member| {
                    member.way == way && matches!(member.upsert.step(), Step::Stored { .. })
                })
                .map(|member| &mut **member)
                .collect();
            if !stored.is_empty() {
                remember(terms, &mut stored).await;
            }
        }
    }
}

async fn remember(terms: &Terms<'_>, stored: &mut [&mut Member]) {
    let Terms { context, rules, .. } = terms;
    let kind = rules.kind;
    let rows = stored
        .iter()
        .filter_map(|member| match member.upsert.step() {
            Step::Stored { row, .. } => Some((&member.upsert, row)),
            _ => None,
        });
    let rows: Vec<(&Upsert, &Row)> = rows.collect();
    if let Some((_, first)) = rows.first() {
        context.note_schema_drift(rules.schema(), kind, first);
    }
    let written: Vec<_> = rows
        .iter()
        .filter_map(|(upsert, row)| {
            let external_id = upsert.input.external_id();
            context.note_seen(kind, external_id, row);
            let hash = upsert.hash_to_remember(rules);
            let entry = context.entry_of_row(kind, external_id, hash, row)?;
            Some((entry, &upsert.mapped().fields))
        })
        .collect();
    let recent = context.http.workspace().extension(RecentWrites::default);
    if recent.is_read() {
        let now = context.workspace.row_locks.now();
        for (_, row) in &rows {
            recent.note(kind, row, now);
        }
    }
    let failure = context.remember_many(&written).await.err();
    for (at, member) in stored.iter_mut().enumerate() {
        // A store serves all of them: its failure is told once, with the first record that it concerns.
        if let (0, Some(message)) = (at, &failure) {
            member.upsert.warn_store(message);
        }
        member.upsert.finish(rules);
    }
}

/// `Err` is a store's failure.
async fn carry_out(terms: &Terms<'_>, upsert: &Upsert, effect: Effect) -> Result<(), String> {
    let (context, kind) = (terms.context, terms.rules.kind);
    let external_id = upsert.input.external_id();
    match effect {
        Effect::Forget => context.forget(kind, external_id).await,
        Effect::ForgetOther(other) => context.forget(kind, &other).await,
        Effect::ForgetCompany => {
            if let Some(company) = upsert.company() {
                // A store that fails here fails again at the next look, where it is told about.
                let _ = context
                    .forget(ObjectKind::Company, &company.external_id)
                    .await;
            }
            Ok(())
        }
        Effect::Learn(id) => {
            context.learn(kind, external_id, &id);
            Ok(())
        }
        Effect::ProveUnique(field) => {
            context.prove_unique(kind, &field);
            Ok(())
        }
        Effect::TakeBack(row) => {
            // Where it fails, the look-up that follows finds the value there, and tells of it.
            let _ = requests::take_value(&context.http, kind, &row).await;
            Ok(())
        }
    }
}
