//! What a chunk learns for the next time: records whose very text says what their rows hold.

use crate::core::sync::bulk::known_texts::input_digest;
use crate::core::twenty::schema::WorkspaceSchema;

use super::Chunk;

impl Chunk<'_> {
    /// Notes that an item's text says what its row holds; not where there is something to warn of each time.
    pub(super) fn note_known(&self, at: usize, schema: &WorkspaceSchema) {
        let item = &self.items[at];
        if let (Some(mapped), Some(text)) = (&item.mapped, item.text_digest)
            && mapped.record.warnings.is_empty()
            && item.warnings.is_empty()
            && item.decided.is_empty()
        {
            let external_id = item.input.external_id();
            let input = input_digest(self.service, schema, (self.kind, external_id), text);
            let cache = &self.service.scope.cache;
            cache.note_input(
                self.kind,
                external_id,
                mapped.hash,
                input,
                item.identity.who,
            );
        }
    }
}
