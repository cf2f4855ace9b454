//! How a job goes: from what is remembered of its records, round by round, to their ends.

use std::collections::HashMap;

use futures_util::future::{BoxFuture, join_all};

use crate::core::error::{CrmError, ErrorCode};
use crate::core::sync::mappings::cache::is_fresh;
use crate::core::sync::record::input::Input;
use crate::core::sync::record::result::Settled;
use crate::core::sync::record::rules::{Rules, Unchanged};
use crate::core::sync::record::upsert::{Recalled, Start, Upsert};
use crate::core::twenty::ids::ObjectKind;

use super::group::{Group, Member, Sending};
use super::job::{Ended, Job};

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
        match self.rules.is_dry {
            true => members
                .iter_mut()
                .for_each(|member| member.upsert.end_dry(&self.rules)),
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
    /// Takes the records to their ends; `at` is the caller's number of each. Their external ids differ.
    pub async fn run(&self, records: Vec<(usize, Input)>, start: Start) {
        if records.is_empty() {
            return;
        }
        let schema = match self.context.schema().await {
            Ok(schema) => schema,
            Err(error) => return self.fail_all(records, &error),
        };
        let domain_form = self.context.workspace.domain_form();
        let rules = Rules::new(self.seed, &self.context.options, schema, domain_form);
        let mut members = self.prepare(&rules, records);
        self.begin(&rules, &mut members, start).await;
        let sending = match start {
            Start::Alone => Sending::Alone,
            Start::Together => Sending::Together { is_last_try: false },
        };
        let mut group = Group::new(self, rules, sending);
        // What is known of the members already may be the end of some.
        let mut all: Vec<&mut Member> = members.iter_mut().collect();
        group.settle(&mut all).await;
        if start == Start::Together {
            go_together(&mut group, &mut members).await;
        }
        self.go_alone(&group.rules, members).await;
    }

    fn prepare(&self, rules: &Rules, records: Vec<(usize, Input)>) -> Vec<Member> {
        let mut members = Vec::with_capacity(records.len());
        for (at, input) in records {
            let external_id = input.external_id().to_owned();
            if let Some(error) = self.listener.refused(at) {
                self.fail(at, external_id, error);
                continue;
            }
            match Upsert::new(rules, input) {
                Ok(upsert) => members.push(Member { at, upsert }),
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

    fn fail_all(&self, records: Vec<(usize, Input)>, error: &CrmError) {
        for (at, input) in records {
            self.fail(at, input.external_id().to_owned(), error.clone());
        }
    }

    /// Tells the records what is remembered of them.
    async fn begin(&self, rules: &Rules, members: &mut [Member], start: Start) {
        let (mut recalled, failure) = self.recall(rules, members, start).await;
        if let (Some(message), Some(first)) = (failure, members.first_mut()) {
            // A store serves all of them: its failure is told once, with the first record that it concerns.
            first.upsert.warn_store(&message);
        }
        for member in members {
            let known = recalled.remove(member.upsert.input.external_id());
            let seen = self.recall_row(&member.upsert);
            let recalled = Recalled {
                holds_domain: seen.holds_domain,
                other_name: seen.other_name,
                ..known.unwrap_or_default()
            };
            member.upsert.begin(rules, recalled, start);
        }
    }

    /// What memory and store know of the records.
    async fn recall(
        &self,
        rules: &Rules,
        members: &[Member],
        start: Start,
    ) -> (HashMap<String, Recalled>, Option<String>) {
        let mut known = HashMap::new();
        let mut failure = None;
        if !rules.call.use_cache {
            return (known, failure);
        }
        if start == Start::Together || rules.unchanged == Unchanged::Skip {
            match self.recall_together(members).await {
                Ok(found) => known = found,
                Err(message) => failure = Some(message),
            }
        }
        if start == Start::Alone {
            for member in members {
                let external_id = member.upsert.input.external_id();
                let last = known.remove(external_id);
                match self.recall_alone(rules, &member.upsert, last).await {
                    Ok(Some(recalled)) => drop(known.insert(external_id.to_owned(), recalled)),
                    Ok(None) => {}
                    Err(message) => failure = Some(message),
                }
            }
        }
        (known, failure)
    }

    /// What is remembered of many, with the hash of what was written last.
    async fn recall_together(
        &self,
        members: &[Member],
    ) -> Result<HashMap<String, Recalled>, String> {
        let context = self.context;
        let ids: Vec<String> = members
            .iter()
            .map(|member| member.upsert.input.external_id().to_owned())
            .collect();
        let found = context.recall_many(self.seed.kind, &ids).await?;
        let recalled = found.into_iter().map(|(external_id, found)| {
            let is_hash_fresh = context.is_hash_fresh(found.written_at_ms);
            let ttl_ms = context.options.cache_ttl_ms;
            let is_fresh = is_fresh(found.written_at_ms, ttl_ms, context.now_ms());
            let recalled = Recalled {
                is_proven: context.is_proven(&found) && (is_fresh || !found.is_answered),
                id: Some(found.crm_id.to_string()),
                unchanged_hash: found.hash.filter(|_| is_hash_fresh),
                ..Recalled::default()
            };
            (external_id, recalled)
        });
        Ok(recalled.collect())
    }

    /// What is remembered of one whose next write may go to its row unseen: only what is fresh counts, unless `last`, what
    /// was written last, says that it need not be written at all.
    async fn recall_alone(
        &self,
        rules: &Rules,
        upsert: &Upsert,
        last: Option<Recalled>,
    ) -> Result<Option<Recalled>, String> {
        let is_unchanged = |last: &Recalled| last.unchanged_hash == Some(upsert.hash(rules));
        let skips = rules.unchanged == Unchanged::Skip;
        if let Some(unchanged) = last.filter(|last| skips && is_unchanged(last)) {
            return Ok(Some(unchanged));
        }
        let context = self.context;
        let found = context
            .recall(self.seed.kind, upsert.input.external_id())
            .await?;
        Ok(found.map(|found| Recalled {
            is_proven: context.is_proven(&found),
            id: Some(found.crm_id.to_string()),
            ..Recalled::default()
        }))
    }

    /// What the record's row was last seen to hold.
    fn recall_row(&self, upsert: &Upsert) -> Recalled {
        let external_id = upsert.input.external_id();
        let mapped = upsert.mapped();
        let unique = mapped.unique_value.as_ref();
        let domains = &self.context.scope.domains;
        let is_company = self.seed.kind == ObjectKind::Company;
        let flat_name = mapped.flat_name.as_deref();
        Recalled {
            holds_domain: is_company
                && unique.is_some_and(|it| domains.holds(external_id, &it.spellings)),
            other_name: flat_name
                .is_some_and(|name| self.context.knows_other_name(external_id, name)),
            ..Recalled::default()
        }
    }

    /// Takes what is open on by requests of its own. Those that want one and the same e-mail or domain go one after the
    /// other: the first of them is to have it.
    async fn go_alone(&self, rules: &Rules, members: Vec<Member>) {
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
            ways.push(Box::pin(self.go_in_line(rules, line)));
        }
        join_all(ways).await;
    }

    async fn go_in_line(&self, rules: &Rules, line: Vec<Member>) {
        for mut member in line {
            let mut group = Group::new(self, rules.clone(), Sending::Alone);
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
        let revision = group.rules.schema().revision;
        group.round(&mut open).await;
        if group.rules.schema().revision != revision && rounds_for_schema > 0 {
            rounds_for_schema -= 1;
        } else {
            rounds_left -= 1;
        }
    }
}
