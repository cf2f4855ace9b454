//! Which part of a call's records is sent next, and how a refused part is split until the bad record stands alone. A
//! plain batch is all or nothing, and never says which row was bad (`docs/twenty/protocol.md#batches`).

use super::entry::Entry;

/// Parts of a refused batch. One bad record among 200 is found with three at a time in 15 requests at most; with two it
/// would take 16.
const PARTS: usize = 3;

/// Records that are sent together.
struct Part {
    entries: Vec<Entry>,
    /// The refused batch that it is a part of.
    family: Option<usize>,
}

/// The parts of one refused batch.
struct Family {
    left: usize,
    was_refused: bool,
}

/// What is still to be sent of one call's records.
#[derive(Default)]
pub struct Parts {
    waiting: Vec<Part>,
    families: Vec<Family>,
}

/// Records that are sent next.
pub struct Next {
    /// They.
    pub entries: Vec<Entry>,
    family: Option<usize>,
}

impl Parts {
    /// All of them are to be sent.
    pub fn new(entries: Vec<Entry>) -> Self {
        let mut parts = Self::default();
        parts.push(entries, None);
        parts
    }

    fn push(&mut self, entries: Vec<Entry>, family: Option<usize>) {
        if !entries.is_empty() {
            self.waiting.push(Part { entries, family });
        }
    }

    /// One part of a family has become two: this is the second.
    fn push_further(&mut self, entries: Vec<Entry>, family: Option<usize>) {
        if let Some(family) = family.and_then(|at| self.families.get_mut(at)) {
            family.left += 1;
        }
        self.push(entries, family);
    }

    /// The records to be sent next: the largest part first, so that good records do not wait for the search of a bad
    /// one. As many as a batch may hold; the rest stays.
    pub fn next(&mut self, (max_records, max_bytes): (usize, usize)) -> Option<Next> {
        loop {
            let largest = self.waiting.iter().map(|part| part.entries.len()).max()?;
            let mut parts = self.waiting.iter();
            let place = parts.position(|part| part.entries.len() == largest)?;
            let Part { entries, family } = self.waiting.remove(place);
            if self.is_to_blame(family) && entries.len() > 1 {
                // All others of the refused batch got through: what refused it is in here.
                self.close(family);
                self.split(entries);
                continue;
            }
            let mut entries = entries;
            // A record that is too large by itself is sent, so that the server says so.
            let rest = entries.split_off(fitting(&entries, max_records, max_bytes).max(1));
            if !rest.is_empty() {
                self.push_further(rest, family);
            }
            return Some(Next { entries, family });
        }
    }

    fn is_to_blame(&self, family: Option<usize>) -> bool {
        let family = family.and_then(|at| self.families.get(at));
        family.is_some_and(|family| family.left == 1 && !family.was_refused)
    }

    fn close(&mut self, family: Option<usize>) {
        if let Some(family) = family.and_then(|at| self.families.get_mut(at)) {
            family.left = family.left.saturating_sub(1);
        }
    }

    /// They got through, or each of them was told why not.
    pub fn done(&mut self, family: &Next) {
        self.close(family.family);
    }

    /// One of them is to blame for a refusal.
    pub fn refused(&mut self, next: Next) {
        if let Some(family) = next.family.and_then(|at| self.families.get_mut(at)) {
            family.was_refused = true;
        }
        self.close(next.family);
        self.split(next.entries);
    }

    /// They were too many.
    pub fn too_many(&mut self, next: Next) {
        let Next {
            mut entries,
            family,
        } = next;
        let second = entries.split_off(entries.len() / 2);
        self.push(entries, family);
        self.push_further(second, family);
    }

    /// They are sent again, as they are.
    pub fn again(&mut self, next: Next) {
        self.push(next.entries, next.family);
    }

    /// What will not be sent.
    pub fn drain(&mut self) -> Vec<Entry> {
        self.families.clear();
        let waiting = std::mem::take(&mut self.waiting);
        waiting.into_iter().flat_map(|part| part.entries).collect()
    }

    fn split(&mut self, mut entries: Vec<Entry>) {
        let family = self.families.len();
        let size = entries.len().div_ceil(PARTS).max(1);
        let mut left = 0;
        while !entries.is_empty() {
            let rest = entries.split_off(size.min(entries.len()));
            self.push(entries, Some(family));
            entries = rest;
            left += 1;
        }
        self.families.push(Family {
            left,
            was_refused: false,
        });
    }
}

/// How many of them a batch may hold.
fn fitting(entries: &[Entry], max_records: usize, max_bytes: usize) -> usize {
    let mut bytes = 2;
    entries
        .iter()
        .take(max_records)
        .take_while(|entry| {
            bytes += entry.json.len() + 1;
            bytes <= max_bytes
        })
        .count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn entries(count: usize) -> Vec<Entry> {
        let entry = |item: usize| Entry::new(item, item.to_string(), &json!({"id": item}));
        (0..count).map(entry).collect()
    }

    /// Sends everything to a server that refuses what holds one of `bad`; the records in the order in which they got
    /// through or were found to be bad, and how many requests that took.
    fn search(count: usize, bad: &[usize]) -> (Vec<usize>, Vec<usize>, usize) {
        let (mut through, mut found, mut requests) = (Vec::new(), Vec::new(), 0);
        let mut parts = Parts::new(entries(count));
        while let Some(next) = parts.next((200, 10_000_000)) {
            requests += 1;
            let items: Vec<usize> = next.entries.iter().map(|entry| entry.item).collect();
            match items.iter().any(|item| bad.contains(item)) {
                false => {
                    parts.done(&next);
                    through.extend(items);
                }
                true if items.len() == 1 => {
                    parts.done(&next);
                    found.extend(items);
                }
                true => parts.refused(next),
            }
        }
        (through, found, requests)
    }

    #[test]
    fn one_bad_record_of_200_is_found_in_15_requests_and_the_first() {
        for bad in 0..200 {
            let (through, found, requests) = search(200, &[bad]);
            assert_eq!((through.len(), found), (199, vec![bad]));
            assert!(requests <= 16, "{bad}: {requests}");
        }
    }

    #[test]
    fn good_records_do_not_wait_for_the_search() {
        let (mut requests, mut through) = (0, 0);
        let mut parts = Parts::new(entries(200));
        while let Some(next) = parts.next((200, 10_000_000)) {
            requests += 1;
            match next.entries.iter().any(|entry| entry.item == 2) {
                true => parts.refused(next),
                false => {
                    through += next.entries.len();
                    parts.done(&next);
                }
            }
            if requests == 7 {
                break;
            }
        }
        assert!(through > 170, "{through} of 199 after {requests} requests");
    }

    proptest! {
        #[test]
        fn every_record_is_sent_until_it_is_through_or_alone(
            count in 1_usize..260,
            bad in prop::collection::vec(0_usize..260, 0..12),
        ) {
            let (mut through, mut found, _) = search(count, &bad);
            let mut expected: Vec<usize> = bad.into_iter().filter(|item| *item < count).collect();
            expected.sort_unstable();
            expected.dedup();
            found.sort_unstable();
            prop_assert_eq!(&found, &expected);
            through.extend(found);
            through.sort_unstable();
            prop_assert_eq!(through, (0..count).collect::<Vec<_>>());
        }
    }
}
