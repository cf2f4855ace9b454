//! Recognises records whose text is the same as at their last write. Parsing and mapping are the most expensive part of
//! an unchanged record: a phone number alone takes longer than everything here.

use std::borrow::Cow;
use std::num::NonZeroU64;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::BulkRun;
use super::identity::id_key;
use super::order::{Key, KeyMap};
use crate::core::sync::context::SyncContext;
use crate::core::sync::mappings::who::Who;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::schema::WorkspaceSchema;

/// A record that may not have to be parsed.
pub struct KnownText<'a> {
    /// Keeps the chunks with its external id in order.
    pub key: Key,
    pub text: &'a RawValue,
    /// Its name and address, as digests.
    pub who: Who,
    digest: NonZeroU64,
}

/// A record that may be known.
struct Candidate<'a> {
    key: Key,
    text: &'a RawValue,
    digest: NonZeroU64,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    external_id: Cow<'a, str>,
}

/// The external id of a record; `None` if it cannot be read.
fn external_id_in(record: &RawValue) -> Option<Cow<'_, str>> {
    if let Some(id) = leading_external_id(record.get()) {
        return Some(Cow::Borrowed(id));
    }
    let named = serde_json::from_str::<Named<'_>>(record.get()).ok()?;
    Some(named.external_id)
}

/// The external id, if it is the first member (as most sites write it) and has no escapes: then the rest is not parsed.
/// A later member with the same name would override it, but then the digest of the text does not match the one noted
/// for this id.
fn leading_external_id(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(r#"{"external_id":""#)?;
    let end = memchr::memchr2(b'"', b'\\', rest.as_bytes())?;
    let (id, behind) = rest.split_at_checked(end)?;
    behind.starts_with('"').then_some(id)
}

/// The digest of a record's text and of everything else that its mapping depends on. Namespace, field names and store
/// are not in it, because their caches are separate.
pub fn input_digest(
    context: &SyncContext,
    schema: &WorkspaceSchema,
    (kind, external_id): (ObjectKind, &str),
    text_digest: NonZeroU64,
) -> NonZeroU64 {
    context.scope.cache.digest((
        kind,
        external_id,
        text_digest,
        schema.revision,
        context.settings,
        context.workspace.domain_form(),
    ))
}

impl BulkRun {
    /// Separates records whose text is the same as at their last write from the rest. None of them shares its external
    /// id with another record of the chunk.
    pub(super) fn part_known<'a>(
        &self,
        records: Vec<&'a RawValue>,
    ) -> (Vec<KnownText<'a>>, Vec<&'a RawValue>) {
        let options = self.options;
        let looks_anew = options.force || options.verify_unchanged || options.dry_run;
        let schema = self.context.workspace.schema.current();
        let (Some(schema), false, true) = (schema, looks_anew, options.call.use_cache) else {
            return (Vec::new(), records);
        };
        let candidates: Vec<Option<Candidate<'a>>> = records
            .iter()
            .map(|record| self.candidate(record, &schema))
            .collect();
        let mut times: KeyMap<usize> = KeyMap::default();
        for candidate in candidates.iter().flatten() {
            *times.entry(candidate.key).or_default() += 1;
        }
        let digests = candidates.iter().flatten().map(|it| it.digest);
        let mut recalled = self.recall_texts(digests).into_iter();
        let mut known = Vec::new();
        let mut rest = Vec::new();
        for (text, candidate) in records.into_iter().zip(candidates) {
            let found = candidate.and_then(|Candidate { key, text, digest }| {
                let who = recalled.next().flatten()?;
                let is_alone = times.get(&key) == Some(&1);
                is_alone.then_some(KnownText {
                    key,
                    text,
                    who,
                    digest,
                })
            });
            match found {
                Some(candidate) => known.push(candidate),
                None => rest.push(text),
            }
        }
        (known, rest)
    }

    fn candidate<'a>(&self, text: &'a RawValue, schema: &WorkspaceSchema) -> Option<Candidate<'a>> {
        let external_id = external_id_in(text)?;
        let digest = self.context.scope.cache.digest(text.get());
        let record = (self.kind, &*external_id);
        Some(Candidate {
            key: id_key(&self.order, &external_id),
            text,
            digest: input_digest(&self.context, schema, record, digest),
        })
    }

    /// Which of the texts are still the same as at their last write.
    pub(super) fn are_known(&self, texts: &[KnownText<'_>]) -> Vec<bool> {
        let recalled = self.recall_texts(texts.iter().map(|known| known.digest));
        recalled.into_iter().map(|who| who.is_some()).collect()
    }

    /// For each digest of such a text, the record's name and address.
    fn recall_texts(&self, digests: impl Iterator<Item = NonZeroU64>) -> Vec<Option<Who>> {
        let context = &self.context;
        let is_believed = |at_ms| context.is_hash_fresh(at_ms) && context.knows_best(at_ms);
        let recalled = context.scope.cache.recall_inputs(digests).into_iter();
        recalled
            .map(|noted| noted.and_then(|(at_ms, who)| is_believed(at_ms).then_some(who)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{json, value::to_raw_value};

    use super::*;

    #[test]
    fn the_external_id_is_found_at_any_position() {
        for (text, id) in [
            (r#"{"external_id":"a-1","name":"A"}"#, Some("a-1")),
            (r#"{"external_id":""}"#, Some("")),
            (r#"{"external_id":"a\"b"}"#, Some("a\"b")),
            (r#"{"external_id":"\u00e9"}"#, Some("é")),
            (r#"{"external_id":"é"}"#, Some("é")),
            (r#"{ "external_id" : "a" }"#, Some("a")),
            (r#"{"name":"A","external_id":"a"}"#, Some("a")),
            (r#"{"external_id":1}"#, None),
            (r#"{"external_id":null}"#, None),
            (r#"{"name":"A"}"#, None),
            (r#"[1]"#, None),
        ] {
            let record: Box<RawValue> = serde_json::from_str(text).expect("JSON");
            assert_eq!(external_id_in(&record).as_deref(), id, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_leading_id_is_what_json_says(id in "\\PC*|[\\x00-\\x7f]{0,8}", name: String) {
            let record = to_raw_value(&json!({"external_id": id, "name": name})).expect("JSON");
            let found = external_id_in(&record);
            prop_assert_eq!(found.as_deref(), Some(id.as_str()));
        }
    }
}
