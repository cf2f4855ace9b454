//! Execution of a query: one list per root field.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::answer::{self, Problem};
use super::ast::{FieldNode, Operation};
use super::select::{Context, Fragments, PageInfo, fields};
use crate::auth::ApiKey;
use crate::errors::ApiError;
use crate::filter;
use crate::find::{Query, find};
use crate::http::{ApiResult, Response};
use crate::order::{self, OrderBy};
use crate::rate_limit::Limited;
use crate::schema::Object;
use crate::state::State;
use crate::store::World;

/// Rows of a page that names no size, and the largest page.
const MAX_ROWS: usize = 200;

/// Executes the operation.
pub fn run(
    state: &State,
    key: &ApiKey,
    operation: &Operation,
    fragments: &Fragments,
    variables: &Map<String, Value>,
) -> Response {
    let roots = fields(&operation.selections, fragments);
    let mut seen = HashSet::new();
    if let Some(twice) = roots.iter().find(|root| !seen.insert(root.name.as_str())) {
        let message = format!("Duplicate root resolver: \"{}\"", twice.name);
        let problem = Problem::bad_query(message).print();
        return answer::sent(&json!({ "data": {}, "errors": [problem] }));
    }
    let mut data = Map::new();
    let mut errors = Vec::new();
    let mut looked_up = 0;
    let mut tokens = Tokens { key, spent: None };
    for root in roots {
        let outcome = if root.name == "__typename" {
            Ok((Value::from("Query"), 0))
        } else {
            resolve(state, root, fragments, variables, &mut tokens)
        };
        let value = match outcome {
            Ok((value, rows)) => {
                looked_up += rows;
                value
            }
            Err(Some(problem)) => {
                errors.push(problem.print());
                Value::Null
            }
            Err(None) => {
                let message = format!("Cannot query field \"{}\" on type \"Query\".", root.name);
                return answer::refused(400, &json!({ "message": message }));
            }
        };
        data.insert(root.alias.clone(), value);
    }
    let mut body = json!({ "data": data });
    if !errors.is_empty() {
        body["errors"] = Value::from(errors);
    }
    let per_row = state.settings().service_times.lookup_us;
    let mut response = answer::sent(&body);
    response.service_time = Duration::from_micros(per_row.saturating_mul(looked_up));
    response
}

/// The tokens of one request. Until 2.31 its roots ask at the same time: the bucket is read by all of them before one
/// writes it, and they spend one together.
struct Tokens<'a> {
    key: &'a ApiKey,
    spent: Option<Result<(), Limited>>,
}

impl Tokens<'_> {
    fn take(&mut self, state: &State) -> Result<(), Option<Problem>> {
        let asks_anew = state.settings().differences().exact_buckets;
        let taken = match self.spent {
            Some(taken) if !asks_anew => taken,
            _ => state.take_token(),
        };
        self.spent = Some(taken);
        taken.map_err(|limited| {
            let refusal = state.told(&limited, Some(self.key));
            Some(Problem::throttled(&limited, refusal))
        })
    }
}

/// One root field and the number of rows it showed; `None` for a field that does not exist.
fn resolve(
    state: &State,
    root: &FieldNode,
    fragments: &Fragments,
    variables: &Map<String, Value>,
    tokens: &mut Tokens<'_>,
) -> Result<(Value, u64), Option<Problem>> {
    let object = state
        .world()
        .schema
        .by_plural(&root.name)
        .cloned()
        .ok_or(None)?;
    tokens.take(state)?;
    let world = state.world();
    let arguments: Map<String, Value> = root
        .arguments
        .iter()
        .filter_map(|(name, argument)| Some((name.clone(), argument.resolve(variables)?)))
        .collect();
    list(&world, &object, root, fragments, &arguments)
        .map_err(|error| Some(Problem::from_api(&error, &object.name_singular)))
}

fn list(
    world: &World,
    object: &Object,
    root: &FieldNode,
    fragments: &Fragments,
    arguments: &Map<String, Value>,
) -> ApiResult<(Value, u64)> {
    let given = |name: &str| arguments.get(name).filter(|value| !value.is_null());
    let count = |name: &str| given(name).and_then(Value::as_u64);
    let cursor = |name: &str| {
        given(name)
            .and_then(Value::as_str)
            .map(order::parse_cursor)
            .transpose()
    };
    let size = count("first")
        .or(count("last"))
        .and_then(|rows| usize::try_from(rows).ok());
    let query = Query {
        filter: given("filter")
            .map(|filter| filter::compile(&world.schema, object, filter))
            .transpose()?,
        order: ordering(object, given("orderBy"))?,
        after: cursor("after")?,
        before: cursor("before")?,
        limit: size.unwrap_or(MAX_ROWS).min(MAX_ROWS),
    };
    let page = find(world, object, &query)?;
    let shown = u64::try_from(page.rows.len()).unwrap_or(u64::MAX);
    let info = PageInfo {
        total: page.total,
        has_next: page.has_next_page,
        has_previous: page.has_previous_page,
        start: page.start_cursor,
        end: page.end_cursor,
        order: query.order,
    };
    let context = Context { world, fragments };
    Ok((
        context.connection(object, &page.rows, &info, &root.selections),
        shown,
    ))
}

/// `[{field: AscNullsFirst}, {composite: {sub: DescNullsLast}}]`, or one such object.
fn ordering(object: &Object, given: Option<&Value>) -> ApiResult<Vec<OrderBy>> {
    let entries = match given {
        None => return Ok(Vec::new()),
        Some(Value::Array(entries)) => entries.clone(),
        Some(one) => vec![one.clone()],
    };
    let mut keys = Vec::new();
    for entry in &entries {
        for (column, content) in entry.as_object().into_iter().flatten() {
            match content {
                Value::Object(subs) => {
                    for (sub, name) in subs {
                        keys.push(key(column, Some(sub), name)?);
                    }
                }
                name => keys.push(key(column, None, name)?),
            }
        }
    }
    order::check(object, &keys)?;
    Ok(keys)
}

fn key(column: &str, sub: Option<&String>, name: &Value) -> ApiResult<OrderBy> {
    let name = name.as_str().unwrap_or_default();
    let (descending, nulls_first) = order::direction(name).ok_or_else(|| {
        let message = format!("Value \"{name}\" does not exist in \"OrderByDirection\" enum.");
        ApiError::bad_request(message)
    })?;
    Ok(OrderBy {
        column: column.to_owned(),
        sub: sub.cloned(),
        descending,
        nulls_first,
    })
}
