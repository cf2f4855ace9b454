//! Composites with other values beside ours: a person's additional numbers, a link's label and additional links.
//!
//! Subfields that are not sent keep their values in e-mails and names, but not in phones and links: there the server
//! sets missing additional numbers, labels and links to `null` (`docs/twenty/protocol.md#values`). So such a value is
//! written only if the row does not have it already, and together with the row's other subfields.
//!
//! A name given as one text is similar: it is split by a guess, so a row with the same name keeps its own parts.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use url::Url;

use super::ids::ObjectKind;
use super::phone::Phone;
use super::values::{is_blank, part};
use super::{additional_emails, additional_phones, domain, email, name};

const PHONE: &str = "primaryPhoneNumber";
const LINK: &str = "primaryLinkUrl";
const EMAIL: &str = "primaryEmail";
const LABEL: &str = "primaryLinkLabel";
const FURTHER_LINKS: &str = "secondaryLinks";
const FURTHER_PHONES: &str = "additionalPhones";

/// Whether writing this value removes other values of the row.
fn is_shared(value: &Value) -> bool {
    value.get(PHONE).is_some() || value.get(LINK).is_some()
}

/// Whether this is the name of a person that was split from one text: the row may have the same name in other parts.
fn is_split_name(name: &str, value: &Value, is_name_split: bool) -> bool {
    is_name_split && name == "name" && value.is_object()
}

/// Removes from an update what must not be written before the row is known.
pub fn leave_out_shared(payload: &mut Map<String, Value>, is_name_split: bool) {
    payload.retain(|name, value| !is_shared(value) && !is_split_name(name, value, is_name_split));
}

/// Whether an update contains anything that must not be written before the row is known.
pub fn has_shared(payload: &Map<String, Value>, is_name_split: bool) -> bool {
    payload
        .iter()
        .any(|(name, value)| is_shared(value) || is_split_name(name, value, is_name_split))
}

/// A person's name as one text.
pub fn whole_name(record: &Map<String, Value>) -> Option<String> {
    let parts = record.get("name")?.as_object()?;
    Some(name::join(
        part(parts, "firstName"),
        part(parts, "lastName"),
    ))
}

/// Removes a split name from the update if the row has the same name, as given or as split: the row's parts are better
/// than a guess.
fn leave_out_same_name(payload: &mut Map<String, Value>, row: &Map<String, Value>, flat: &str) {
    if let (Some(held), Some(written)) = (whole_name(row), whole_name(payload))
        && (held == flat || held == written)
    {
        payload.shift_remove("name");
    }
}

/// Changes an update of `row` so that no value is lost: values that the row already has are removed from the update,
/// and the others are completed with the row's other subfields.
///
/// Returns the names of links that should be cleared but are kept. The server would replace the cleared link by the
/// first additional one, and the next clearing would remove that.
pub fn carry_over(
    payload: &mut Map<String, Value>,
    row: &Map<String, Value>,
    flat_name: Option<&str>,
) -> Vec<String> {
    let mut uncleared = Vec::new();
    if let Some(flat) = flat_name {
        leave_out_same_name(payload, row, flat);
    }
    payload.retain(|name, value| {
        let held = row.get(name).and_then(Value::as_object);
        if held.is_some_and(|held| has_further_email(held, value.get(EMAIL))) {
            return false;
        }
        let Some(Value::Object(held)) = row.get(name).filter(|_| is_shared(value)) else {
            return true;
        };
        let Value::Object(written) = value else {
            return true;
        };
        if holds_field(name, held, written) {
            return false;
        }
        let clears = written.get(LINK).is_some_and(is_blank);
        if clears
            && held
                .get(FURTHER_LINKS)
                .is_some_and(|links| !is_blank(links))
        {
            uncleared.push(name.clone());
            return false;
        }
        for key in [FURTHER_PHONES, FURTHER_LINKS, LABEL] {
            // A label belongs to its link, and goes with it.
            if let Some(beside) = held.get(key)
                && !is_blank(beside)
                && !(clears && key == LABEL)
            {
                let beside = match key {
                    FURTHER_PHONES => additional_phones::to_send(beside),
                    _ => beside.clone(),
                };
                written.insert(key.to_owned(), beside);
            }
        }
        true
    });
    uncleared
}

/// The payload that clears a unique value: blank, with the row's other subfields.
pub fn emptied(row: &Map<String, Value>, field: &str, subfield: &str) -> Map<String, Value> {
    let mut parts = Map::new();
    parts.insert(subfield.to_owned(), "".into());
    if let Some(links) = row.get(field).and_then(|held| held.get(FURTHER_LINKS))
        && !is_blank(links)
    {
        parts.insert(FURTHER_LINKS.to_owned(), links.clone());
    }
    let mut payload = Map::new();
    payload.insert(field.to_owned(), Value::Object(parts));
    payload
}

