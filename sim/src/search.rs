//! `searchVector`: the words of the searchable columns with their positions, close to what the database prints. Clients
//! get it with every record, so its size matters more than its exact rules.

use std::fmt::Write as _;

use serde_json::Value;

use crate::schema::{FieldType, Object};
use crate::store::{Record, get};

/// Most positions that the database keeps of one word, and the highest position.
const MAX_PLACES: usize = 255;
const LAST_PLACE: usize = 16_383;

/// Columns that are searched, by object.
fn columns(object: &Object) -> &'static [(&'static str, &'static [&'static str])] {
    match object.name_singular.as_str() {
        "person" => &[
            ("name", &["firstName", "lastName"]),
            ("emails", &["primaryEmail"]),
            ("phones", &["primaryPhoneNumber"]),
            ("jobTitle", &[]),
        ],
        "company" => &[("name", &[]), ("domainName", &["primaryLinkUrl"])],
        _ => &[("name", &[]), ("title", &[])],
    }
}

/// The text of the vector.
pub fn vector(object: &Object, record: &Record) -> String {
    let mut words: Vec<(String, usize)> = Vec::new();
    for (column, subs) in columns(object) {
        let is_text = object
            .column(column)
            .is_some_and(|f| f.kind == FieldType::Text);
        let mut add = |value: &Value| {
            let Some(text) = value.as_str() else { return };
            for word in text.split(|c: char| !(c.is_alphanumeric() || "@.+-_".contains(c))) {
                if !word.is_empty() {
                    words.push((word.to_lowercase(), (words.len() + 1).min(LAST_PLACE)));
                }
            }
        };
        for sub in *subs {
            add(get(record, column, Some(sub)));
        }
        if subs.is_empty() && is_text {
            add(get(record, column, None));
        }
    }
    words.sort();
    let mut text = String::with_capacity(words.len() * 12);
    for same in words.chunk_by(|a, b| a.0 == b.0) {
        let blank = if text.is_empty() { "" } else { " " };
        // Writing to a String cannot fail.
        let _ = write!(text, "{blank}'{}'", same[0].0);
        for (n, (_, place)) in same.iter().take(MAX_PLACES).enumerate() {
            let _ = write!(text, "{}{place}", if n == 0 { ':' } else { ',' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Preset;
    use serde_json::json;

    #[test]
    fn words_are_sorted_and_placed() {
        let schema = crate::schema_seed::seed(Preset::Fresh, 0);
        let record = json!({ "name": { "firstName": "Jane", "lastName": "Ada" } });
        let person = schema.by_singular("person").unwrap();
        assert_eq!(
            vector(person, record.as_object().unwrap()),
            "'ada':2 'jane':1"
        );
    }
}
