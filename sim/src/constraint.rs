//! Names of constraints, which 2.47 shows in its messages.

use sha2::{Digest as _, Sha256};

use crate::schema::Object;

/// Hexadecimal digits in a name.
const DIGITS: usize = 27;

/// The object's table: the name of a custom object starts with an underscore.
pub fn table(object: &Object) -> String {
    let prefix = if object.is_custom { "_" } else { "" };
    format!("{prefix}{}", object.name_singular)
}

/// `person.IDX_UNIQUE_<27 hex>`: the unique index of a field, named by the SHA-256 of table and field. The primary
/// key's name starts with `PK_`; its digits follow a rule of the simulator.
pub fn of_unique(object: &Object, field: &str) -> String {
    let table = table(object);
    let prefix = if field == "id" { "PK_" } else { "IDX_UNIQUE_" };
    let digest = Sha256::digest(format!("{table}{field}"));
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{table}.{prefix}{}", &digits[..DIGITS])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Preset;
    use crate::schema_seed::seed;

    #[test]
    fn names_are_those_of_the_server() {
        let schema = seed(Preset::Provisioned, 0);
        for (object, field, name) in [
            (
                "person",
                "emails",
                "person.IDX_UNIQUE_87914cd3ce963115f8cb943e2ac",
            ),
            (
                "company",
                "domainName",
                "company.IDX_UNIQUE_2a32339058d0b6910b0834ddf81",
            ),
            (
                "person",
                "externalId",
                "person.IDX_UNIQUE_504d6ed21c65222b1435c45b728",
            ),
            (
                "company",
                "externalId",
                "company.IDX_UNIQUE_bace4829d54d97c437dd8552af1",
            ),
        ] {
            assert_eq!(of_unique(schema.by_singular(object).unwrap(), field), name);
        }
    }
}
