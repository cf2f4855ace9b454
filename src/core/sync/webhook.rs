//! Updates the caches from Twenty's webhook events, without requests. What may be wrong is forgotten, and the next
//! write looks it up again.

use serde::Serialize;

use crate::core::error::CrmError;
use crate::core::twenty::ids::{ObjectKind, caller_external_id};
use crate::core::twenty::jwt_claims::JwtClaims;
use crate::core::twenty::warning::SyncWarning;
use crate::core::twenty::webhook::{Carried, Change, WebhookEvent};

use super::context::SyncContext;
use super::mappings::stored_version::entry_of;
use super::record::notices::store_failed;
use found::{Found, ended_version};

mod found;
mod heal;

/// What was done, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Nothing.
    Ignored,
    /// The next write of the record is sent, even if it is the same as the last one.
    HashForgotten,
    /// The record's id was remembered.
    MappingRemembered,
    /// The record's id was forgotten: the next write looks the record up, and creates it if it is missing.
    MappingForgotten,
}

/// What an event changed, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Applied {
    /// What was done.
    pub action: Action,
    /// The reason.
    pub reason: &'static str,
    /// `person` or `company`; `None` for other objects.
    pub object_type: Option<&'static str>,
    /// The CRM id of the event's record.
    pub crm_id: String,
    /// The external id that the record has now, if it is one of this service's.
    pub external_id: Option<String>,
    /// The external ids for which something was forgotten or remembered.
    pub external_ids: Vec<String>,
    /// Whether the mapping store failed: it may then still have what should be forgotten.
    pub store_failed: bool,
}

/// What was done for one external id.
#[derive(Clone, Debug)]
struct Step {
    action: Action,
    reason: &'static str,
    store_failure: Option<String>,
}

impl Step {
    fn ignored(reason: &'static str) -> Self {
        Self::done(Action::Ignored, reason, Ok(()))
    }

    fn done(action: Action, reason: &'static str, stored: Result<(), String>) -> Self {
        Self {
            action,
            reason,
            store_failure: stored.err(),
        }
    }
}

impl SyncContext {
    /// Parses an event with the service's field names.
    ///
    /// # Errors
    /// VALIDATION_ERROR with field `event`.
    pub(super) fn read_webhook(&self, json: &str) -> Result<WebhookEvent, CrmError> {
        WebhookEvent::parse(json, &self.options.field_names)
    }

    /// See [`SyncService::apply_webhook`](super::sync_service::SyncService::apply_webhook).
    pub(super) async fn apply_webhook(
        &self,
        event: WebhookEvent,
    ) -> Result<(Applied, Vec<SyncWarning>), CrmError> {
        let mut applied = Applied {
            action: Action::Ignored,
            reason: "other_object",
            object_type: event.kind.map(ObjectKind::singular),
            crm_id: event.crm_id.to_string(),
            external_id: None,
            external_ids: Vec::new(),
            store_failed: false,
        };
        let Some(kind) = event.kind else {
            return Ok((applied, Vec::new()));
        };
        if self.is_of_other_workspace(&event) {
            applied.reason = "other_workspace";
            return Ok((applied, Vec::new()));
        }
        let namespace = self.options.namespace.as_deref();
        if let Carried::Stored(stored) = &event.carried {
            let own = caller_external_id(namespace, stored);
            applied.external_id = own.map(str::to_owned);
        }
        applied.reason = match (&event.carried, &applied.external_id) {
            (Carried::Stored(_), None) => "other_namespace",
            (Carried::Nothing, _) => "no_external_id",
            _ => "not_mapped",
        };
        let mut warnings = Vec::new();
        let mut concerned: Vec<String> = applied.external_id.iter().cloned().collect();
        if self.must_look_back(&event, applied.external_id.is_some()) {
            match self.mapped_to(kind, &event).await {
                Ok(found) => concerned.extend(found.filter(|id| !concerned.contains(id))),
                Err(message) => {
                    applied.store_failed = true;
                    warnings.push(store_failed(&applied.crm_id, &message));
                }
            }
        }
        for external_id in concerned {
            let step = self.apply_in_turn(kind, &external_id, &event).await?;
            if let Some(message) = step.store_failure {
                applied.store_failed = true;
                warnings.push(store_failed(&external_id, &message));
            }
            if step.action >= applied.action {
                applied.action = step.action;
                applied.reason = step.reason;
            }
            if step.action > Action::Ignored {
                applied.external_ids.push(external_id);
            }
        }
        Ok((applied, warnings))
    }

    /// Ids are derived from external ids, so records of two workspaces may have the same id.
    fn is_of_other_workspace(&self, event: &WebhookEvent) -> bool {
        let claims = JwtClaims::read(self.http.config().api_key.expose());
        let own = claims.and_then(|claims| claims.workspace_id);
        match (own, &event.workspace_id) {
            (Some(own), Some(theirs)) => !own.eq_ignore_ascii_case(theirs),
            _ => false,
        }
    }

    /// Whether the store must be asked which external id is mapped to the row, because the row does not say. Most
    /// events are about rows that were never ours; they should not cost a store look-up.
    fn must_look_back(&self, event: &WebhookEvent, carries_own: bool) -> bool {
        match event.change {
            _ if event.carried == Carried::Nowhere => true,
            Change::Deleted | Change::Destroyed => !carries_own,
            Change::Written => event.may_have_moved(&self.options.field_names),
            Change::Restored => false,
        }
    }

    async fn mapped_to(
        &self,
        kind: ObjectKind,
        event: &WebhookEvent,
    ) -> Result<Option<String>, String> {
        if let Some(external_id) = self.scope.cache.find_by_crm_id(kind, event.crm_id) {
            return Ok(Some(external_id));
        }
        let Some(store) = &self.store else {
            return Ok(None);
        };
        let found = store
            .find_by_crm_id(&event.crm_id.to_string(), kind)
            .await?;
        Ok(found.map(|found| found.mapping.ever_id))
    }

    async fn apply_in_turn(
        &self,
        kind: ObjectKind,
        external_id: &str,
        event: &WebhookEvent,
    ) -> Result<Step, CrmError> {
        let (context, id, event) = (self.clone(), external_id.to_owned(), event.clone());
        let key = (kind, id.clone());
        self.in_exclusive_turn(key, None, async move {
            Ok(context.apply_to(kind, &id, &event).await)
        })
        .await
    }

    /// Applies the event to one external id, while its queue is held.
    async fn apply_to(&self, kind: ObjectKind, external_id: &str, event: &WebhookEvent) -> Step {
        let rows = &self.scope.deleted_rows;
        if rows.is_later(kind, event.crm_id, ended_version(event)) {
            return Step::ignored("outdated");
        }
        let mut found = Found {
            memory: self.scope.cache.recall(kind, external_id),
            stored: None,
            store_failure: None,
        };
        if let Some(reason) = found.known_before(event) {
            return Step::ignored(reason);
        }
        if let Some(store) = &self.store {
            match store.find(external_id, kind).await {
                Ok(stored) => found.stored = stored.and_then(entry_of),
                Err(message) => found.store_failure = Some(message),
            }
            // Bulk runs do not queue, so one of their answers may have arrived meanwhile.
            found.memory = self.scope.cache.recall(kind, external_id);
        }
        let mut step = match found.known_before(event) {
            Some(reason) => Step::ignored(reason),
            None => self.heal(kind, external_id, event, &found).await,
        };
        step.store_failure = found.store_failure.or(step.store_failure);
        step
    }
}
