//! Records whose very text is known to say what was written last. Mapping is what an unchanged record costs most: a phone
//! number alone takes longer than everything here.

use std::num::NonZeroU64;

use crate::core::sync::bulk::item::Status;
use crate::core::twenty::schema::WorkspaceSchema;

use super::Chunk;

impl Chunk<'_> {
    /// The digest of an item's text with all that the mapping depends on beside it.
    fn input_digest(&self, at: usize, schema: &WorkspaceSchema) -> Option<NonZeroU64> {
        let service = self.service;
        let text = self.items[at].text_digest?;
        Some(service.site.cache.digest((
            text,
            schema.revision,
            service.settings,
            service.workspace.domain_form(),
        )))
    }

    /// Ends the items that are known to be unchanged. Their results carry no entity.
    pub(super) fn skip_known(&mut self, schema: &WorkspaceSchema) {
        let options = self.options;
        if options.force || options.verify_unchanged || !options.call.use_cache {
            return;
        }
        for at in self.open() {
            let Some(input) = self.input_digest(at, schema) else {
                continue;
            };
            let external_id = self.items[at].input.external_id();
            let cache = &self.service.site.cache;
            if let Some((id, written_at_ms)) = cache.recall_input(self.kind, external_id, input)
                && self.service.is_hash_fresh(written_at_ms)
            {
                self.items[at].finish(Status::Unchanged, id, None);
            }
        }
    }

    /// Notes that an item's text says what its row holds; not where there is something to warn of each time.
    pub(super) fn note_known(&self, at: usize, schema: &WorkspaceSchema) {
        let item = &self.items[at];
        if let (Some(mapped), Some(input)) = (&item.mapped, self.input_digest(at, schema))
            && mapped.record.warnings.is_empty()
            && item.warnings.is_empty()
            && item.decided.is_empty()
        {
            let external_id = item.input.external_id();
            let cache = &self.service.site.cache;
            cache.note_input(self.kind, external_id, &mapped.hash, input);
        }
    }
}
