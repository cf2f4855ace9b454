//! How a job goes: from what is remembered of its records, round by round, to their ends.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::{BoxFuture, join_all};

use crate::core::error::{CrmError, ErrorCode};
use crate::core::sync::record::result::Settled;
use crate::core::sync::record::rules::Rules;
use crate::core::sync::record::upsert::{Start, Upsert};
use crate::core::sync::scope::Scope;
use crate::core::twenty::schema::WorkspaceSchema;

use super::group::{Group, Member, Sending, Terms};
use super::job::{Ended, Job, Record, Way};
use super::recall::begin;

/// How many rounds records go together: after the second one, what is open was looked at twice, and goes on alone, where
/// it is told apart from the rest.
const ROUNDS_TOGETHER: usize = 2;

/// Rounds that a record may take alone, beside those that lost races cost: more than any way through the states has.
const ROUNDS_ALONE: usize = 40;

/// Rounds that one lost race may cost.
const ROUNDS_FOR_CONFLICT: usize = 4;

/// Further rounds where the schema changes on the way.
const ROUNDS_FOR_SCHEMA: usize = 2;

impl Group<'_> {
    /// Takes every member one round on: look, decide, write.
    pub async fn round(&mut self, members: &mut [&mut Member]) {
        self.ask_schema(members).await;
        self.wait(members).await;
        self.ask_further_rows(members).await;
        self.confirm(members).await;
        let seen = self.look_up(members).await;
        self.recheck(members);
        self.plan(members, &seen.own);
        self.ask_further_rows(members).await;
        self.carry_out_effects(members).await;
        match self.common().is_dry {
            true => members
                .iter_mut()
                .for_each(|member| member.upsert.end_dry(&self.terms[member.way].rules)),
            false => {
                // Those that turned out to be alone go on by themselves.
                let is_alone = self.sending == Sending::Alone;
                let mut writers: Vec<&mut Member> = members
                    .iter_mut()
                    .filter(|member| is_alone || !member.upsert.is_alone())
                    .map(|member| &mut **member)
                    .collect();
                self.write(&mut writers).await;
            }
        }
        self.settle(members).await;
    }
}

