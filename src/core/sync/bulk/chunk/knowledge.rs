//! What is known of a chunk: remembered, looked up, and which companies its people name.

use std::collections::HashMap;

use uuid::Uuid;

use crate::core::error::CrmError;
use crate::core::sync::bulk::item::Status;
use crate::core::sync::bulk::schema_watch::SchemaWatch;
use crate::core::sync::mappings::entry::Entry;
use crate::core::sync::requests::{self, Record};
use crate::core::sync::upsert::{emails_unread, store_failed};
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::schema::WorkspaceSchema;

use super::Chunk;

impl Chunk<'_> {
    /// What memory and store know of the open items.
    pub(super) async fn recall(&mut self, schema: &WorkspaceSchema) -> HashMap<String, Entry> {
        if !self.options.call.use_cache {
            return HashMap::new();
        }
        let ids: Vec<String> = self
            .open()
            .into_iter()
            .map(|item| self.items[item].input.external_id().to_owned())
            .collect();
        let people = self.service.recall_many(self.kind, &ids).await;
        let companies = self
            .companies
            .recall(self.service, schema, &self.options.call)
            .await;
        for failure in [people.as_ref().err(), companies.as_ref().err()]
            .into_iter()
            .flatten()
        {
            self.warn_store(failure);
        }
        let remembered = people.unwrap_or_default();
        for item in &mut self.items {
            if let (Some(mapped), Some(known)) =
                (&mut item.mapped, remembered.get(item.input.external_id()))
            {
                let id = known.crm_id.to_string();
                mapped.remembered = Some(id.clone());
                if !mapped.own_ids.contains(&id) {
                    mapped.own_ids.push(id);
                }
            }
        }
        remembered
    }

    /// A store serves a whole chunk: its failure is told once, with the first record that it concerns.
    pub(super) fn warn_store(&mut self, message: &str) {
        if let Some(item) = self.items.iter_mut().find(|item| item.outcome.is_none()) {
            let warning = store_failed(item.input.external_id(), message);
            item.warnings.push(warning);
        }
    }

    pub(super) fn skip_unchanged(&mut self, remembered: &HashMap<String, Entry>) {
        if self.options.force || self.options.verify_unchanged {
            return;
        }
        for at in self.open() {
            let Some(mapped) = &self.items[at].mapped else {
                continue;
            };
            let external_id = self.items[at].input.external_id();
            let known = remembered
                .get(external_id)
                .filter(|known| self.service.is_unchanged(known, mapped.hash));
            if let Some(known) = known {
                let id = known.crm_id.to_string();
                if let Some(schema) = &self.schema {
                    self.note_known(at, schema);
                }
                self.leave_unchanged(at, id);
            }
        }
    }

    /// The row holds what would be written: the caller gets what was written last.
    pub(super) fn leave_unchanged(&mut self, at: usize, id: String) {
        let Some(schema) = self.schema.clone() else {
            return;
        };
        if let Some(mapped) = &self.items[at].mapped {
            let data = self.entity(&schema, at, &mapped.record.fields);
            self.items[at].finish(Status::Unchanged, id, data);
        }
    }

    /// All rows that carry a key of an open item; the first time also the companies that people name.
    pub(super) async fn look_up(
        &mut self,
        schema: &WorkspaceSchema,
        with_companies: bool,
    ) -> Result<Vec<Record>, CrmError> {
        self.find_further_rows().await;
        let mut query = self.service.query(self.kind, schema);
        let mut own_ids = Vec::new();
        for at in self.open() {
            if let Some(mapped) = &self.items[at].mapped {
                query.add(&mapped.record);
                let further = mapped
                    .own_ids
                    .iter()
                    .filter_map(|id| Uuid::parse_str(id).ok());
                query
                    .ids
                    .extend(further.filter(|id| *id != mapped.record.id));
                query.ids.extend(&mapped.further_rows);
                own_ids.extend(mapped.own_ids.iter().cloned());
            }
        }
        let companies = match with_companies {
            true => self.companies.query(self.service, schema)?,
            false => None,
        };
        let asks_companies = companies.is_some();
        let queries = std::iter::once(query).chain(companies).collect();
        self.looked_at = self.service.workspace.row_locks.now();
        let mut answers = requests::look_up(&self.service.http, queries)
            .await?
            .into_iter();
        let rows = answers.next().unwrap_or_default();
        if asks_companies {
            let found = answers.next().unwrap_or_default();
            self.companies.found(self.service, schema, &found);
        }
        self.service.learn_domain_form(self.kind, &own_ids, &rows);
        Ok(rows)
    }

    /// Which rows may have the e-mails of people who are not known yet beside their primary ones.
    async fn find_further_rows(&mut self) {
        let mut asked = Vec::new();
        for at in self.open() {
            let mapped = self.items[at].mapped.as_ref();
            let unknown = mapped.filter(|mapped| {
                let is_open = mapped.further_rows.is_empty() && !mapped.without_unique;
                is_open && mapped.remembered.is_none() && self.kind == ObjectKind::Person
            });
            if let Some(unique) = unknown.and_then(|mapped| mapped.record.unique_value.as_ref()) {
                asked.push((at, unique.identity.clone()));
            }
        }
        let Some(&(first, _)) = asked.first() else {
            return;
        };
        let addresses: Vec<&str> = asked.iter().map(|(_, address)| address.as_str()).collect();
        let found = self.service.further_rows(&addresses).await;
        if let Some(message) = found.told {
            let item = &mut self.items[first];
            let warning = emails_unread(item.input.external_id(), &message);
            item.warnings.push(warning);
        }
        for ((at, _), rows) in asked.into_iter().zip(found.rows) {
            if let Some(mapped) = &mut self.items[at].mapped {
                mapped.further_rows = rows;
            }
        }
    }

    /// Companies are written before the people who need them.
    pub(super) async fn link_people(
        &mut self,
        schema: &WorkspaceSchema,
        watch: &mut SchemaWatch<'_>,
    ) {
        let (service, call) = (self.service, self.options.call);
        match self.options.dry_run {
            true => {
                self.companies.foresee_deleted(service).await;
                self.companies.foresee_open(service, schema);
            }
            false => {
                self.companies
                    .make_missing(service, schema, &call, watch)
                    .await;
            }
        }
        for at in self.open() {
            let item = &mut self.items[at];
            let Some(mapped) = &mut item.mapped else {
                continue;
            };
            let Some(company) = mapped.record.company.one() else {
                continue;
            };
            let company = company.external_id.as_str();
            if self.options.dry_run && self.companies.will_exist(company) {
                continue;
            }
            match self.companies.link(company, item.input.external_id()) {
                Ok((link, warnings)) => {
                    mapped.is_complete &= link.is_set();
                    mapped.link = link;
                    item.warnings.extend(warnings);
                }
                Err(error) => item.fail(error),
            }
        }
    }
}
