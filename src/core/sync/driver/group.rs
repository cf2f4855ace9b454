//! Records that go through the driver together: what they share, and the steps of a round.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::core::sync::concurrency::is_strained;
use crate::core::sync::record::conflicts::plan_together;
use crate::core::sync::record::row::Row;
use crate::core::sync::record::rules::Rules;
use crate::core::sync::record::upsert::{Effect, Plan, Step, Upsert};
use crate::core::sync::requests;
use crate::core::twenty::ids::ObjectKind;

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
    /// Its state.
    pub upsert: Upsert,
}

/// How records are written.
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
    pub rules: Rules,
    pub watch: SchemaWatch<'j>,
    pub companies: Companies,
    pub sending: Sending,
    /// The right to write, where there is a line for it.
    pub slot: Option<WriteSlot>,
    /// When the rows that are decided on were asked for.
    pub asked_at: Instant,
}

impl<'j> Group<'j> {
    /// A group for records that go by these rules.
    pub fn new(job: &'j Job<'j>, rules: Rules, sending: Sending) -> Self {
        let schema = Arc::clone(rules.schema());
        Self {
            watch: SchemaWatch::new(job.context, schema),
            companies: Companies::default(),
            job,
            rules,
            sending,
            slot: None,
            asked_at: Instant::now(),
        }
    }

    /// Turns decisions into writes.
    pub fn plan(&self, members: &mut [&mut Member], seen: &Seen) {
        let is_last_time = self.sending == Sending::Together { is_last_try: true };
        let mut upserts: Vec<&mut Upsert> = members
            .iter_mut()
            .map(|member| &mut member.upsert)
            .collect();
        plan_together(&self.rules, &mut upserts, is_last_time, |upsert| {
            seen.rows_of(upsert)
        });
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
            self.rules.set_schema(schema);
        }
        for member in members.iter_mut() {
            let upsert = &mut member.upsert;
            match doubters.iter().find(|(at, _)| *at == member.at) {
                Some((_, is_newer)) => upsert.tell_schema(&self.rules, *is_newer),
                None if has_newer => upsert.tell_outdated(&self.rules),
                None => {}
            }
        }
    }

    /// Maps everybody on the schema that has turned out to be newer, if any has.
    pub fn follow_schema(&mut self, members: &mut [&mut Member]) {
        if let Some(schema) = self.watch.take_newer() {
            self.rules.set_schema(schema);
            for member in members.iter_mut() {
                member.upsert.tell_outdated(&self.rules);
            }
        }
    }

    /// The wait after a lost race.
    pub async fn wait(&self, members: &mut [&mut Member]) {
        let is_paused = |member: &&mut Member| matches!(member.upsert.step(), Step::Pause);
        let mut paused: Vec<_> = members.iter_mut().filter(|it| is_paused(it)).collect();
        if paused.is_empty() {
            return;
        }
        let delay = self.rules.call.conflict_retry_delay_ms;
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
            if self.rules.is_dry {
                continue;
            }
            for effect in effects {
                let done = self.carry_out(&member.upsert, effect).await;
                if let Err(message) = done {
                    member.upsert.warn_store(&message);
                }
            }
        }
    }

    /// `Err` is a store's failure.
    async fn carry_out(&self, upsert: &Upsert, effect: Effect) -> Result<(), String> {
        let (context, kind) = (self.job.context, self.rules.kind);
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
                let schema = Some(Arc::clone(self.rules.schema()));
                let ended = Ended {
                    settled,
                    hash,
                    schema,
                };
                self.job.listener.settled(member.at, ended);
            }
        }
    }

    async fn remember(&self, members: &mut [&mut Member]) {
        let (context, kind) = (self.job.context, self.rules.kind);
        let stored: Vec<(&Upsert, &Row)> = members
            .iter()
            .filter_map(|member| match member.upsert.step() {
                Step::Stored { row, .. } => Some((&member.upsert, row)),
                _ => None,
            })
            .collect();
        let Some((_, first)) = stored.first() else {
            return;
        };
        context.note_schema_drift(self.rules.schema(), kind, first);
        let written: Vec<_> = stored
            .iter()
            .filter_map(|(upsert, row)| {
                let external_id = upsert.input.external_id();
                context.note_seen(kind, external_id, row);
                let hash = upsert.hash_to_remember(&self.rules);
                let entry = context.entry_of_row(kind, external_id, hash, row)?;
                Some((entry, &upsert.mapped().fields))
            })
            .collect();
        let recent = context.http.workspace().extension(RecentWrites::default);
        if recent.is_read() {
            let now = context.workspace.row_locks.now();
            for (_, row) in &stored {
                recent.note(kind, row, now);
            }
        }
        let failure = context.remember_many(&written).await.err();
        let stored = members
            .iter_mut()
            .filter(|member| matches!(member.upsert.step(), Step::Stored { .. }));
        for (at, member) in stored.enumerate() {
            // A store serves all of them: its failure is told once, with the first record that it concerns.
            if let (0, Some(message)) = (at, &failure) {
                member.upsert.warn_store(message);
            }
            member.upsert.finish(&self.rules);
        }
    }
}
