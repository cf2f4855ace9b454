//! What is asked for all records of a way at once: their rows, the companies that they name, further addresses.

use crate::core::error::CrmError;
use crate::core::sync::further_emails::FurtherRows;
use crate::core::sync::record::notices;
use crate::core::sync::record::row::Row;
use crate::core::sync::record::upsert::{Next, Step, Upsert};
use crate::core::sync::requests;

use super::companies::Maker;
use super::leg::{Company, Leg, Member};
use super::row_index::Seen;

/// What one round asks.
struct Asked {
    rows: Vec<Row>,
    /// Whether the records' own rows were asked for.
    with_rows: bool,
    looked_at: u64,
}

impl Leg<'_> {
    /// Looks up whoever wants it, and the companies that are named, in one request.
    pub async fn look_up(&mut self, members: &mut [&mut Member]) -> Seen {
        let names_company = self.note_companies(members);
        if names_company && let Err(message) = self.recall_companies().await {
            // A store serves all of them: its failure is told once, with the first record that it concerns.
            if let Some(member) = members.iter_mut().find(|it| !it.upsert.is_done()) {
                member.upsert.warn_store(&message);
            }
        }
        let asked = loop {
            match self.ask(members, names_company).await {
                Ok(asked) => break asked,
                Err(error) if self.watch.explains(&error).await => self.follow_schema(members),
                Err(error) => {
                    self.look_up_failed(members, &error);
                    return Seen::default();
                }
            }
        };
        if names_company {
            self.link(members, asked.with_rows).await;
        }
        if asked.with_rows {
            let seen = Seen(asked.rows);
            self.tell_rows(members, &seen, asked.looked_at);
            return seen;
        }
        Seen::default()
    }

    fn note_companies(&mut self, members: &mut [&mut Member]) -> bool {
        let mut names_company = false;
        for member in members.iter() {
            if let (Step::Company { is_fresh, .. }, Some(company)) =
                (member.upsert.step(), member.upsert.company())
            {
                names_company = true;
                self.companies.note(company);
                if *is_fresh {
                    self.companies.forget(company);
                }
            }
        }
        if names_company {
            for member in members.iter_mut() {
                let name = member
                    .upsert
                    .company()
                    .and_then(|it| self.companies.name_of(it));
                if let Some(name) = name.map(str::to_owned) {
                    member.upsert.name_company(name);
                }
            }
        }
        names_company
    }

    async fn recall_companies(&mut self) -> Result<(), String> {
        self.companies.recall(self.trip.context, &self.rules).await
    }

    async fn ask(
        &mut self,
        members: &[&mut Member],
        names_company: bool,
    ) -> Result<Asked, CrmError> {
        let companies = match names_company {
            true => self.companies.query(&self.rules)?,
            false => None,
        };
        let has_companies = companies.is_some();
        let mut query = self.rules.query(self.rules.kind);
        for member in members {
            // A record that is looked for alone shares the request that its company takes anyway.
            if wants_rows(
                &member.upsert,
                has_companies || self.company != Company::Alone,
            ) {
                member.upsert.ask(&mut query);
            }
        }
        let with_rows = !query.is_empty();
        let queries: Vec<_> = with_rows
            .then_some(query)
            .into_iter()
            .chain(companies)
            .collect();
        let context = self.trip.context;
        let looked_at = context.workspace.row_locks.now();
        if queries.is_empty() {
            let rows = Vec::new();
            return Ok(Asked {
                rows,
                with_rows,
                looked_at,
            });
        }
        let mut answers = requests::look_up(&context.http, queries).await?.into_iter();
        let rows = match with_rows {
            true => answers.next().unwrap_or_default(),
            false => Vec::new(),
        };
        if has_companies {
            let found = answers.next().unwrap_or_default();
            context.learn_domain_form(crate::core::twenty::ids::ObjectKind::Company, &[], &found);
            self.companies.found(context, &self.rules, &found);
        }
        Ok(Asked {
            rows,
            with_rows,
            looked_at,
        })
    }

    /// Companies are written before the people who need them.
    async fn link(&mut self, members: &mut [&mut Member], with_rows: bool) {
        let context = self.trip.context;
        self.companies.revive_deleted(context, &self.rules).await;
        if self.rules.is_dry {
            self.companies.foresee_open(&self.rules);
        } else {
            let maker = Maker {
                context,
                rules: &self.rules,
                make_company: self.trip.make_company,
            };
            self.companies.make_missing(maker, &mut self.watch).await;
        }
        for member in members.iter_mut() {
            let upsert = &mut member.upsert;
            let (Step::Company { next, .. }, Some(company)) = (upsert.step(), upsert.company())
            else {
                continue;
            };
            let is_seen = with_rows && !matches!(next, Next::Remembered(_));
            let company = company.external_id.clone();
            let link = match self.rules.is_dry && self.companies.will_exist(&company) {
                true => Ok(None),
                false => {
                    let person = upsert.input.external_id();
                    self.companies.link(&company, person).map(Some)
                }
            };
            upsert.tell_link(&self.rules, link, is_seen);
        }
    }

    fn tell_rows(&mut self, members: &mut [&mut Member], seen: &Seen, looked_at: u64) {
        let context = self.trip.context;
        let asking = |member: &&mut Member| matches!(member.upsert.step(), Step::LookUp);
        let own_ids: Vec<String> = members
            .iter()
            .filter(|member| asking(member))
            .flat_map(|member| member.upsert.own_ids().iter().cloned())
            .collect();
        context.learn_domain_form(self.rules.kind, &own_ids, &seen.0);
        let index = seen.index(&self.rules);
        for member in members.iter_mut().filter(|member| asking(member)) {
            let rows = index.rows_of(&member.upsert);
            member.upsert.tell_rows(&self.rules, &rows, looked_at);
        }
    }

    fn look_up_failed(&mut self, members: &mut [&mut Member], error: &CrmError) {
        for member in members.iter_mut() {
            let upsert = &mut member.upsert;
            if !matches!(upsert.step(), Step::LookUp | Step::Company { .. }) {
                continue;
            }
            match self.trip.falls_back_after(error) && self.company != Company::Alone {
                true => upsert.go_alone(&self.rules),
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
        let FurtherRows { rows, told } = self.trip.context.further_rows(&asked).await;
        if let Some(message) = told {
            let upsert = &mut members[first].upsert;
            let warning = notices::emails_unread(upsert.input.external_id(), &message);
            upsert.warn(warning);
        }
        for (place, rows) in places.into_iter().zip(rows) {
            members[place].upsert.tell_further_rows(&self.rules, rows);
        }
    }

    /// One look without repeats for each record whose answer was lost.
    pub async fn confirm(&self, members: &mut [&mut Member]) {
        for member in members.iter_mut() {
            if !matches!(member.upsert.step(), Step::Confirm) {
                continue;
            }
            let mut query = self.rules.query(self.rules.kind);
            member.upsert.ask(&mut query);
            let found = requests::look_up_once(&self.trip.context.http, query).await;
            let rows = found.ok();
            let rows: Option<Vec<&Row>> = rows.as_ref().map(|rows| rows.iter().collect());
            member
                .upsert
                .tell_confirmation(&self.rules, rows.as_deref());
        }
    }
}

/// Whether a record's rows are asked for; `in_any_case` where a request is sent anyway.
fn wants_rows(upsert: &Upsert, in_any_case: bool) -> bool {
    match upsert.step() {
        Step::LookUp => true,
        Step::Company { next, .. } => in_any_case && !matches!(next, Next::Remembered(_)),
        _ => false,
    }
}