/// Like [`holds_parts`], for the named field. All spellings of a company's domain count as equal, and the row keeps its
/// own.
pub fn holds_field(name: &str, held: &Map<String, Value>, written: &Map<String, Value>) -> bool {
    let link = |parts: &Map<String, Value>| {
        let link = parts.get(LINK)?.as_str()?.to_owned();
        (name == ObjectKind::Company.unique_field() && !link.is_empty()).then_some(link)
    };
    if has_further_email(held, written.get(EMAIL)) {
        return true;
    }
    match (link(held), link(written)) {
        (Some(held), Some(written)) => domain::canonical(&held) == domain::canonical(&written),
        _ => holds_parts(held, written),
    }
}

/// Whether a row's composite has the values of a payload's. Subfields that were only copied from the row are not
/// compared.
pub fn holds_parts(held: &Map<String, Value>, written: &Map<String, Value>) -> bool {
    if written.contains_key(PHONE) {
        return is_same_phone(held, written);
    }
    written.iter().all(|(key, value)| match key.as_str() {
        LABEL | FURTHER_LINKS => true,
        _ => match held.get(key) {
            None => is_blank(value),
            Some(held) => is_same_part(key, held, value),
        },
    })
}

fn is_same_part(key: &str, held: &Value, written: &Value) -> bool {
    if held == written || (is_blank(held) && is_blank(written)) {
        return true;
    }
    let (Some(held), Some(written)) = (held.as_str(), written.as_str()) else {
        return false;
    };
    match key {
        LINK => is_same_link(held, written),
        EMAIL => email::canonical(held) == email::canonical(written),
        _ => false,
    }
}

/// Whether a row has this address among its additional e-mails: then it keeps its primary one.
fn has_further_email(held: &Map<String, Value>, address: Option<&Value>) -> bool {
    let Some(address) = address.and_then(Value::as_str) else {
        return false;
    };
    let address = email::canonical(address);
    additional_emails::held_by(held).any(|further| further == address)
}

/// The server splits a number again and adds the country.
fn is_same_phone(held: &Map<String, Value>, written: &Map<String, Value>) -> bool {
    const COUNTRY: &str = "primaryPhoneCountryCode";
    let country = |parts: &Map<String, Value>| {
        let code = parts.get(COUNTRY).and_then(Value::as_str).unwrap_or("");
        (!code.is_empty()).then(|| code.to_owned())
    };
    let is_same_country = match (country(held), country(written)) {
        (Some(held), Some(written)) => held == written,
        _ => true,
    };
    is_same_country && Phone::from_parts(held) == Phone::from_parts(written)
}

/// Some servers store a link's path and query as sent, others decode them once (according to the source of both);
/// sending a stored link again then gives a different text. Both count as the same link.
fn is_same_link(held: &str, written: &str) -> bool {
    let stored = stored_link(written);
    stored == held || stored == stored_link(held)
}

/// A link as the server stores it (`docs/twenty/protocol.md#values`).
fn stored_link(link: &str) -> String {
    let Ok(url) = Url::parse(link) else {
        return link.to_owned();
    };
    let mut text = url.origin().ascii_serialization();
    text.push_str(&decoded(url.path()));
    if let Some(query) = url.query().filter(|query| !query.is_empty()) {
        text.push('?');
        text.push_str(&decoded(query));
    }
    if let Some(fragment) = url.fragment().filter(|text| !text.is_empty()) {
        text.push('#');
        text.push_str(fragment);
    }
    text.trim_end_matches('/').to_owned()
}

