//! Remembers, in a few bytes each, which person or company each external id of a run stands for. An id that stands for
//! two is ambiguous (a spreadsheet turns many long numbers into `1.23457E+17`): its records must not be merged into one
//! row.

use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::order::{Key, KeyMap};
use crate::core::sync::mappings::who::Who;

/// How a record relates to earlier ones with the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The id is new.
    First,
    /// An earlier record with the id is the same person or company.
    Same,
    /// Another record with the id is a different person or company.
    Other,
}

/// What happened to the first record of an ambiguous id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoilt {
    /// No record with the id is written.
    HeldBack,
    /// The first record was accepted before the second one was read.
    TakenIn,
}

/// The person or company of each external id of one run.
#[derive(Default)]
pub struct IdRegister(Mutex<Ids>);

#[derive(Default)]
struct Ids {
    table: Table,
    /// Ambiguous ids; there are few, if any.
    spoilt: KeyMap<Spoilt>,
}

impl IdRegister {
    fn lock(&self) -> MutexGuard<'_, Ids> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers records in input order. `None` is a record whose id is ambiguous within its own chunk.
    pub fn note(&self, records: impl Iterator<Item = (Key, Option<Who>)>) -> Vec<Claim> {
        let mut ids = self.lock();
        records.map(|(key, who)| ids.note(key, who)).collect()
    }

    /// What happened to an ambiguous id; `None` if the id is not ambiguous.
    pub fn spoilt(&self, key: Key) -> Option<Spoilt> {
        self.lock().spoilt.get(&key).copied()
    }

    /// The first record of an ambiguous id is not written after all.
    pub fn hold_back(&self, key: Key) {
        if let Some(spoilt) = self.lock().spoilt.get_mut(&key) {
            *spoilt = Spoilt::HeldBack;
        }
    }
}

impl Ids {
    fn note(&mut self, key: Key, who: Option<Who>) -> Claim {
        let known = self.table.slot(key.digest());
        let before = (known[WHO] != 0).then(|| Who::unpack(known[WHO]));
        let now = match (before, who) {
            (Some(before), Some(who)) => before.joined_by(who),
            (None, who) => who,
            (Some(_), None) => None,
        };
        if let Some(who) = now {
            *known = slot_of(key.digest(), who);
            self.table.grow_if_full(key.digest(), before.is_none());
        }
        let spoilt = self.spoilt.entry(key);
        match (now, before, spoilt) {
            (Some(_), None, Entry::Vacant(_)) => Claim::First,
            (Some(_), Some(_), Entry::Vacant(_)) => Claim::Same,
            (None, None, Entry::Vacant(spoilt)) => {
                spoilt.insert(Spoilt::HeldBack);
                Claim::Other
            }
            (None, Some(_), Entry::Vacant(spoilt)) => {
                spoilt.insert(Spoilt::TakenIn);
                Claim::Other
            }
            (_, _, Entry::Occupied(_)) => Claim::Other,
        }
    }
}

/// One id: the two halves of its digest, and its person or company. Twelve bytes; the slot is free if the last four are
/// 0.
type Slot = [u32; 3];

const WHO: usize = 2;

fn slot_of(digest: u64, who: Who) -> Slot {
    [(digest >> 32) as u32, digest as u32, who.pack()]
}

/// Parts of the table. Each grows separately, by a quarter, so the table never takes much more than its content: 14 to
/// 17 bytes per id.
const SHARDS: usize = 64;

/// Slots of a new part.
const FIRST_SLOTS: usize = 8;

#[derive(Clone, Default)]
struct Shard {
    slots: Vec<Slot>,
    used: usize,
}

/// Maps a digest to its person or company. A standard map with a million of them would take twice the memory.
struct Table(Vec<Shard>);

impl Default for Table {
    fn default() -> Self {
        Self(vec![Shard::default(); SHARDS])
    }
}

impl Table {
    fn shard(&mut self, digest: u64) -> &mut Shard {
        // The top six bits select one of the 64 parts.
        &mut self.0[(digest >> 58) as usize]
    }

    /// The slot of this digest, or a free one for it.
    fn slot(&mut self, digest: u64) -> &mut Slot {
        let shard = self.shard(digest);
        if shard.slots.is_empty() {
            shard.slots.resize(FIRST_SLOTS, Slot::default());
        }
        let at = place(&shard.slots, digest);
        &mut shard.slots[at]
    }

