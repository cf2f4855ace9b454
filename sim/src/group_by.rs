//! GET /rest/{plural}/groupBy.

use serde_json::{Value, json};

use crate::errors::ApiError;
use crate::find;
use crate::http::{ApiResult, Response};
use crate::record_calls::Call;
use crate::schema::Object;
use crate::store::get;

/// Most groups that the server returns.
const MAX_GROUPS: usize = 50;

/// Answers with the distinct values of the columns in `group_by`, `[{"field":true}]`.
///
/// # Errors
/// 400 for a parameter that is not such a list, or names an unknown field.
pub fn handle(call: &Call<'_>) -> ApiResult<Response> {
    let text = call.request.query("group_by").unwrap_or_default();
    let wanted: Value = serde_json::from_str(text).unwrap_or_default();
    let columns: Vec<(String, Option<String>)> = wanted
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .flatten()
        .map(|(name, value)| {
            (
                name.clone(),
                value
                    .as_object()
                    .and_then(|subs| subs.keys().next().cloned()),
            )
        })
        .collect();
    if columns.is_empty() {
        return Err(ApiError::bad_request(format!(
            "group_by '{text}' is invalid"
        )));
    }
    if let Some((name, _)) = columns
        .iter()
        .find(|(name, _)| !is_column(&call.object, name))
    {
        return Err(crate::values::no_field(&call.object, name));
    }
    let world = call.state.world();
    let filter = call.compiled(&world)?;
    let mut groups: Vec<Vec<&Value>> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for row in find::matching(&world, &call.object, filter.as_ref()) {
        let values: Vec<&Value> = columns
            .iter()
            .map(|(name, sub)| get(row, name, sub.as_deref()))
            .collect();
        if seen.insert(json!(values).to_string()) {
            groups.push(values);
        }
    }
    groups.truncate(MAX_GROUPS);
    let answer: Vec<Value> = groups
        .into_iter()
        .map(|values| json!({ "groupByDimensionValues": values }))
        .collect();
    let mut response = Response::json(200, &answer);
    response.service_time = call.lookup_time(answer.len());
    Ok(response)
}

fn is_column(object: &Object, name: &str) -> bool {
    object.column(name).is_some()
}
