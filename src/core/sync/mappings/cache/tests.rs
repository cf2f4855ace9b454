use super::*;

const WHO: Who = Who::EXAMPLE;

const A: &str = "20202020-0000-4000-8000-000000000001";

fn cache(capacity: usize) -> MappingCache {
    MappingCache::new(NonZeroUsize::new(capacity).expect("a positive capacity"))
}

fn row_a() -> CrmId {
    CrmId::parse(A).expect("a UUID")
}

fn row_of(known: Option<Entry>) -> Option<CrmId> {
    known.map(|known| known.crm_id)
}

fn hash_of(number: u128) -> ContentHash {
    ContentHash::of_bytes(number.to_be_bytes())
}

/// A record of which only its row, A, is known.
fn seen(kind: ObjectKind, external_id: &str, at_ms: u64) -> Entry {
    Entry::answered(kind, external_id, row_a(), at_ms)
}

/// A person who was written to row A.
fn written(external_id: &str, hash: ContentHash, at_ms: u64) -> Entry {
    Entry {
        hash: Some(hash),
        version: Some(5),
        ..seen(ObjectKind::Person, external_id, at_ms)
    }
}

#[test]
fn a_clock_that_is_set_back_makes_nothing_live_longer() {
    const YEAR_MS: u64 = 31_536_000_000;
    let cache = cache(10);
    cache.insert(seen(ObjectKind::Person, "a", YEAR_MS));
    let get = |now_ms| row_of(cache.get(ObjectKind::Person, "a", 500, now_ms));
    assert_eq!(get(YEAR_MS - 499), Some(row_a()));
    assert_eq!(get(YEAR_MS - 500), None);
    assert_eq!(get(0), None);
    assert_eq!(cache.entries(500, YEAR_MS - 500), []);
    assert_eq!(cache.entries(500, YEAR_MS).len(), 1);
}

#[test]
fn an_entry_lives_for_its_readers_time_to_live() {
    let cache = cache(10);
    cache.insert(seen(ObjectKind::Person, "a", 1_000));
    assert_eq!(
        row_of(cache.get(ObjectKind::Person, "a", 500, 1_499)),
        Some(row_a())
    );
    assert_eq!(cache.get(ObjectKind::Person, "a", 500, 1_500), None);
    assert_eq!(
        row_of(cache.get(ObjectKind::Person, "a", 5_000, 1_500)),
        Some(row_a())
    );
    assert_eq!(cache.get(ObjectKind::Person, "a", 0, 1_000), None);
}

#[test]
fn an_input_is_known_until_something_else_is_written() {
    let cache = cache(10);
    let (kind, hash) = (ObjectKind::Person, hash_of(0x0f));
    let (input, other) = (cache.digest("text"), cache.digest("other"));
    let recall = || cache.recall_inputs([other, input].into_iter());
    cache.note_input(kind, "a", hash, input, WHO);
    assert_eq!(recall(), [None, None]);
    cache.insert(written("a", hash, 7));
    cache.note_input(kind, "a", hash_of(0x0e), input, WHO);
    assert_eq!(recall(), [None, None]);
    cache.note_input(kind, "a", hash, input, WHO);
    assert_eq!(recall(), [None, Some((7, WHO))]);
    cache.note_input(kind, "a", hash, other, WHO);
    assert_eq!(recall(), [Some((7, WHO)), None]);
    cache.insert(written("a", hash, 8));
    assert_eq!(recall(), [None, None]);
}

#[test]
fn an_input_is_forgotten_with_its_entry() {
    let cache = cache(1);
    let (kind, hash) = (ObjectKind::Person, hash_of(0x0f));
    let input = cache.digest("text");
    let note = || {
        cache.insert(written("a", hash, 7));
        cache.note_input(kind, "a", hash, input, WHO);
        assert_eq!(cache.recall_inputs([input].into_iter()), [Some((7, WHO))]);
    };
    let forgets: [&dyn Fn(); 4] = [
        &|| cache.remove(kind, "a"),
        &|| cache.forget_hash(kind, "a", 6),
        // Written twice: it was met, and has a second chance.
        &|| {
            ["b", "c"]
                .iter()
                .for_each(|id| cache.insert(seen(kind, id, 8)))
        },
        &|| cache.clear(),
    ];
    for (at, forget) in forgets.into_iter().enumerate() {
        note();
        forget();
        assert_eq!(cache.recall_inputs([input].into_iter()), [None], "{at}");
        assert!(cache.lock().inputs.is_empty(), "{at}");
    }
}