/// Like JavaScript's `decodeURIComponent`; what that rejects stays as it is. The exception is `^`, which some versions
/// of Node.js write as `%5E`.
fn decoded(text: &str) -> Cow<'_, str> {
    let undecoded = || Cow::Owned(text.replace('^', "%5E"));
    let starts_with_hex = |rest: &str| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    match text.split('%').skip(1).all(starts_with_hex) {
        true => percent_decode_str(text)
            .decode_utf8()
            .unwrap_or_else(|_| undecoded()),
        false => undecoded(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        serde_json::from_value(value).expect("an object")
    }

    fn update(payload: Value, row: Value) -> (Value, Vec<String>) {
        let mut payload = map(payload);
        let uncleared = carry_over(&mut payload, &map(row), None);
        (Value::Object(payload), uncleared)
    }

    #[test]
    fn without_a_look_up_only_safe_values_are_sent() {
        let mut payload = map(json!({
            "name": {"firstName": "J", "lastName": "S"}, "emails": {"primaryEmail": "j@x.co"}, "city": "Bonn",
            "phones": {"primaryPhoneNumber": null}, "website": {"primaryLinkUrl": "https://a.b"},
        }));
        leave_out_shared(&mut payload, false);
        assert_eq!(
            payload.keys().collect::<Vec<_>>(),
            ["name", "emails", "city"]
        );
        assert!(has_shared(&payload, true) && !has_shared(&payload, false));
        leave_out_shared(&mut payload, true);
        assert_eq!(payload.keys().collect::<Vec<_>>(), ["emails", "city"]);
        // A company's name has no parts.
        let mut payload = map(json!({"name": "Acme"}));
        leave_out_shared(&mut payload, true);
        assert!(!payload.is_empty());
    }

    #[test]
    fn a_row_with_the_same_name_keeps_its_parts() {
        let split = json!({"name": {"firstName": "Anna", "lastName": "Maria"}, "city": "Bonn"});
        for (first, last, stays) in [
            ("Anna Maria", "", true),
            ("", "Anna Maria", true),
            ("Anna", "Maria", true),
            ("Anna  Maria ", "", true),
            ("Anna", "", false),
            ("Maria", "Anna", false),
            ("anna", "maria", false),
        ] {
            let row = map(json!({"name": {"firstName": first, "lastName": last}}));
            let mut payload = map(split.clone());
            carry_over(&mut payload, &row, Some("Anna Maria"));
            assert_eq!(payload.contains_key("name"), !stays, "{first}|{last}");
            let mut payload = map(split.clone());
            carry_over(&mut payload, &row, None);
            assert!(
                payload.contains_key("name"),
                "given in parts: {first}|{last}"
            );
        }
        let mut payload = map(split);
        carry_over(&mut payload, &map(json!({})), Some("Anna Maria"));
        assert!(payload.contains_key("name"));
        // "Last, First" is the same name in the other order.
        let read = map(json!({"name": {"firstName": "Anna", "lastName": "Lopez"}}));
        for (first, last) in [("Anna", "Lopez"), ("Lopez, Anna", ""), ("Lopez,", "Anna")] {
            let row = map(json!({"name": {"firstName": first, "lastName": last}}));
            let mut payload = read.clone();
            carry_over(&mut payload, &row, Some("Lopez, Anna"));
            assert!(payload.is_empty(), "{first}|{last}");
        }
    }

    #[test]
    fn another_value_is_written_with_what_stands_beside_the_old_one() {
        let row = json!({
            "phones": {
                "primaryPhoneNumber": "612345678", "primaryPhoneCountryCode": "FR", "primaryPhoneCallingCode": "+33",
                "additionalPhones": [{"number": "698765432", "countryCode": "FR", "callingCode": "+33"}],
            },
            "website": {
                "primaryLinkUrl": "https://a.b", "primaryLinkLabel": "Blog",
                "secondaryLinks": [{"url": "https://c.d", "label": "x"}],
            },
        });
        let payload = json!({
            "city": "Bonn",
            "phones": {
                "primaryPhoneNumber": "4155552671", "primaryPhoneCountryCode": "US", "primaryPhoneCallingCode": "+1",
            },
            "website": {"primaryLinkUrl": "https://e.f"},
        });
        let (sent, uncleared) = update(payload, row);
        assert_eq!(
            sent,
            json!({
                "city": "Bonn",
                "phones": {
                    "primaryPhoneNumber": "4155552671", "primaryPhoneCountryCode": "US",
                    "primaryPhoneCallingCode": "+1",
                    "additionalPhones": [{"number": "698765432", "countryCode": "FR", "callingCode": "+33"}],
                },
                "website": {
                    "primaryLinkUrl": "https://e.f", "secondaryLinks": [{"url": "https://c.d", "label": "x"}],
                    "primaryLinkLabel": "Blog",
                },
            })
        );
        assert!(uncleared.is_empty());
    }

    #[test]
    fn a_value_that_the_row_holds_is_not_written() {
        let row = json!({
            "phones": {
                "primaryPhoneNumber": "5551234567", "primaryPhoneCountryCode": "US", "primaryPhoneCallingCode": "+1",
            },
            "website": {"primaryLinkUrl": "https://x.com/a b", "primaryLinkLabel": "", "secondaryLinks": []},
        });
        let payload = json!({
            "jobTitle": "CTO",
            "phones": {
                "primaryPhoneNumber": "+15551234567", "primaryPhoneCountryCode": "", "primaryPhoneCallingCode": "+1",
            },
            "website": {"primaryLinkUrl": "https://x.com/a%20b"},
        });
        assert_eq!(update(payload, row).0, json!({"jobTitle": "CTO"}));
    }

    #[test]
    fn clearing_takes_the_primary_value_alone() {
        let cleared = json!({"primaryPhoneNumber": null, "primaryPhoneCountryCode": null});
        let (sent, _) = update(
            json!({"phones": cleared}),
            json!({"phones": {"primaryPhoneNumber": "1", "additionalPhones": [{"number": "2"}]}}),
        );
        assert_eq!(sent["phones"]["additionalPhones"], json!([{"number": "2"}]));
        let (sent, uncleared) = update(
            json!({"website": {"primaryLinkUrl": null}}),
            json!({"website": {"primaryLinkUrl": "https://a.b", "primaryLinkLabel": "x", "secondaryLinks": []}}),
        );
        assert_eq!(sent, json!({"website": {"primaryLinkUrl": null}}));
        assert!(uncleared.is_empty());
        let beside = json!([{"url": "https://c.d", "label": null}]);
        let (sent, uncleared) = update(
            json!({"website": {"primaryLinkUrl": null}}),
            json!({"website": {"primaryLinkUrl": "https://a.b", "secondaryLinks": beside}}),
        );
        assert_eq!((sent, uncleared), (json!({}), vec!["website".to_owned()]));
        let (sent, uncleared) = update(
            json!({"website": {"primaryLinkUrl": null}}),
            json!({"website": {"primaryLinkUrl": "", "secondaryLinks": beside}}),
        );
        assert_eq!((sent, uncleared), (json!({}), vec![]));
    }

    #[test]
    fn a_row_that_releases_a_domain_keeps_its_other_links() {
        let beside = json!([{"url": "https://c.d", "label": null}]);
        let row = map(json!({"domainName": {"primaryLinkUrl": "a.b", "secondaryLinks": beside}}));
        assert_eq!(
            Value::Object(emptied(&row, "domainName", "primaryLinkUrl")),
            json!({"domainName": {"primaryLinkUrl": "", "secondaryLinks": beside}})
        );
        let row = map(json!({"emails": {"primaryEmail": "a@b.c"}}));
        assert_eq!(
            Value::Object(emptied(&row, "emails", "primaryEmail")),
            json!({"emails": {"primaryEmail": ""}})
        );
    }

    #[test]
    fn links_are_compared_as_the_server_stores_them() {
        for (held, written, is_same) in [
            ("https://x.com/ünï", "https://x.com/%C3%BCn%C3%AF", true),
            ("https://x.com/a b", "https://x.com/a%20b", true),
            ("https://x.com/a?q=+", "https://x.com/a?q=%2B", true),
            ("https://x.com/%2B", "https://x.com/%252B", true),
            ("https://x.com/a#b", "https://x.com/a%23b", true),
            ("https://x.com", "https://X.com/", true),
            ("https://xn--bcher-kva.de", "https://bücher.de", true),
            ("https://x.com/%E0%A4%A", "https://x.com/%E0%A4%A", true),
            ("https://x.com/%FF", "https://x.com/%FF", true),
            ("https://x.com/%5E%FF", "https://x.com/^%FF", true),
            ("https://x.com/^%FF", "https://x.com/^%FF", true),
            ("https://x.com/%5E%", "https://x.com/^%", true),
            ("https://x.com/a", "https://x.com/A", false),
            ("http://x.com", "https://x.com", false),
            ("x.com", "https://x.com", false),
            ("", "https://x.com", false),
        ] {
            assert_eq!(is_same_link(held, written), is_same, "{held} {written}");
        }
    }

    #[test]
    fn numbers_are_compared_as_they_are_dialled() {
        let phone = |number: &str, country: &str, calling: &str| {
            map(json!({
                "primaryPhoneNumber": number, "primaryPhoneCountryCode": country, "primaryPhoneCallingCode": calling,
            }))
        };
        let written = phone("612345678", "FR", "+33");
        for (held, is_same) in [
            (phone("612345678", "FR", "+33"), true),
            (phone("+33612345678", "", "+33"), true),
            (phone("612345678", "GP", "+33"), false),
            (phone("612345679", "FR", "+33"), false),
            (phone("612345678", "FR", ""), false),
            (phone("", "", ""), false),
        ] {
            assert_eq!(holds_parts(&held, &written), is_same, "{held:?}");
        }
        let without_country = phone("+212528841672", "", "+212");
        for country in ["EH", "MA", ""] {
            let held = phone("528841672", country, "+212");
            assert!(holds_parts(&held, &without_country), "{country}");
        }
        let cleared = map(super::super::phone::cleared());
        assert!(holds_parts(&phone("", "", ""), &cleared));
        assert!(holds_parts(
            &map(json!({"primaryPhoneNumber": null})),
            &cleared
        ));
        assert!(!holds_parts(&written, &cleared));
    }

    #[test]
    fn addresses_are_compared_in_one_form_of_their_domain() {
        let held = |address: &str| map(json!({"primaryEmail": address, "additionalEmails": []}));
        let written = map(json!({"primaryEmail": "jane@bücher.de"}));
        assert!(holds_parts(&held("jane@xn--bcher-kva.de"), &written));
        assert!(holds_parts(&held("Jane@bücher.de"), &written));
        assert!(!holds_parts(&held("jane@bucher.de"), &written));
    }
}
