//! The rows of a batch's answer, without what nobody reads: a row has three times the fields that the mapping knows.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Map;

use crate::core::sync::record::row::Row;
use crate::core::twenty::fields::FieldNames;

/// The fields of a row that are kept.
pub struct Kept<'a>(Vec<&'a str>);

impl<'a> Kept<'a> {
    /// What entities are made of, too.
    pub fn all(names: &'a FieldNames) -> Self {
        let mut kept = Self::identity(names);
        kept.0
            .extend(["name", "emails", "phones", "jobTitle", "company"]);
        kept
    }

    /// What rows are known by, whether they are new, which version of them it is, and what tells that the schema has changed.
    pub fn identity(names: &'a FieldNames) -> Self {
        let mut kept = vec!["id", "createdAt", "updatedAt", "domainName"];
        kept.extend(names.all());
        Self(kept)
    }
}

/// The rows under `data.{key}`, those that are no objects left out. None where there is no such list.
///
/// # Errors
/// The text is no such envelope, or only the beginning of one.
pub fn read(
    text: &[u8],
    key: &str,
    kept: &Kept<'_>,
) -> Result<Option<Vec<Row>>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let rows = Member {
        key: "data",
        of: Member {
            key,
            of: Rows(&kept.0),
        },
    };
    let found = rows.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(found.flatten())
}

/// One member of an object; the others are passed over. None where there is none.
#[derive(Clone, Copy)]
struct Member<'a, S> {
    key: &'a str,
    of: S,
}

impl<'de, S: DeserializeSeed<'de> + Copy> DeserializeSeed<'de> for Member<'_, S> {
    type Value = Option<S::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, S: DeserializeSeed<'de> + Copy> Visitor<'de> for Member<'_, S> {
    type Value = Option<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with {:?}", self.key)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(place) = map.next_key_seed(Place(&[self.key]))? {
            match place {
                Some(_) => found = Some(map.next_value_seed(self.of)?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}

/// Where a key stands in a list; None where it does not.
struct Place<'a>(&'a [&'a str]);

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Place<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|known| *known == key))
    }
}

#[derive(Clone, Copy)]
struct Rows<'a>(&'a [&'a str]);

impl<'de> DeserializeSeed<'de> for Rows<'_> {
    type Value = Vec<Row>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = Vec<Row>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = seq.next_element_seed(OneRow(self.0))? {
            rows.extend(row);
        }
        Ok(rows)
    }
}

/// None for anything but an object.
struct OneRow<'a>(&'a [&'a str]);

impl<'de> DeserializeSeed<'de> for OneRow<'_> {
    type Value = Option<Row>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for OneRow<'_> {
    type Value = Option<Row>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut record = Map::with_capacity(self.0.len());
        while let Some(place) = map.next_key_seed(Place(self.0))? {
            match place.and_then(|place| self.0.get(place)) {
                Some(field) => drop(record.insert((*field).to_owned(), map.next_value()?)),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some(record))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn rows_come_with_the_fields_that_are_kept() {
        let names = FieldNames::default();
        let row = json!({
            "id": "1", "searchVector": "'x':1", "emails": {"primaryEmail": "a@x.com", "additionalEmails": []},
            "createdBy": {"name": "key", "context": {}}, "planCustom": null, "city": "Q\u{fc}b\"ec", "position": -1.5,
        });
        let answer = json!({
            "note": [1, {"data": 2}], "data": {"other": [], "createPeople": [row, null, [1], "x", 1, -1, 1.5, true]},
        });
        let kept =
            |kept| read(answer.to_string().as_bytes(), "createPeople", &kept).expect("an envelope");
        let all = json!({
            "id": "1", "emails": {"primaryEmail": "a@x.com", "additionalEmails": []}, "planCustom": null, "city": "Q\u{fc}b\"ec",
        });
        let rows = |rows: Option<Vec<Row>>| rows.map(|rows| json!(rows));
        assert_eq!(rows(kept(Kept::all(&names))), Some(json!([all])));
        let few = json!({"id": "1", "planCustom": null, "city": "Q\u{fc}b\"ec"});
        assert_eq!(rows(kept(Kept::identity(&names))), Some(json!([few])));
        let escaped = br#"{"d\u0061ta":{"createPeople":[{"\u0069d":"1"}]}}"#;
        let read_escaped = read(escaped, "createPeople", &Kept::all(&names)).expect("an envelope");
        assert_eq!(rows(read_escaped), Some(json!([{"id": "1"}])));
    }

    #[test]
    fn anything_but_an_envelope_is_none() {
        let names = FieldNames::default();
        for text in [
            "",
            "[]",
            "null",
            "{}",
            r#"{"data":null}"#,
            r#"{"data":{"people":[]}}"#,
            r#"{"data":{"createPeople":{}}}"#,
            r#"{"data":{"createPeople":[]}} more"#,
            r#"{"data":{"createPeople":[{"id":"1"}"#,
        ] {
            let rows = read(text.as_bytes(), "createPeople", &Kept::all(&names));
            assert_eq!(
                rows.ok().flatten(),
                None::<Vec<Map<String, Value>>>,
                "{text}"
            );
        }
    }
}
