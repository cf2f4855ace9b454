//! Translates the REST filter grammar to GraphQL's form (`docs/twenty/protocol.md#lists`).

use serde_json::{Map, Value, json};

use crate::errors::ApiError;
use crate::filter::COMPARATORS;
use crate::http::ApiResult;
use crate::schema::{FieldType, Object, Schema, SubType};

/// Parses the `filter` parameter.
///
/// # Errors
/// 400 for invalid text and for unknown comparators; unknown fields are found later, when the filter is compiled.
pub fn parse(schema: &Schema, object: &Object, text: &str) -> ApiResult<Value> {
    check_brackets(text)?;
    let whole = if conjunction(text).is_some() {
        text.to_owned()
    } else {
        format!("and({text})")
    };
    part(schema, object, &whole)
}

fn check_brackets(text: &str) -> ApiResult<()> {
    let count = |c: char| text.chars().filter(|x| *x == c).count();
    let (open, close) = (count('('), count(')'));
    let (missing, kind) = match open.cmp(&close) {
        std::cmp::Ordering::Equal => return Ok(()),
        std::cmp::Ordering::Greater => (open - close, "close"),
        std::cmp::Ordering::Less => (close - open, "open"),
    };
    let verb = if missing == 1 {
        "bracket is"
    } else {
        "brackets are"
    };
    let message = format!("'filter' invalid. {missing} {kind} {verb} missing in the query");
    Err(ApiError::bad_request(message))
}

/// `and(x)`, `or(x)` or `not(x)` with a non-empty x up to the end of the text.
fn conjunction(text: &str) -> Option<(&'static str, &str)> {
    ["and", "or", "not"].iter().find_map(|name| {
        let rest = text
            .strip_prefix(name)?
            .strip_prefix('(')?
            .strip_suffix(')')?;
        (!rest.is_empty()).then_some((*name, rest))
    })
}

fn part(schema: &Schema, object: &Object, text: &str) -> ApiResult<Value> {
    let Some((name, content)) = conjunction(text) else {
        return base(schema, object, text);
    };
    let parts: Vec<Value> = split(content)
        .into_iter()
        .map(|p| part(schema, object, p))
        .collect::<ApiResult<_>>()?;
    if name == "not" {
        return Ok(json!({ "not": parts.into_iter().next() }));
    }
    let mut result = Map::new();
    result.insert(name.to_owned(), Value::Array(parts));
    Ok(Value::Object(result))
}

/// Splits at commas outside brackets and quotes. Both kinds of quote toggle independently, so an apostrophe swallows
/// the condition after it.
fn split(content: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut square) = (0_i32, 0_i32);
    let (mut single, mut double) = (false, false);
    let mut start = 0;
    for (index, c) in content.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            '[' => square += 1,
            ']' => square -= 1,
            '"' => double = !double,
            '\'' => single = !single,
            ',' if depth == 0 && square == 0 && !single && !double => {
                parts.push(&content[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(&content[start..]);
    parts
}

fn malformed(text: &str) -> ApiError {
    ApiError::bad_request(format!("'filter' invalid for '{text}'. eg: price[gte]:10"))
}

/// `path[comparator]:value`.
fn base(schema: &Schema, object: &Object, text: &str) -> ApiResult<Value> {
    let (path, rest) = text.split_once('[').ok_or_else(|| malformed(text))?;
    let (comparator, value) = rest.split_once("]:").ok_or_else(|| malformed(text))?;
    if path.is_empty() || comparator.is_empty() || value.is_empty() {
        return Err(malformed(text));
    }
    if !COMPARATORS.contains(&comparator) {
        let known = COMPARATORS.join(", ");
        return Err(ApiError::bad_request(format!(
            "'filter' invalid for '{text}', comparator {comparator} not in {known}"
        )));
    }
    let names: Vec<&str> = path.split('.').collect();
    let kind = leaf(schema, object, &names);
    let operand = match comparator {
        "in" | "containsAny" => {
            let inner = value.strip_prefix('[').and_then(|v| v.strip_suffix(']'));
            let inner = inner.ok_or_else(|| malformed(text))?;
            let items = inner.split(',').filter(|item| !item.is_empty());
            Value::Array(items.map(|item| typed(kind, unquoted(item))).collect())
        }
        "is" => Value::from(unquoted(value)),
        _ => typed(kind, unquoted(value)),
    };
    let mut result = json!({ comparator: operand });
    for name in names.iter().rev() {
        result = json!({ *name: result });
    }
    Ok(result)
}

/// Removes an outer pair of quotes; there is no escape.
fn unquoted(value: &str) -> &str {
    ['"', '\'']
        .iter()
        .find_map(|q| value.strip_prefix(*q)?.strip_suffix(*q))
        .unwrap_or(value)
}

#[derive(Clone, Copy, PartialEq)]
enum Leaf {
    Text,
    Number,
    Boolean,
}

fn leaf(schema: &Schema, object: &Object, names: &[&str]) -> Leaf {
    let Some((first, rest)) = names.split_first() else {
        return Leaf::Text;
    };
    let Some(field) = object.column(first) else {
        let target = object
            .field(first)
            .and_then(|f| f.relation.as_ref())
            .and_then(|r| schema.by_singular(&r.target));
        return target.map_or(Leaf::Text, |target| leaf(schema, target, rest));
    };
    let sub = rest.first().and_then(|name| {
        field
            .kind
            .subfields()
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, kind)| *kind)
    });
    match (field.kind, sub) {
        (_, Some(SubType::Number | SubType::BigInt)) => Leaf::Number,
        (FieldType::Number | FieldType::Numeric | FieldType::Position, None) => Leaf::Number,
        (FieldType::Boolean, None) => Leaf::Boolean,
        _ => Leaf::Text,
    }
}

