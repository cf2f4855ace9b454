//! The sync layer's state of one workspace.

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

/// The sync layer's state of a workspace. It is stored in the workspace object that the HTTP layer shares per process.
#[derive(Default)]
pub struct SyncWorkspace {
    /// The workspace's schema.
    pub schema: Arc<SchemaSource>,
    /// Which record has claimed which row.
    pub row_locks: Arc<RowLocks>,
    /// Which people have which additional addresses.
    pub further_emails: FurtherEmails,
    /// The state that its services share.
    pub scopes: Scopes,
    bare_domains: AtomicU32,
    https_domains: AtomicU32,
}

impl SyncWorkspace {
    /// The one instance that belongs to `workspace`.
    pub fn of(workspace: &Workspace) -> Arc<Self> {
        workspace.extension(Self::default)
    }

    /// How this workspace stores domains, as far as its rows have shown. Otherwise the bare host: servers from 2.38
    /// convert every form to it, and the sample rows of 2.21 have it.
    pub fn domain_form(&self) -> DomainForm {
        let bare = self.bare_domains.load(Ordering::Relaxed);
        if self.https_domains.load(Ordering::Relaxed) > bare {
            DomainForm::Https
        } else {
            DomainForm::Bare
        }
    }

    /// Learns how this workspace stores domains: counts the forms in rows of companies that are not ours.
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
