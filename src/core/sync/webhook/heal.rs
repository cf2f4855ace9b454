//! Applies an event that is news: mappings and hashes that may be wrong are forgotten, restored rows are remembered.

use super::found::{Found, ended_version};
use super::{Action, Step};
use crate::core::sync::context::SyncContext;
use crate::core::sync::mappings::entry::Entry;
use crate::core::sync::mappings::stored_version::write_of;
use crate::core::sync::options::OwnGone;
use crate::core::twenty::ids::{ObjectKind, caller_external_id};
use crate::core::twenty::webhook::{Carried, Change, WebhookEvent};

impl SyncContext {
    /// Applies an event that is news.
    pub(super) async fn heal(
        &self,
        kind: ObjectKind,
        external_id: &str,
        event: &WebhookEvent,
        found: &Found,
    ) -> Step {
        let namespace = self.options.namespace.as_deref();
        let carries = match &event.carried {
            Carried::Nowhere => true,
            Carried::Nothing => false,
            Carried::Stored(stored) => caller_external_id(namespace, stored) == Some(external_id),
        };
        let is_ended = matches!(event.change, Change::Deleted | Change::Destroyed);
        if is_ended {
            self.scope
                .deleted_rows
                .note(kind, event.crm_id, ended_version(event));
        }
        if found.is_nothing() {
            if event.change != Change::Restored || !carries {
                return Step::ignored("not_mapped");
            }
            let stored = self.remember_row(kind, external_id, event).await;
            return Step::done(Action::MappingRemembered, "restored", stored);
        }
        let reason = match event.change {
            Change::Deleted => "deleted",
            Change::Destroyed => "destroyed",
            Change::Restored => "restored",
            Change::Written => "edited",
        };
        let is_mapped_here = found.leads_to(event.crm_id);
        match (is_ended, is_mapped_here, carries) {
            // If the policy is not to create missing rows again, the remembered id is what tells a former record from a
            // new one.
            (true, true, _) if self.options.collisions.own_gone != OwnGone::Create => {
                self.forget_hash(kind, external_id, event, found, reason)
                    .await
            }
            (true, true, _) => self.forget_mapping(kind, external_id, found, reason).await,
            // The external id is on another row now, or this row has another one.
            (false, false, true) | (false, true, false) => {
                self.forget_mapping(kind, external_id, found, "moved").await
            }
            (_, false, _) => Step::ignored("other_row"),
            (false, true, true) if event.spares(kind, &self.options.field_names) => {
                Step::ignored("unmanaged_fields")
            }
            (false, true, true) => {
                self.forget_hash(kind, external_id, event, found, reason)
                    .await
            }
        }
    }

    async fn forget_mapping(
        &self,
        kind: ObjectKind,
        external_id: &str,
        found: &Found,
        reason: &'static str,
    ) -> Step {
        self.forget_seen(kind, external_id);
        let stored = match found.stored {
            Some(_) => self.forget(kind, external_id).await,
            None => {
                self.scope.cache.remove(kind, external_id);
                Ok(())
            }
        };
        Step::done(Action::MappingForgotten, reason, stored)
    }

    /// Keeps the mapping, but forgets the hash of the last write. If there is no mapping, nothing is written.
    async fn forget_hash(
        &self,
        kind: ObjectKind,
        external_id: &str,
        event: &WebhookEvent,
        found: &Found,
        reason: &'static str,
    ) -> Step {
        self.forget_seen(kind, external_id);
        self.scope
            .cache
            .forget_hash(kind, external_id, event.version);
        let is_stored = found.has_stored_hash();
        let is_remembered = found.memory.as_ref().is_some_and(|m| m.hash.is_some());
        if !is_stored && !is_remembered {
            return Step::ignored("nothing_remembered");
        }
        let stored = match is_stored {
            true => self.store_row(kind, external_id, event).await,
            false => Ok(()),
        };
        if stored.is_err() || found.store_failure.is_some() {
            // The store still has the hash. If the event is applied again, it must not be taken for an echo.
            self.scope
                .cache
                .forget_version(kind, external_id, event.version);
        }
        Step::done(Action::HashForgotten, reason, stored)
    }

    /// The row may have another domain or name by now.
    fn forget_seen(&self, kind: ObjectKind, external_id: &str) {
        match kind {
            ObjectKind::Company => self.scope.domains.forget(external_id),
            ObjectKind::Person => self.scope.names.forget(external_id),
        }
    }

    /// The mapping that the event implies; the content of the row is unknown.
    fn entry_of_event(&self, kind: ObjectKind, external_id: &str, event: &WebhookEvent) -> Entry {
        Entry {
            version: Some(event.version),
            ..Entry::answered(kind, external_id, event.crm_id, self.now_ms())
        }
    }

    async fn remember_row(
        &self,
        kind: ObjectKind,
        external_id: &str,
        event: &WebhookEvent,
    ) -> Result<(), String> {
        let entry = self.entry_of_event(kind, external_id, event);
        self.scope.cache.insert(entry);
        self.store_row(kind, external_id, event).await
    }

    /// Writes to the store which row it is, and that its content is unknown.
    async fn store_row(
        &self,
        kind: ObjectKind,
        external_id: &str,
        event: &WebhookEvent,
    ) -> Result<(), String> {
        let Some(store) = &self.store else {
            return Ok(());
        };
        let entry = self.entry_of_event(kind, external_id, event);
        let write = write_of(&entry, "{}".to_owned());
        store.upsert_many(std::slice::from_ref(&write)).await
    }
}