fn typed(kind: Leaf, text: &str) -> Value {
    match kind {
        Leaf::Number => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(number), _) => Value::from(number),
            (_, Ok(number)) => Value::from(number),
            _ => Value::from(text),
        },
        Leaf::Boolean => Value::from(text.eq_ignore_ascii_case("true")),
        Leaf::Text => Value::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Preset;
    use crate::schema_seed::seed;

    fn people(text: &str) -> ApiResult<Value> {
        let schema = seed(Preset::Provisioned, 0);
        parse(&schema, schema.by_singular("person").unwrap(), text)
    }

    fn refusal(text: &str) -> String {
        people(text).unwrap_err().message()
    }

    #[test]
    fn conditions_nest_and_quotes_come_off_once() {
        assert_eq!(
            people("or(and(externalId[eq]:\"a,b\",totalSubmissions[gte]:4),not(id[in]:[x,'y']))")
                .unwrap(),
            json!({ "or": [
                { "and": [
                    { "externalId": { "eq": "a,b" } },
                    { "totalSubmissions": { "gte": 4 } },
                ] },
                { "not": { "id": { "in": ["x", "y"] } } },
            ] })
        );
        let value = |text: &str| people(text).unwrap()["and"][0]["externalId"].clone();
        assert_eq!(value("externalId[eq]:x]y[z"), json!({ "eq": "x]y[z" }));
        assert_eq!(value("externalId[eq]:'\"q\"'"), json!({ "eq": "\"q\"" }));
        assert_eq!(value("externalId[eq]:k:v"), json!({ "eq": "k:v" }));
        assert_eq!(value("externalId[eq]:\"\""), json!({ "eq": "" }));
        assert_eq!(value("externalId[in]:[a, b]"), json!({ "in": ["a", " b"] }));
    }

    #[test]
    fn an_apostrophe_swallows_the_next_condition() {
        let filter = people("externalId[eq]:o'neil,name.firstName[eq]:Q3").unwrap();
        assert_eq!(
            filter,
            json!({ "and": [{ "externalId": { "eq": "o'neil,name.firstName[eq]:Q3" } }] })
        );
    }

    #[test]
    fn bad_filters_are_refused_in_the_servers_words() {
        assert_eq!(
            refusal(""),
            "'filter' invalid for 'and()'. eg: price[gte]:10"
        );
        assert_eq!(
            refusal("garbage"),
            "'filter' invalid for 'garbage'. eg: price[gte]:10"
        );
        assert_eq!(
            refusal("jobTitle[eq]:Embryologist, clinical"),
            "'filter' invalid for ' clinical'. eg: price[gte]:10"
        );
        assert_eq!(
            refusal("externalId[eq]:\"p(q\""),
            "'filter' invalid. 1 close bracket is missing in the query"
        );
        assert!(refusal("jobTitle[equals]:x").ends_with("like, ilike"));
    }
}
