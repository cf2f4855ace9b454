//! What was known of a record before an event, and whether the event tells anything new.

use crate::core::sync::mappings::entry::Entry;
use crate::core::twenty::ids::CrmId;
use crate::core::twenty::webhook::{Change, WebhookEvent};

/// What was known of a record before the event.
pub(super) struct Found {
    pub(super) memory: Option<Entry>,
    pub(super) stored: Option<Entry>,
    pub(super) store_failure: Option<String>,
}

impl Found {
    fn each(&self) -> impl Iterator<Item = &Entry> {
        [&self.memory, &self.stored].into_iter().flatten()
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.each().next().is_none()
    }

    pub(super) fn leads_to(&self, crm_id: CrmId) -> bool {
        self.each().any(|known| known.crm_id == crm_id)
    }

    pub(super) fn has_stored_hash(&self) -> bool {
        self.stored
            .as_ref()
            .is_some_and(|stored| stored.hash.is_some())
    }

    pub(super) fn known_before(&self, event: &WebhookEvent) -> Option<&'static str> {
        self.each().find_map(|known| known_before(known, event))
    }
}

/// A row that is gone shows the time of its last change, and had no later one.
pub(super) fn ended_version(event: &WebhookEvent) -> u64 {
    event.version + u64::from(event.change == Change::Destroyed)
}

/// Why an event tells nothing new, if it does not: it is the echo of a write whose answer is in, or older than that.
/// Times are the server's own, to the millisecond, so that they can be compared. A destroyed record shows the time of
/// its last change: that it is gone is news all the same.
fn known_before(known: &Entry, event: &WebhookEvent) -> Option<&'static str> {
    let version = known.version?;
    if event.version == 0 {
        return None;
    }
    if event.version < version {
        return Some("outdated");
    }
    (event.version == version && event.change != Change::Destroyed).then_some("own_write")
}
