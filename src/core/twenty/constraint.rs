//! The unique constraint that newer servers name when they refuse a duplicate, and its field. The name is part of a
//! hash over table and field. The field cannot be read from it, but the name can be computed for every known field and
//! compared. Servers up to 2.31 do not name it.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

const PREFIX: &str = "IDX_UNIQUE_";
/// Hexadecimal digits in a name.
const DIGITS: usize = 27;

/// A constraint as the server names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    /// The table, if it is named: `person`, `company`, or `_` and the name of a custom object.
    pub table: Option<String>,
    /// `IDX_UNIQUE_` and 27 hexadecimal digits.
    pub name: String,
}

impl Constraint {
    /// Finds the constraint in a message of the server.
    pub fn find(message: &str) -> Option<Self> {
        let at = message.find(PREFIX)?;
        let rest = &message[at + PREFIX.len()..];
        let digits = rest
            .bytes()
            .take_while(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            .count();
        if digits != DIGITS {
            return None;
        }
        let before = message[..at].trim_end_matches('"');
        let table = before.strip_suffix('.').map(|before| {
            let before = before.trim_end_matches('"');
            let other = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
            before[other.len()..].to_owned()
        });
        Some(Self {
            table: table.filter(|table| !table.is_empty()),
            name: format!("{PREFIX}{}", &rest[..digits]),
        })
    }

    /// Which of these fields the constraint belongs to; `None` if it belongs to another table or has an unknown form.
    pub fn field_of<'f>(
        &self,
        table: &str,
        fields: impl IntoIterator<Item = &'f str>,
    ) -> Option<&'f str> {
        if self.table.as_deref().is_some_and(|named| named != table) {
            return None;
        }
        fields
            .into_iter()
            .find(|field| name_of(table, field) == self.name)
    }
}

/// The name that a server gives to the constraint of one field.
fn name_of(table: &str, field: &str) -> String {
    let digest = Sha256::new()
        .chain_update(table)
        .chain_update(field)
        .finalize();
    let mut name = String::from(PREFIX);
    for byte in digest {
        // Writing to a String cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    name.truncate(PREFIX.len() + DIGITS);
    name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Computed as in the server's source; the first two also appear in public reports.
    const KNOWN: [(&str, &str, &str); 4] = [
        ("person", "emails", "87914cd3ce963115f8cb943e2ac"),
        ("company", "domainName", "2a32339058d0b6910b0834ddf81"),
        ("person", "externalId", "504d6ed21c65222b1435c45b728"),
        ("company", "externalId", "bace4829d54d97c437dd8552af1"),
    ];

    #[test]
    fn names_are_computed_as_the_server_does() {
        for (table, field, digits) in KNOWN {
            assert_eq!(name_of(table, field), format!("{PREFIX}{digits}"));
        }
    }

    #[test]
    fn the_field_is_found_in_every_wording() {
        for (table, field, digits) in KNOWN {
            for words in [
                format!(
                    "A duplicate entry was detected: unique constraint {table}.IDX_UNIQUE_{digits} was violated"
                ),
                format!(
                    "A duplicate entry was detected: unique constraint \"{table}.IDX_UNIQUE_{digits}\" was violated"
                ),
                format!("unique constraint \"{table}\".\"IDX_UNIQUE_{digits}\" was violated"),
                format!("duplicate key value violates unique constraint \"IDX_UNIQUE_{digits}\""),
            ] {
                let constraint = Constraint::find(&words).expect(&words);
                let fields = ["name", "emails", "domainName", "externalId"];
                assert_eq!(constraint.field_of(table, fields), Some(field), "{words}");
                assert_eq!(constraint.field_of(table, ["name"]), None, "{words}");
                if constraint.table.is_some() {
                    assert_eq!(constraint.field_of("_gadget", fields), None, "{words}");
                }
            }
        }
    }

    #[test]
    fn other_words_name_none() {
        for words in [
            "",
            "A duplicate entry was detected",
            "unique constraint person.IDX_UNIQUE_ was violated",
            "unique constraint person.IDX_UNIQUE_87914cd3 was violated",
            "unique constraint person.IDX_UNIQUE_87914cd3ce963115f8cb943e2ac0 was violated",
            "unique constraint person.UQ_87914cd3ce963115f8cb943e2ac was violated",
        ] {
            assert_eq!(Constraint::find(words), None, "{words}");
        }
        let strange =
            "unique constraint person.IDX_UNIQUE_000000000000000000000000000 was violated";
        let constraint = Constraint::find(strange).expect("a constraint");
        assert_eq!(constraint.field_of("person", ["emails"]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_can_be_searched(before in any::<String>(), after in any::<String>()) {
            let _ = Constraint::find(&format!("{before}IDX_UNIQUE_{after}"));
            let known = format!("{before}.IDX_UNIQUE_{}{after}", KNOWN[0].2);
            if let Some(constraint) = Constraint::find(&known) {
                prop_assert_eq!(constraint.name.len(), PREFIX.len() + DIGITS);
            }
        }
    }
}
