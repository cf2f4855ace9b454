//! Sends what is planned: many by batches, one by a request of its own.

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;

use crate::core::config::MAX_DEPARTURES;
use crate::core::error::CrmError;
use crate::core::sync::queue::row_locks::RowLock;
use crate::core::sync::record::outcome::{AfterLoss, Blame};
use crate::core::sync::record::row::Row;
use crate::core::sync::record::rules::{Rules, UpdateMode};
use crate::core::sync::record::upsert::{Plan, Step, Update, Upsert};
use crate::core::sync::requests;

use super::batch::{BatchWriter, Batches, Certainty, WriteMode, Written};
use super::batch_answer::Kept;
use super::entry::Entry;
use super::group::{Group, Member, Sending, Terms};

impl Group<'_> {
    /// Creates first, then updates.
    pub async fn write(&mut self, members: &mut [&mut Member]) {
        self.write_all(members, WriteMode::Create).await;
        let locks = self.lock_rows(members).await;
        self.carry_out_effects(members).await;
        self.take_values(members).await;
        self.write_all(members, WriteMode::Update).await;
        drop(locks);
        // What is written was mapped on the schema so far, and is remembered so.
        self.settle(members).await;
        self.follow_schema(members);
    }

    /// By batches where records go together and the policy of each allows it; the others by requests of their own.
    async fn write_all(&mut self, members: &mut [&mut Member], mode: WriteMode) {
        let Sending::Together { is_last_try } = self.sending else {
            return self.write_each(members, mode).await;
        };
        let is_by_batch = |member: &&mut Member| match mode {
            WriteMode::Create => true,
            WriteMode::Update => self.rules_of(member).update_mode() == UpdateMode::Upsert,
        };
        let (mut by_batch, mut others): (Vec<&mut Member>, Vec<&mut Member>) = members
            .iter_mut()
            .map(|member| &mut **member)
            .partition(is_by_batch);
        self.write_batches(&mut by_batch, mode, is_last_try).await;
        self.write_each(&mut others, mode).await;
    }

    async fn write_batches(
        &mut self,
        members: &mut [&mut Member],
        mode: WriteMode,
        is_last_try: bool,
    ) {
        let terms = self.terms.clone();
        let entries: Vec<Entry> = members
            .iter()
            .enumerate()
            .filter_map(|(place, member)| {
                entry_of(place, &member.upsert, &terms[member.way].rules, mode)
            })
            .collect();
        if entries.is_empty() {
            return;
        }
        let names = &terms[0].rules.options.field_names;
        let kept = match terms.iter().any(|terms| terms.rules.wants_entities) {
            true => Kept::all(names),
            false => Kept::identity(names),
        };
        let job = self.job;
        let writer = BatchWriter {
            http: &job.context.http,
            kind: terms[0].rules.kind,
            mode,
            kept: &kept,
            is_last_try,
        };
        let after_loss = match is_last_try {
            true => AfterLoss::GiveUp,
            false => AfterLoss::WriteAgain,
        };
        let mut batches = Batches::new(writer, entries);
        while let Some(outcomes) = batches.send_next(&mut self.watch).await {
            for (place, outcome) in outcomes {
                let member = &mut *members[place];
                let (rules, upsert) = (&terms[member.way].rules, &mut member.upsert);
                match outcome {
                    Written::Stored(row, certainty) => {
                        if certainty == Certainty::Repeated {
                            upsert.note_repeated();
                        }
                        upsert.tell_written(rules, row, UpdateMode::Upsert);
                    }
                    Written::Failed(error, blame) => {
                        upsert.tell_failed(rules, error, blame, after_loss);
                    }
                    // The schema that came meanwhile is followed when all writes are through.
                    Written::Outdated => {}
                }
            }
            // What is through need not wait for the search of a bad record.
            self.settle(members).await;
        }
    }

    /// By requests of their own, a few at a time.
    async fn write_each(&self, members: &mut [&mut Member], mode: WriteMode) {
        let mut writes: Vec<BoxFuture<'_, ()>> = Vec::new();
        for member in members {
            if is_planned(&member.upsert, mode) {
                writes.push(Box::pin(self.write_one(member)));
            }
        }
        stream::iter(writes)
            .buffer_unordered(MAX_DEPARTURES)
            .collect::<()>()
            .await;
    }

    async fn write_one(&self, member: &mut Member) {
        let terms = &self.terms[member.way];
        let (rules, upsert) = (&terms.rules, &mut member.upsert);
        let looked_at = self.job.context.workspace.row_locks.now();
        let Step::Planned(plan) = upsert.step() else {
            return;
        };
        let is_unseen = matches!(plan, Plan::Patch { .. });
        let mode = match rules.update_mode() {
            UpdateMode::Upsert => UpdateMode::ById,
            mode => mode,
        };
        let answer = send_one(terms, upsert, plan, mode).await;
        if is_unseen {
            // The echo is the look: what is decided on it is as new as the request.
            upsert.looked_at = looked_at;
        }
        match answer {
            Ok(Some(row)) => upsert.tell_written(rules, row, mode),
            Ok(None) => upsert.tell_unmatched(rules),
            Err(error) => {
                let after_loss = match self.sending {
                    Sending::Together { is_last_try: false } => AfterLoss::WriteAgain,
                    _ => AfterLoss::Confirm,
                };
                upsert.tell_failed(rules, error, Blame::This, after_loss);
            }
        }
    }

    /// Takes the rows that become ours. Those that somebody else has taken since the look-up are looked up again.
    async fn lock_rows(&self, members: &mut [&mut Member]) -> Vec<RowLock> {
        let mut wanted: Vec<(String, usize)> = members
            .iter()
            .enumerate()
            .filter_map(|(place, member)| {
                let update = planned_update(&member.upsert).filter(|it| it.target.claim)?;
                Some((update.id.clone(), place))
            })
            .collect();
        // Everybody takes them in the same order, so that no two wait for each other.
        wanted.sort_unstable();
        let mut locks = Vec::with_capacity(wanted.len());
        let mut last = String::new();
        for (id, place) in wanted {
            if id == last {
                members[place].upsert.tell_row_taken();
                continue;
            }
            last.clone_from(&id);
            let member = &mut *members[place];
            let (rules, upsert) = (&self.terms[member.way].rules, &mut member.upsert);
            let mut lock = self.job.context.workspace.row_locks.lock(&id).await;
            match lock.take(upsert.looked_at) {
                true => {
                    upsert.tell_row_claimed(rules);
                    locks.push(lock);
                }
                false => upsert.tell_row_taken(),
            }
        }
        locks
    }

    /// Clears e-mails and domains of rows that lose them to others.
    async fn take_values(&self, members: &mut [&mut Member]) {
        for member in members.iter_mut() {
            let other = planned_update(&member.upsert).and_then(|it| it.target.take_from.as_ref());
            let Some(other) = other else {
                continue;
            };
            let Terms { context, rules, .. } = self.terms_of(member);
            match requests::take_value(&context.http, rules.kind, other).await {
                Ok(()) => member.upsert.tell_value_taken(),
                Err(error) => member.upsert.fail(error),
            }
        }
    }
}

