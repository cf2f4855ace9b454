//! What happens to a composite's subfields that a write does not send.
//!
//! Recorded: they survive in e-mails and names, and a link's label is removed with its URL. No recording has an
//! additional number or link. On a real 2.21 server, which ran beside this simulator, they do not survive: a write of
//! phones or links writes every subfield, null for those that were not sent. [`UnsentSubfields::Wiped`] does that.

use serde_json::{Map, Value, json};

use crate::options::UnsentSubfields;
use crate::schema::{FieldType, Object};
use crate::values::Payload;

/// Completes the phones and links of a payload, if the setting asks for it.
pub fn complete(object: &Object, payload: &mut Payload, unsent: UnsentSubfields) {
    if unsent == UnsentSubfields::Kept {
        return;
    }
    for (column, value) in &mut payload.columns {
        let (Some(field), Value::Object(parts)) = (object.column(column), value) else {
            continue;
        };
        match field.kind {
            FieldType::Phones => {
                parts.entry("additionalPhones").or_insert(Value::Null);
            }
            FieldType::Links => links(parts),
            _ => {}
        }
    }
}

/// All links in order, without blanks; the first is the primary one.
fn links(parts: &mut Map<String, Value>) {
    let mut all = vec![json!({
        "url": parts.remove("primaryLinkUrl"),
        "label": parts.remove("primaryLinkLabel"),
    })];
    if let Some(Value::Array(further)) = parts.remove("secondaryLinks") {
        all.extend(further);
    }
    all.retain(|link| link["url"].as_str().is_some_and(|url| !url.is_empty()));
    let mut all = all.into_iter();
    let first = all.next().unwrap_or_default();
    let further: Vec<Value> = all.collect();
    parts.insert("primaryLinkUrl".to_owned(), first["url"].clone());
    parts.insert("primaryLinkLabel".to_owned(), first["label"].clone());
    let further = match further.is_empty() {
        true => Value::Null,
        false => Value::Array(further),
    };
    parts.insert("secondaryLinks".to_owned(), further);
}
