//! The name and address of a record, in four bytes.

/// Digests of a record's name and address in normalised form: equal values have equal digests. Two different values
/// have the same digest in one of 65,535 cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who {
    /// Never 0.
    name: u16,
    /// The e-mail or the domain; 0 if there is none.
    address: u16,
}

impl Who {
    /// A record whose identity does not matter.
    #[cfg(test)]
    pub const EXAMPLE: Self = Self {
        name: 1,
        address: 1,
    };

    /// From digests of both in normalised form, made with the same hash key.
    pub fn of_digests(name: u64, address: Option<u64>) -> Self {
        Self {
            name: short(name),
            address: address.map_or(0, short),
        }
    }

    /// Whether both name and address differ. If only one of them changed, it is the same record, and a missing address
    /// does not differ.
    fn is_other(self, than: Self) -> bool {
        let has_both = self.address != 0 && than.address != 0;
        has_both && self.address != than.address && self.name != than.name
    }

    /// The identity after `later` was merged into it.
    #[must_use]
    pub fn joined_by(self, later: Self) -> Option<Self> {
        let address = match later.address {
            0 => self.address,
            address => address,
        };
        (!self.is_other(later)).then_some(Self { address, ..later })
    }

    /// Never 0.
    pub fn pack(self) -> u32 {
        (u32::from(self.name) << 16) | u32::from(self.address)
    }

    /// Reverses `pack`.
    pub fn unpack(packed: u32) -> Self {
        Self {
            name: (packed >> 16) as u16,
            address: packed as u16,
        }
    }
}

/// Never 0.
fn short(digest: u64) -> u16 {
    // The modulus keeps it in range.
    (digest % u64::from(u16::MAX)) as u16 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(name: u16, address: u16) -> Who {
        Who { name, address }
    }

    #[test]
    fn a_record_with_one_changed_value_is_the_same() {
        for (before, later, joined) in [
            ((1, 1), (1, 1), Some((1, 1))),
            ((1, 1), (1, 2), Some((1, 2))),
            ((1, 1), (2, 1), Some((2, 1))),
            ((1, 1), (2, 2), None),
            // A missing address does not differ, and the known one stays.
            ((1, 0), (2, 2), Some((2, 2))),
            ((1, 1), (2, 0), Some((2, 1))),
            ((1, 0), (2, 0), Some((2, 0))),
        ] {
            let (before, later) = (who(before.0, before.1), who(later.0, later.1));
            let joined = joined.map(|(name, address)| who(name, address));
            assert_eq!(before.joined_by(later), joined, "{before:?} {later:?}");
        }
    }

    #[test]
    fn pack_and_unpack_are_inverse() {
        for digest in [0, 1, 65_534, 65_535, u64::MAX] {
            for address in [None, Some(digest)] {
                let who = Who::of_digests(digest, address);
                assert_ne!(who.pack(), 0);
                assert_eq!(Who::unpack(who.pack()), who);
            }
        }
    }
}
