//! Prints values as the server's runtime does in its messages.

use serde_json::Value;

/// `'text'`, `[ 1, 'a' ]`, `{ a: null }`.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.contains('\'') && !text.contains('"') => format!("\"{text}\""),
        Value::String(text) => format!("'{text}'"),
        Value::Array(items) if !items.is_empty() => {
            let items: Vec<String> = items.iter().map(shown).collect();
            format!("[ {} ]", items.join(", "))
        }
        Value::Object(entries) if !entries.is_empty() => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{key}: {}", shown(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_print_as_in_the_servers_runtime() {
        for (value, text) in [
            (json!("a"), "'a'"),
            (json!("o'neil"), "\"o'neil\""),
            (json!([]), "[]"),
            (json!({}), "{}"),
            (json!(["GAMMA", null]), "[ 'GAMMA', null ]"),
            (json!({ "a": [1] }), "{ a: [ 1 ] }"),
        ] {
            assert_eq!(shown(&value), text);
        }
    }
}
