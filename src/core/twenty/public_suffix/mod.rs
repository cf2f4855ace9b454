//! The part of a host under which anybody can register names: Mozilla's Public Suffix List (publicsuffix.org, MPL-2.0).
//!
//! The list is data, half a megabyte smaller than the code that the crate `psl` generates from it. It comes from that
//! crate: `cargo run --example public-suffixes -- RULES` writes `list.txt` from its `data/rules.txt`. Tests compare
//! this module with the crate.

use super::sorted_lines;

/// One rule per line, sorted: `suffix`, `*.parent` or `!exception`, in ASCII. Rules of organisations that let others
/// use names under their own end with `+`; the others are rules of registries.
const LIST: &str = include_str!("list.txt");

/// Marks an organisation's rule.
const PRIVATE: char = '+';

/// Who assigns the names under a suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuffixKind {
    /// A registry.
    Registry,
    /// An organisation that registered the name and lets others use names under it.
    Private,
    /// Not in the list: the last label of the host.
    Unknown,
}

/// The public suffix of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suffix<'a> {
    /// The last labels of the host, or the whole host.
    pub text: &'a str,
    /// Who assigns names under it.
    pub kind: SuffixKind,
}

/// The suffix of a host in lower case and ASCII, without empty labels.
pub fn suffix(host: &str) -> Suffix<'_> {
    // From the whole host to its last label: the longest rule wins.
    let mut text = host;
    loop {
        let parent = text.split_once('.').map(|(_, parent)| parent);
        if let (Some(kind), Some(parent)) = (rule("!", text), parent) {
            return Suffix { text: parent, kind };
        }
        if let Some(kind) = rule("", text) {
            return Suffix { text, kind };
        }
        if let Some(kind) = parent.and_then(|parent| rule("*.", parent)) {
            return Suffix { text, kind };
        }
        match parent {
            Some(parent) => text = parent,
            // The list's implicit default rule: any last label.
            None => {
                return Suffix {
                    text,
                    kind: SuffixKind::Unknown,
                };
            }
        }
    }
}

/// Whether the host is more than a public suffix: somebody has registered it or a parent of it.
pub fn is_registrable(host: &str) -> bool {
    !host.is_empty() && suffix(host).text.len() < host.len()
}

/// The kind of the rule `{prefix}{name}`, if it exists.
fn rule(prefix: &str, name: &str) -> Option<SuffixKind> {
    let mark = sorted_lines::find(LIST, &[PRIVATE], prefix, name)?;
    Some(match mark {
        Some(_) => SuffixKind::Private,
        None => SuffixKind::Registry,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use psl::{Psl, Type};

    use super::*;

    fn lines() -> impl Iterator<Item = &'static str> {
        LIST.lines().map(|line| line.trim_end_matches(PRIVATE))
    }

    /// Whether one wildcard makes the name a suffix and another wildcard is below it. The crate, which walks down the
    /// labels, misses the first one then.
    fn is_lost_by_the_library(name: &str) -> bool {
        let parent = name.split_once('.').map(|(_, parent)| parent);
        rule("*.", name).is_some()
            && rule("", name).is_none()
            && parent.is_some_and(|parent| rule("*.", parent).is_some())
    }

    /// Compares the answer with the crate's.
    fn check(host: &str) -> Result<(), TestCaseError> {
        let found = suffix(host);
        if is_lost_by_the_library(found.text) {
            return Ok(());
        }
        let expected = psl::List.suffix(host.as_bytes()).expect("a host");
        let kind = match expected.typ() {
            Some(Type::Icann) => SuffixKind::Registry,
            Some(Type::Private) => SuffixKind::Private,
            None => SuffixKind::Unknown,
        };
        let text = std::str::from_utf8(expected.as_bytes()).expect("ASCII");
        prop_assert_eq!(found, Suffix { text, kind }, "{}", host);
        let has_owner = psl::List.domain(host.as_bytes()).is_some();
        prop_assert_eq!(is_registrable(host), has_owner, "{}", host);
        Ok(())
    }

    #[test]
    fn a_wildcard_holds_for_a_name_that_has_one_itself() {
        let of = |host| (suffix(host).text, suffix(host).kind);
        assert_eq!(
            of("ex.futurecms.at"),
            ("ex.futurecms.at", SuffixKind::Private)
        );
        assert_eq!(of("www.ck"), ("ck", SuffixKind::Registry));
        assert_eq!(of("a.b.ck"), ("b.ck", SuffixKind::Registry));
        assert_eq!(of("a.nowhere"), ("nowhere", SuffixKind::Unknown));
    }

    #[test]
    fn the_list_is_sorted_and_ascii() {
        assert!(LIST.is_ascii());
        assert!(lines().is_sorted());
        assert!(lines().count() > 9000);
    }

    #[test]
    fn every_rule_is_read_as_the_library_reads_it() {
        for line in lines() {
            let name = line.trim_start_matches(['!', '*', '.']);
            for below in ["", "a.", "b.a.", "www.b.a."] {
                check(&format!("{below}{name}")).expect("the same");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

        #[test]
        fn any_host_is_read_as_the_library_reads_it(host in "([a-z0-9-]{1,6}\\.){0,3}[a-z]{1,5}") {
            check(&host)?;
        }

        #[test]
        fn hosts_of_listed_labels_are_read_alike(ats in prop::collection::vec(0..9000_usize, 1..4)) {
            let names = ats.iter().filter_map(|at| lines().nth(*at));
            let names: Vec<_> = names.map(|line| line.trim_start_matches(['!', '*', '.'])).collect();
            check(&names.join("."))?;
        }
    }
}