/// `None` where no row fits the condition.
async fn send_one(
    terms: &Terms<'_>,
    upsert: &Upsert,
    plan: &Plan,
    mode: UpdateMode,
) -> Result<Option<Row>, CrmError> {
    let Terms { context, rules, .. } = terms;
    let (http, kind) = (&context.http, rules.kind);
    match plan {
        Plan::Create => {
            let payload = upsert.create_payload(rules);
            requests::create(http, kind, &payload).await.map(Some)
        }
        Plan::Update(update) if mode == UpdateMode::WhileLive && !update.target.revive => {
            let query = rules.query(kind);
            requests::patch_live(http, &query, &update.id, &update.payload).await
        }
        Plan::Update(update) => {
            let payload = update.by_id();
            requests::patch(http, kind, &update.id, &payload)
                .await
                .map(Some)
        }
        Plan::Patch { id, payload } if mode == UpdateMode::WhileLive => {
            let query = rules.query(kind);
            requests::patch_live(http, &query, id, payload).await
        }
        Plan::Patch { id, payload } => requests::patch(http, kind, id, payload).await.map(Some),
    }
}

fn planned_update(upsert: &Upsert) -> Option<&Update> {
    match upsert.step() {
        Step::Planned(Plan::Update(update)) => Some(update),
        _ => None,
    }
}

fn is_planned(upsert: &Upsert, mode: WriteMode) -> bool {
    match upsert.step() {
        Step::Planned(Plan::Create) => mode == WriteMode::Create,
        Step::Planned(_) => mode == WriteMode::Update,
        _ => false,
    }
}

fn entry_of(place: usize, upsert: &Upsert, rules: &Rules, mode: WriteMode) -> Option<Entry> {
    match (upsert.step(), mode) {
        (Step::Planned(Plan::Create), WriteMode::Create) => {
            let id = upsert.mapped().id.to_string();
            Some(Entry::new(place, id, &upsert.creation(rules)))
        }
        (Step::Planned(Plan::Update(update)), WriteMode::Update) => {
            let element = upsert.update_in_batch(rules, update);
            Some(Entry::new(place, update.id.clone(), &element))
        }
        _ => None,
    }
}
