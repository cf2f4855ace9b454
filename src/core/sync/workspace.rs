//! What this layer keeps of one workspace.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::core::http::Workspace;
use crate::core::twenty::domain::DomainForm;

use super::further_emails::FurtherEmails;
use super::mappings::seen_domains::domain_link;
use super::queue::row_locks::RowLocks;
use super::requests::{Row, id_of};
use super::schema_source::SchemaSource;
use super::scope::Scopes;

/// What this layer keeps in the workspace that the HTTP layer shares per process.
#[derive(Default)]
pub struct SyncWorkspace {
    /// The workspace's schema.
    pub schema: Arc<SchemaSource>,
    /// Who has made which row its own.
    pub row_locks: Arc<RowLocks>,
    /// Which people have which addresses beside their primary ones.
    pub further_emails: FurtherEmails,
    /// What its services share.
    pub scopes: Scopes,
    bare_domains: AtomicU32,
    https_domains: AtomicU32,
}

impl SyncWorkspace {
    /// The one instance that belongs to `workspace`.
    pub fn of(workspace: &Workspace) -> Arc<Self> {
        workspace.extension(Self::default)
    }

    /// How this workspace stores domains, as far as its rows have shown; the bare host otherwise, which is what servers
    /// from 2.38 make of every form and what the sample rows of 2.21 hold.
    pub fn domain_form(&self) -> DomainForm {
        let bare = self.bare_domains.load(Ordering::Relaxed);
        if self.https_domains.load(Ordering::Relaxed) > bare {
            DomainForm::Https
        } else {
            DomainForm::Bare
        }
    }

    /// Learns how this workspace stores domains: counts their forms in these rows of companies, other than those that are
    /// ours.
    pub fn learn_domain_form<'r>(
        &self,
        own_ids: &[String],
        rows: impl IntoIterator<Item = &'r Row>,
    ) {
        let links = rows
            .into_iter()
            .filter(|row| !own_ids.iter().any(|id| id == id_of(row)))
            .filter_map(domain_link);
        for link in links {
            let counter = if link.contains("://") {
                &self.https_domains
            } else {
                &self.bare_domains
            };
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }
}
