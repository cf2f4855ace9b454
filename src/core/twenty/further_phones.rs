//! The numbers that a row holds beside its first one, as they can be sent back.

use serde_json::{Value, json};

use super::phone::is_non_geographic;

/// Sent back as they are held, but for services that belong to no country: the server gives those a calling code, and
/// takes none, not even its own (+800 and the like come to be further numbers when two people are merged).
pub fn to_send(held: &Value) -> Value {
    match held {
        Value::Array(phones) => phones.iter().map(phone_to_send).collect(),
        _ => held.clone(),
    }
}

fn phone_to_send(held: &Value) -> Value {
    let part = |key: &str| held.get(key).and_then(Value::as_str).unwrap_or("");
    let (calling_code, number) = (part("callingCode"), part("number"));
    let calling = calling_code.strip_prefix('+').unwrap_or(calling_code);
    match calling.parse() {
        Ok(calling) if is_non_geographic(calling) && number.starts_with('+') => {
            json!({"number": number})
        }
        Ok(calling) if is_non_geographic(calling) && !number.is_empty() => {
            json!({"number": format!("+{calling}{number}")})
        }
        _ => held.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_without_a_country_leaves_its_calling_code_to_the_server() {
        let french = json!({"number": "612345678", "countryCode": "FR", "callingCode": "+33"});
        let held = json!([
            french,
            {"number": "12345678", "countryCode": null, "callingCode": "+800"},
            {"number": "+88312345678", "countryCode": "", "callingCode": "883"},
            {"number": "", "callingCode": "+800"},
            {"number": "030 12345"},
        ]);
        let sent = json!([
            french,
            {"number": "+80012345678"},
            {"number": "+88312345678"},
            {"number": "", "callingCode": "+800"},
            {"number": "030 12345"},
        ]);
        assert_eq!(to_send(&held), sent);
        assert_eq!(to_send(&json!("[]")), json!("[]"));
    }
}