impl Job<'_> {
    /// Takes the records to their ends.
    pub async fn run(&self, records: Vec<Record>, start: Start) {
        if records.is_empty() {
            return;
        }
        let schema = match self.context.schema().await {
            Ok(schema) => schema,
            Err(error) => return self.fail_all(records, &error),
        };
        let terms = self.terms(&schema);
        let mut members = self.prepare(&terms, records);
        for (way, terms) in terms.iter().enumerate() {
            let of_it = members.iter_mut().filter(|member| member.way == way);
            begin(terms, of_it.collect(), start).await;
        }
        let sending = match start {
            Start::Alone => Sending::Alone,
            Start::Together => Sending::Together { is_last_try: false },
        };
        let mut group = Group::new(self, terms, sending);
        // What is known of the members already may be the end of some.
        let mut all: Vec<&mut Member> = members.iter_mut().collect();
        group.settle(&mut all).await;
        if start == Start::Together {
            go_together(&mut group, &mut members).await;
        }
        // What is open may wait for the turns of its records: nobody else is to wait for that.
        group.slot = None;
        self.go_alone(&group.terms, members).await;
    }

    fn terms(&self, schema: &Arc<WorkspaceSchema>) -> Vec<Terms<'_>> {
        let mut owners: Vec<(*const Scope, u64)> = Vec::new();
        let terms = self.ways.iter().map(|way| {
            let Way { context, seed } = way;
            let owner = (Arc::as_ptr(&context.scope), context.settings);
            let companies = owners.iter().position(|known| *known == owner);
            let domain_form = context.workspace.domain_form();
            Terms {
                context,
                rules: Rules::new(*seed, &context.options, Arc::clone(schema), domain_form),
                companies: companies.unwrap_or_else(|| {
                    owners.push(owner);
                    owners.len() - 1
                }),
            }
        });
        terms.collect()
    }

    fn prepare(&self, terms: &[Terms<'_>], records: Vec<Record>) -> Vec<Member> {
        let mut members = Vec::with_capacity(records.len());
        for Record { at, way, input } in records {
            let external_id = input.external_id().to_owned();
            if let Some(error) = self.listener.refused(at) {
                self.fail(at, external_id, error);
                continue;
            }
            match Upsert::new(&terms[way].rules, input) {
                Ok(upsert) => members.push(Member { at, way, upsert }),
                Err(error) => self.fail(at, external_id, error),
            }
        }
        members
    }

    fn fail(&self, at: usize, external_id: String, error: CrmError) {
        let settled = Settled::failed(external_id, error);
        let ended = Ended {
            settled,
            hash: None,
            schema: None,
        };
        self.listener.settled(at, ended);
    }

    fn fail_all(&self, records: Vec<Record>, error: &CrmError) {
        for Record { at, input, .. } in records {
            self.fail(at, input.external_id().to_owned(), error.clone());
        }
    }

    /// Takes what is open on by requests of its own. Those that want one and the same e-mail or domain go one after the
    /// other: the first of them is to have it.
    async fn go_alone(&self, terms: &[Terms<'_>], members: Vec<Member>) {
        let mut lines: Vec<Vec<Member>> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for member in members
            .into_iter()
            .filter(|member| !member.upsert.is_told())
        {
            let unique = member.upsert.mapped().unique_value.as_ref();
            let here = lines.len();
            let place = unique.map(|it| *places.entry(it.identity.clone()).or_insert(here));
            match place.and_then(|place| lines.get_mut(place)) {
                Some(line) => line.push(member),
                None => lines.push(vec![member]),
            }
        }
        let mut ways: Vec<BoxFuture<'_, ()>> = Vec::with_capacity(lines.len());
        for line in lines {
            ways.push(Box::pin(self.go_in_line(terms, line)));
        }
        join_all(ways).await;
    }

    async fn go_in_line(&self, terms: &[Terms<'_>], line: Vec<Member>) {
        for mut member in line {
            let Terms { context, rules, .. } = &terms[member.way];
            let _turn = match self.pipeline {
                Some(_) => Some(context.take_turn(&member.upsert.input).await),
                // Single calls hold theirs.
                None => None,
            };
            let mut group = Group::new(self, terms.to_vec(), Sending::Alone);
            let conflicts = usize::try_from(rules.call.max_conflict_retries).unwrap_or_default();
            for _ in 0..ROUNDS_ALONE + conflicts * ROUNDS_FOR_CONFLICT {
                if member.upsert.is_told() {
                    break;
                }
                group.round(&mut [&mut member]).await;
            }
            if !member.upsert.is_told() {
                member.upsert.stop(endless());
                group.settle(&mut [&mut member]).await;
            }
        }
    }
}

/// A record that goes round in circles: better an error than a thread that is busy for ever.
fn endless() -> CrmError {
    CrmError::new(
        ErrorCode::Unknown,
        "the record did not come to an end: an internal failure of twenty-crm-native, please report it",
    )
}

async fn go_together(group: &mut Group<'_>, members: &mut [Member]) {
    let mut rounds_left = ROUNDS_TOGETHER;
    let mut rounds_for_schema = ROUNDS_FOR_SCHEMA;
    while rounds_left > 0 {
        let mut open: Vec<&mut Member> = members
            .iter_mut()
            .filter(|member| !member.upsert.is_told() && !member.upsert.is_alone())
            .collect();
        if open.is_empty() {
            return;
        }
        group.sending = Sending::Together {
            is_last_try: rounds_left == 1,
        };
        let revision = group.common().schema().revision;
        group.round(&mut open).await;
        if group.common().schema().revision != revision && rounds_for_schema > 0 {
            rounds_for_schema -= 1;
        } else {
            rounds_left -= 1;
        }
    }
}
