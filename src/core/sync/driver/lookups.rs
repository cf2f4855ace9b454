//! What is asked for all records of a group at once: their rows, the companies that they name, further addresses.

use std::collections::HashSet;
use std::sync::Arc;

use crate::core::error::CrmError;
use crate::core::sync::further_emails::FurtherRows;
use crate::core::sync::record::notices;
use crate::core::sync::record::row::Row;
use crate::core::sync::record::upsert::{Next, Step, Upsert};
use crate::core::sync::requests;
use crate::core::twenty::ids::ObjectKind;

use super::companies::Maker;
use super::group::{Group, Member, Sending, Terms};
use super::pipeline::{Question, Shared, Unshared, join};
use super::recent_writes::RecentWrites;
use super::row_index::Seen;

impl Group<'_> {
    /// Looks up whoever wants it, and the companies that are named, in one request.
    pub async fn look_up(&mut self, members: &mut [&mut Member]) -> Arc<Shared> {
        let names_company = self.note_companies(members);
        if names_company {
            self.recall_companies(members).await;
        }
        let (shared, with_rows) = loop {
            match self.ask(members, names_company).await {
                Ok(asked) => break asked,
                Err(error) if self.watch.explains(&error).await => self.follow_schema(members),
                Err(error) => {
                    self.look_up_failed(members, &error);
                    return Arc::default();
                }
            }
        };
        if let Err(error) = self.take_slot().await {
            self.look_up_failed(members, &error);
            return shared;
        }
        if names_company {
            self.find_companies(&shared.companies);
            self.link(members, with_rows).await;
        }
        if with_rows {
            self.tell_rows(members, &shared);
        }
        shared
    }

    /// Waits for the right to write, where there is a line for it.
    async fn take_slot(&mut self) -> Result<(), CrmError> {
        if let (Some(pipeline), None, false) = (self.job.pipeline, &self.slot, self.common().is_dry)
        {
            self.slot = Some(pipeline.enter_write().await?);
        }
        Ok(())
    }

    fn note_companies(&mut self, members: &mut [&mut Member]) -> bool {
        let mut names_company = false;
        for member in members.iter() {
            if let (Step::Company { is_fresh, .. }, Some(company)) =
                (member.upsert.step(), member.upsert.company())
            {
                names_company = true;
                let terms = &self.terms[member.way];
                let companies = &mut self.companies[terms.companies];
                companies.note(company, terms.rules.call);
                if *is_fresh {
                    companies.forget(company);
                }
            }
        }
        if names_company {
            for member in members.iter_mut() {
                let companies = &self.companies[self.terms[member.way].companies];
                let company = member.upsert.company();
                let name = company.and_then(|it| companies.name_of(it));
                if let Some(name) = name.map(str::to_owned) {
                    member.upsert.name_company(name);
                }
            }
        }
        names_company
    }

    async fn recall_companies(&mut self, members: &mut [&mut Member]) {
        for at in 0..self.companies.len() {
            let terms = terms_for(&self.terms, at);
            let recalled = self.companies[at].recall(terms.context, &terms.rules).await;
            if let Err(message) = recalled {
                // A store serves all of them: its failure is told once, with the first record that it concerns.
                let concerns = |it: &&mut &mut Member| {
                    self.terms_of(it).companies == at && !it.upsert.is_done()
                };
                if let Some(member) = members.iter_mut().find(concerns) {
                    member.upsert.warn_store(&message);
                }
            }
        }
    }

    fn find_companies(&mut self, found: &Seen) {
        let mut own_ids = Vec::new();
        for (at, companies) in self.companies.iter_mut().enumerate() {
            let terms = terms_for(&self.terms, at);
            own_ids.extend(companies.chosen_ids(&terms.rules));
            companies.found(terms.context, &terms.rules, found);
        }
        let workspace = &self.job.context.workspace;
        workspace.learn_domain_form(&own_ids, found.rows());
    }

    /// What is shown, and whether the records' own rows were asked for.
    async fn ask(
        &mut self,
        members: &[&mut Member],
        names_company: bool,
    ) -> Result<(Arc<Shared>, bool), CrmError> {
        let question = self.question(members, names_company)?;
        let with_rows = question.own.is_some();
        let shared = match self.job.pipeline {
            _ if question.is_empty() => Arc::default(),
            Some(pipeline) if self.sending != Sending::Alone => {
                match pipeline.look_up(question).await {
                    Ok(shared) => shared,
                    Err(Unshared::Failed(error)) => return Err(error),
                    Err(Unshared::Apart) => {
                        let question = self.question(members, names_company)?;
                        Arc::new(question.ask(self.job.context).await?.0)
                    }
                }
            }
            _ => Arc::new(question.ask(self.job.context).await?.0),
        };
        self.asked_at = shared.asked_at;
        Ok((shared, with_rows))
    }

    fn question(&self, members: &[&mut Member], names_company: bool) -> Result<Question, CrmError> {
        let mut companies = None;
        if names_company {
            for (at, named) in self.companies.iter().enumerate() {
                join(
                    &mut companies,
                    named.query(&terms_for(&self.terms, at).rules)?,
                );
            }
        }
        // A record that is looked for alone shares the request that its company takes anyway.
        let in_any_case = companies.is_some() || self.sending != Sending::Alone;
        let mut own = self.common().query(self.common().kind);
        for member in members {
            if wants_rows(&member.upsert, in_any_case) {
                member.upsert.ask(&mut own);
            }
        }
        Ok(Question {
            own: (!own.is_empty()).then_some(own),
            companies,
            is_urgent: self.slot.is_some(),
        })
    }

    /// Companies are written before the people who need them.
    async fn link(&mut self, members: &mut [&mut Member], with_rows: bool) {
        let (is_stale, is_dry) = (self.is_stale(), self.common().is_dry);
        let mut wanted = HashSet::new();
        for (at, companies) in self.companies.iter_mut().enumerate() {
            let Terms { context, rules, .. } = terms_for(&self.terms, at);
            companies.revive_deleted(context, rules).await;
            if is_dry {
                companies.foresee_open(rules);
                continue;
            }
            let maker = Maker {
                context,
                rules,
                make_company: self.job.make_company,
                is_stale,
            };
            companies
                .make_missing(maker, &mut wanted, &mut self.watch)
                .await;
        }
        for member in members.iter_mut() {
            let Terms {
                rules, companies, ..
            } = &self.terms[member.way];
            let companies = &mut self.companies[*companies];
            let upsert = &mut member.upsert;
            let (Step::Company { next, .. }, Some(company)) = (upsert.step(), upsert.company())
            else {
                continue;
            };
            let is_seen = with_rows && !matches!(next, Next::Remembered(_));
            let company = company.external_id.clone();
            let link = match is_dry && companies.will_exist(&company) {
                true => Ok(None),
                false => {
                    let person = upsert.input.external_id();
                    companies.link(&company, person).map(Some)
                }
            };
            upsert.tell_link(rules, link, is_seen);
        }
    }

    fn tell_rows(&mut self, members: &mut [&mut Member], shared: &Shared) {
        let (context, kind) = (self.job.context, self.common().kind);
        let (seen, looked_at) = (&shared.own, shared.looked_at);
        let asking = |member: &&mut Member| matches!(member.upsert.step(), Step::LookUp);
        let is_company = kind == ObjectKind::Company;
        let (mut own_ids, mut told): (Vec<String>, Vec<&Row>) = Default::default();
        let recent = context.http.workspace().extension(RecentWrites::default);
        let is_shared = self.job.pipeline.is_some() && recent.is_read();
        for member in members.iter_mut().filter(|member| asking(member)) {
            let upsert = &mut member.upsert;
            let rows = seen.rows_of(upsert);
            if is_company {
                own_ids.extend_from_slice(upsert.own_ids());
                told.extend(&rows);
            }
            let newer: Vec<Option<Row>> = match is_shared {
                true => rows
                    .iter()
                    .map(|row| recent.newer(kind, row, looked_at))
                    .collect(),
                false => vec![None; rows.len()],
            };
            let rows: Vec<&Row> = rows
                .into_iter()
                .zip(&newer)
                .map(|(row, newer)| newer.as_ref().unwrap_or(row))
                .collect();
            upsert.tell_rows(&self.terms[member.way].rules, &rows, looked_at);
            if newer.iter().any(Option::is_some) && upsert.takes_from_others() {
                // Somebody else's row must have been looked at after our last write to it.
                upsert.wait_for_other();
            }
        }
        context.workspace.learn_domain_form(&own_ids, told);
    }

    fn look_up_failed(&mut self, members: &mut [&mut Member], error: &CrmError) {
        for member in members.iter_mut() {
            let rules = &self.terms[member.way].rules;
            let upsert = &mut member.upsert;
            if !matches!(upsert.step(), Step::LookUp | Step::Company { .. }) {
                continue;
            }
            let may_fall_back = self.sending != Sending::Alone && upsert.is_unwritten();
            match may_fall_back && self.job.falls_back_after(error) {
                true => upsert.go_alone(rules),
                false => upsert.fail(error.clone()),
            }
        }
    }

    /// Which rows may have the e-mails of people beside their primary ones.
    pub async fn ask_further_rows(&self, members: &mut [&mut Member]) {
        let mut places = Vec::new();
        let mut addresses = Vec::new();
        for (place, member) in members.iter().enumerate() {
            if let Some(address) = member.upsert.further_address() {
                places.push(place);
                addresses.push(address.to_owned());
            }
        }
        let Some(&first) = places.first() else {
            return;
        };
        let asked: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let FurtherRows { rows, told } = self.job.context.further_rows(&asked).await;
        if let Some(message) = told {
            let upsert = &mut members[first].upsert;
            let warning = notices::emails_unread(upsert.input.external_id(), &message);
            upsert.warn(warning);
        }
        for (place, rows) in places.into_iter().zip(rows) {
            let member = &mut *members[place];
            let rules = &self.terms[member.way].rules;
            member.upsert.tell_further_rows(rules, rows);
        }
    }

    /// One look without repeats for each record whose answer was lost.
    pub async fn confirm(&self, members: &mut [&mut Member]) {
        for member in members.iter_mut() {
            if !matches!(member.upsert.step(), Step::Confirm) {
                continue;
            }
            let Terms { context, rules, .. } = self.terms_of(member);
            let mut query = rules.query(rules.kind);
            member.upsert.ask(&mut query);
            let found = requests::look_up_once(&context.http, query).await;
            let rows = found.ok();
            let rows: Option<Vec<&Row>> = rows.as_ref().map(|rows| rows.iter().collect());
            let rules = &self.terms[member.way].rules;
            member.upsert.tell_confirmation(rules, rows.as_deref());
        }
    }
}

/// What the people go by who name the companies at this place.
fn terms_for<'t, 'j>(terms: &'t [Terms<'j>], companies: usize) -> &'t Terms<'j> {
    let of_these = terms.iter().find(|terms| terms.companies == companies);
    of_these.unwrap_or(&terms[0])
}

/// Whether a record's rows are asked for; `in_any_case` where a request is sent anyway.
fn wants_rows(upsert: &Upsert, in_any_case: bool) -> bool {
    match upsert.step() {
        Step::LookUp => true,
        Step::Company { next, .. } => in_any_case && !matches!(next, Next::Remembered(_)),
        _ => false,
    }
}
