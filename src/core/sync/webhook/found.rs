//! What was known of a record before an event, and whether the event is news.

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

/// The version after which nothing more comes for the row. The event of a destroyed row has the time of its last
/// change, so one is added to be later than that change.
pub(super) fn ended_version(event: &WebhookEvent) -> u64 {
    event.version + u64::from(event.change == Change::Destroyed)
}

/// The reason why an event is not news, if it is not: it is the echo of a write whose answer has arrived, or older than
/// that. All times come from the server, to the millisecond, so they can be compared. A destroyed record has the time
/// of its last change, but its deletion is always news.
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
