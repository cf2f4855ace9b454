//! A row's additional phone numbers, in a form that can be sent back.

use serde_json::{Value, json};

use super::phone::{e164_of, is_non_geographic};
use super::phone_plans::is_reassigned;

/// The numbers as stored, without what the server would refuse: calling codes that belong to no country (such as +800;
/// merging two people can produce them), and countries that the numbering plan no longer gives to the number.
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
        Ok(code)
            if !number.is_empty() && (is_non_geographic(code) || is_reassigned(code, number)) =>
        {
            json!({"number": e164_of(&format!("+{calling}"), number)})
        }
        _ => held.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ambiguous_countries_are_left_to_the_server() {
        let french = json!({"number": "612345678", "countryCode": "FR", "callingCode": "+33"});
        let held = json!([
            french,
            {"number": "12345678", "countryCode": null, "callingCode": "+800"},
            {"number": "+88312345678", "countryCode": "", "callingCode": "883"},
            {"number": "528841672", "countryCode": "EH", "callingCode": "+212"},
            {"number": "", "callingCode": "+800"},
            {"number": "030 12345"},
        ]);
        let sent = json!([
            french,
            {"number": "+80012345678"},
            {"number": "+88312345678"},
            {"number": "+212528841672"},
            {"number": "", "callingCode": "+800"},
            {"number": "030 12345"},
        ]);
        assert_eq!(to_send(&held), sent);
        assert_eq!(to_send(&json!("[]")), json!("[]"));
    }
}