#[test]
fn meeting_an_entrys_input_counts_as_use() {
    let cache = cache(2);
    let (kind, hash) = (ObjectKind::Person, hash_of(0x0f));
    let input = cache.digest("text");
    cache.insert(written("a", hash, 7));
    cache.note_input(kind, "a", hash, input, WHO);
    cache.insert(seen(kind, "b", 7));
    cache.recall_inputs([input].into_iter());
    cache.insert(seen(kind, "c", 7));
    let is_there = |external_id| cache.get(kind, external_id, 10, 7).is_some();
    assert_eq!(["a", "b", "c"].map(is_there), [true, false, true]);
    // One chance per meeting, and it is not met again.
    cache.insert(seen(kind, "d", 7));
    cache.insert(seen(kind, "e", 7));
    assert_eq!(["a", "d", "e"].map(is_there), [false, true, true]);
}

#[test]
fn one_entry_is_evicted_even_if_all_are_in_use() {
    let cache = cache(1_000);
    let (kind, hash) = (ObjectKind::Person, hash_of(0x0f));
    let ids: Vec<String> = (0..1_000).map(|at| at.to_string()).collect();
    for id in &ids {
        cache.insert(written(id, hash, 7));
        cache.note_input(kind, id, hash, cache.digest(id), WHO);
    }
    cache.recall_inputs(ids.iter().map(|id| cache.digest(id)));
    cache.insert(seen(kind, "one more", 7));
    assert_eq!(cache.entries(10, 7).len(), 1_000);
    assert_eq!(cache.lock().inputs.len(), 999);
}

#[test]
fn people_and_companies_do_not_share_ids() {
    let cache = cache(10);
    cache.insert(seen(ObjectKind::Person, "a", 0));
    assert_eq!(cache.get(ObjectKind::Company, "a", 10, 0), None);
}

#[test]
fn the_least_recently_used_goes_first() {
    let cache = cache(2);
    cache.insert(seen(ObjectKind::Person, "a", 0));
    cache.insert(seen(ObjectKind::Person, "b", 0));
    cache.get(ObjectKind::Person, "a", 10, 0);
    cache.insert(seen(ObjectKind::Person, "c", 0));
    assert!(cache.get(ObjectKind::Person, "a", 10, 0).is_some());
    assert!(cache.get(ObjectKind::Person, "b", 10, 0).is_none());
    assert_eq!(cache.entries(10, 0).len(), 2);
}

#[test]
fn a_hash_outlives_the_time_to_live_of_the_id() {
    let cache = cache(2);
    let hash = hash_of(0xf1e2);
    cache.insert(written("a", hash, 7));
    let known = cache.recall(ObjectKind::Person, "a").expect("remembered");
    assert_eq!((known.hash, known.written_at_ms), (Some(hash), 7));
    cache.insert(seen(ObjectKind::Person, "a", 8));
    let known = cache.recall(ObjectKind::Person, "a").expect("remembered");
    assert_eq!(known.hash, None);
}

#[test]
fn only_newer_events_forget_a_hash() {
    let cache = cache(2);
    let hash = |cache: &MappingCache| {
        let known = cache.recall(ObjectKind::Person, "a").expect("remembered");
        (known.hash.is_some(), known.version)
    };
    cache.insert(written("a", hash_of(0xff), 7));
    cache.forget_hash(ObjectKind::Person, "a", 5);
    assert_eq!(hash(&cache), (true, Some(5)));
    cache.forget_hash(ObjectKind::Person, "a", 6);
    assert_eq!(hash(&cache), (false, Some(6)));
    cache.forget_version(ObjectKind::Person, "a", 5);
    assert_eq!(hash(&cache), (false, Some(6)));
    cache.forget_version(ObjectKind::Person, "a", 6);
    assert_eq!(hash(&cache), (false, None));
}

#[test]
fn the_reverse_index_follows_every_change() {
    let back = |cache: &MappingCache| cache.find_by_crm_id(ObjectKind::Person, row_a());
    let cache = cache(2);
    cache.insert(seen(ObjectKind::Person, "a", 0));
    assert_eq!(back(&cache).as_deref(), Some("a"));
    assert_eq!(cache.find_by_crm_id(ObjectKind::Company, row_a()), None);
    cache.insert(seen(ObjectKind::Person, "b", 0));
    assert_eq!(back(&cache).as_deref(), Some("b"));
    cache.remove(ObjectKind::Person, "a");
    assert_eq!(back(&cache).as_deref(), Some("b"));
    let other = CrmId::parse(&A.replace('1', "2")).expect("a UUID");
    cache.insert(Entry::answered(ObjectKind::Person, "b", other, 0));
    assert_eq!(back(&cache), None);
    cache.insert(seen(ObjectKind::Person, "c", 0));
    cache.insert(seen(ObjectKind::Company, "d", 0));
    cache.insert(seen(ObjectKind::Company, "e", 0));
    assert_eq!(back(&cache), None, "the least recently used is gone");
    cache.clear();
    cache.insert(seen(ObjectKind::Person, "f", 0));
    assert_eq!(back(&cache).as_deref(), Some("f"));
}
