//! Records whose very text is known to say what was written last. Reading and mapping is what an unchanged record costs
//! most: a phone number alone takes longer than everything here.

use std::borrow::Cow;
use std::collections::HashMap;
use std::num::NonZeroU64;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::BulkRun;
use crate::core::sync::service::SyncService;
use crate::core::twenty::schema::WorkspaceSchema;

/// A record that need not be read any further.
pub struct KnownText<'a> {
    pub external_id: Cow<'a, str>,
    pub text: &'a RawValue,
    digest: NonZeroU64,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    external_id: Cow<'a, str>,
}

/// The digest of a record's text with all that becomes of it by mapping: namespace, field names and store have caches of
/// their own, everything else is here.
pub fn input_digest(
    service: &SyncService,
    schema: &WorkspaceSchema,
    text_digest: NonZeroU64,
) -> NonZeroU64 {
    service.site.cache.digest((
        text_digest,
        schema.revision,
        service.settings,
        service.workspace.domain_form(),
    ))
}

impl BulkRun {
    /// Parts the records that say what was written last from the rest. None of the former shares its external id with
    /// another record of the chunk.
    pub(super) fn part_known<'a>(
        &self,
        records: Vec<&'a RawValue>,
    ) -> (Vec<KnownText<'a>>, Vec<&'a RawValue>) {
        let options = self.options;
        let looks_anew = options.force || options.verify_unchanged || options.dry_run;
        let schema = self.service.workspace.schema.current();
        let (Some(schema), false, true) = (schema, looks_anew, options.call.use_cache) else {
            return (Vec::new(), records);
        };
        let ids: Vec<Option<Cow<'a, str>>> = records
            .iter()
            .map(|record| serde_json::from_str::<Named<'a>>(record.get()).ok())
            .map(|named| named.map(|named| named.external_id))
            .collect();
        let mut times: HashMap<&str, usize> = HashMap::with_capacity(ids.len());
        for id in ids.iter().flatten() {
            *times.entry(id).or_default() += 1;
        }
        let alone: Vec<bool> = ids
            .iter()
            .map(|id| id.as_deref().is_some_and(|id| times.get(id) == Some(&1)))
            .collect();
        let mut known = Vec::new();
        let mut rest = Vec::new();
        for ((text, id), alone) in records.into_iter().zip(ids).zip(alone) {
            let candidate = id.filter(|_| alone).map(|external_id| {
                let digest = self.service.site.cache.digest(text.get());
                KnownText {
                    external_id,
                    text,
                    digest: input_digest(&self.service, &schema, digest),
                }
            });
            match candidate.filter(|candidate| self.is_known(candidate)) {
                Some(candidate) => known.push(candidate),
                None => rest.push(text),
            }
        }
        (known, rest)
    }

    /// Whether a text still says what was written last.
    pub(super) fn is_known(&self, known: &KnownText<'_>) -> bool {
        let service = &self.service;
        service
            .site
            .cache
            .recall_input(self.kind, &known.external_id, known.digest)
            .is_some_and(|at_ms| service.is_hash_fresh(at_ms) && service.knows_best(at_ms))
    }
}
