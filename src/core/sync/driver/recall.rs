//! What memory and store know of records before anything is asked.

use std::collections::HashMap;

use crate::core::sync::mappings::cache::is_fresh;
use crate::core::sync::record::rules::Unchanged;
use crate::core::sync::record::upsert::{Recalled, Start, Upsert};
use crate::core::twenty::ids::ObjectKind;

use super::group::{Member, Terms};

/// Tells the records what is remembered of them.
pub async fn begin(terms: &Terms<'_>, mut members: Vec<&mut Member>, start: Start) {
    let (mut recalled, failure) = recall(terms, &members, start).await;
    if let (Some(message), Some(first)) = (failure, members.first_mut()) {
        // A store serves all of them: its failure is told once, with the first record that it concerns.
        first.upsert.warn_store(&message);
    }
    for member in members {
        let known = recalled.remove(member.upsert.input.external_id());
        let seen = recall_row(terms, &member.upsert);
        let recalled = Recalled {
            holds_domain: seen.holds_domain,
            other_name: seen.other_name,
            ..known.unwrap_or_default()
        };
        member.upsert.begin(&terms.rules, recalled, start);
    }
}

/// What memory and store know of the records.
async fn recall(
    terms: &Terms<'_>,
    members: &[&mut Member],
    start: Start,
) -> (HashMap<String, Recalled>, Option<String>) {
    let rules = &terms.rules;
    let mut known = HashMap::new();
    let mut failure = None;
    if !rules.call.use_cache {
        return (known, failure);
    }
    if start == Start::Together || rules.unchanged == Unchanged::Skip {
        match recall_together(terms, members).await {
            Ok(found) => known = found,
            Err(message) => failure = Some(message),
        }
    }
    if start == Start::Alone {
        for member in members {
            let external_id = member.upsert.input.external_id();
            let last = known.remove(external_id);
            match recall_alone(terms, &member.upsert, last).await {
                Ok(Some(recalled)) => drop(known.insert(external_id.to_owned(), recalled)),
                Ok(None) => {}
                Err(message) => failure = Some(message),
            }
        }
    }
    (known, failure)
}

/// What is remembered of many, with the hash of what was written last.
async fn recall_together(
    terms: &Terms<'_>,
    members: &[&mut Member],
) -> Result<HashMap<String, Recalled>, String> {
    let context = terms.context;
    let ids: Vec<String> = members
        .iter()
        .map(|member| member.upsert.input.external_id().to_owned())
        .collect();
    let found = context.recall_many(terms.rules.kind, &ids).await?;
    let recalled = found.into_iter().map(|(external_id, found)| {
        let is_hash_fresh = context.is_hash_fresh(found.written_at_ms);
        let ttl_ms = context.options.cache_ttl_ms;
        let is_fresh = is_fresh(found.written_at_ms, ttl_ms, context.now_ms());
        let recalled = Recalled {
            is_proven: context.is_proven(&found) && (is_fresh || !found.is_answered),
            id: Some(found.crm_id.to_string()),
            unchanged_hash: found.hash.filter(|_| is_hash_fresh),
            ..Recalled::default()
        };
        (external_id, recalled)
    });
    Ok(recalled.collect())
}

/// What is remembered of one whose next write may go to its row unseen: only what is fresh counts, unless `last`, what
/// was written last, says that it need not be written at all.
async fn recall_alone(
    terms: &Terms<'_>,
    upsert: &Upsert,
    last: Option<Recalled>,
) -> Result<Option<Recalled>, String> {
    let Terms { context, rules, .. } = terms;
    let is_unchanged = |last: &Recalled| last.unchanged_hash == Some(upsert.hash(rules));
    let skips = rules.unchanged == Unchanged::Skip;
    if let Some(unchanged) = last.filter(|last| skips && is_unchanged(last)) {
        return Ok(Some(unchanged));
    }
    let found = context
        .recall(rules.kind, upsert.input.external_id())
        .await?;
    Ok(found.map(|found| Recalled {
        is_proven: context.is_proven(&found),
        id: Some(found.crm_id.to_string()),
        ..Recalled::default()
    }))
}

/// What the record's row was last seen to hold.
fn recall_row(terms: &Terms<'_>, upsert: &Upsert) -> Recalled {
    let Terms { context, rules, .. } = terms;
    let external_id = upsert.input.external_id();
    let mapped = upsert.mapped();
    let unique = mapped.unique_value.as_ref();
    let domains = &context.scope.domains;
    let is_company = rules.kind == ObjectKind::Company;
    let flat_name = mapped.flat_name.as_deref();
    Recalled {
        holds_domain: is_company
            && unique.is_some_and(|it| domains.holds(external_id, &it.spellings)),
        other_name: flat_name.is_some_and(|name| context.knows_other_name(external_id, name)),
        ..Recalled::default()
    }
}