    /// Call it after the slot was filled; `is_new`: the slot was free before.
    fn grow_if_full(&mut self, digest: u64, is_new: bool) {
        let shard = self.shard(digest);
        shard.used += usize::from(is_new);
        // One slot in eight stays free, so that searches are short.
        if shard.used * 8 > shard.slots.len() * 7 {
            let size = shard.slots.len() * 5 / 4 + FIRST_SLOTS;
            let mut slots = vec![Slot::default(); size];
            for slot in shard.slots.iter().filter(|slot| slot[WHO] != 0) {
                let at = place(&slots, (u64::from(slot[0]) << 32) | u64::from(slot[1]));
                slots[at] = *slot;
            }
            shard.slots = slots;
        }
    }
}

/// The position of a digest, or a free one for it; `slots` must have a free one.
fn place(slots: &[Slot], digest: u64) -> usize {
    let (high, low) = ((digest >> 32) as u32, digest as u32);
    // Scales the lower half to the number of slots.
    let mut at = ((u64::from(low) * slots.len() as u64) >> 32) as usize;
    while slots[at][WHO] != 0 && (slots[at][0], slots[at][1]) != (high, low) {
        at = (at + 1) % slots.len();
    }
    at
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn who(name: u16, address: u16) -> Who {
        Who::unpack((u32::from(name) << 16) | u32::from(address))
    }

    fn key(digest: u64) -> Key {
        Key::of_digest(digest)
    }

    #[test]
    fn an_ambiguous_id_stays_ambiguous() {
        let ids = IdRegister::default();
        let (ann, bob) = (Some(who(1, 1)), Some(who(2, 2)));
        let note = |id, who| ids.note(std::iter::once((key(id), who)))[0];
        let spoilt = |id| ids.spoilt(key(id));
        assert_eq!(note(1, ann), Claim::First);
        assert_eq!(note(1, ann), Claim::Same);
        assert_eq!((spoilt(1), note(2, bob)), (None, Claim::First));
        assert_eq!(note(1, bob), Claim::Other);
        assert_eq!(note(1, ann), Claim::Other, "nobody can tell whose it is");
        assert_eq!((spoilt(1), spoilt(2)), (Some(Spoilt::TakenIn), None));
        ids.hold_back(key(1));
        assert_eq!(spoilt(1), Some(Spoilt::HeldBack));
        // Ambiguous within one chunk.
        assert_eq!(note(3, None), Claim::Other);
        assert_eq!(spoilt(3), Some(Spoilt::HeldBack));
        assert_eq!(note(3, ann), Claim::Other);
        assert_eq!(note(2, None), Claim::Other);
        assert_eq!(spoilt(2), Some(Spoilt::TakenIn));
    }

    #[test]
    fn an_id_takes_no_more_than_18_bytes() {
        let mut table = Table::default();
        let mut digest = 1_u64;
        for used in 1..=200_000_usize {
            digest = digest
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            // The lower bits of such a sequence repeat after a short time.
            let spread = digest ^ digest.rotate_left(29);
            *table.slot(spread) = slot_of(spread, who(1, 1));
            table.grow_if_full(spread, true);
            if used > 20_000 && used % 1_000 == 0 {
                let slots: usize = table.0.iter().map(|shard| shard.slots.capacity()).sum();
                let bytes = slots * size_of::<Slot>();
                assert!(bytes <= used * 18, "{bytes} bytes for {used} ids");
            }
        }
    }

    proptest! {
        /// Uses digests of few bits, so that many fall into one slot.
        #[test]
        fn the_table_is_a_map(entries in prop::collection::vec((0_u64..400, 1_u16..9, 0_u16..9), 0..600)) {
            let mut table = Table::default();
            let mut map = HashMap::new();
            for (digest, name, address) in entries {
                let digest = (digest << 56) | (digest << 32) | (digest % 7);
                let slot = table.slot(digest);
                let is_new = slot[WHO] == 0;
                *slot = slot_of(digest, who(name, address));
                table.grow_if_full(digest, is_new);
                prop_assert_eq!(map.insert(digest, who(name, address)).is_none(), is_new);
            }
            for (digest, known) in map {
                prop_assert_eq!(Who::unpack(table.slot(digest)[WHO]), known);
            }
        }
    }
}
