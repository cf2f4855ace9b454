//! Executes queries: one list per root field.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::answer::{self, Problem};
use super::ast::{FieldNode, Operation, OperationKind};
use super::mutate;
use super::select::{Context, Fragments, PageInfo, fields};
use crate::auth::ApiKey;
use crate::errors::ApiError;
use crate::filter_compile;
use crate::find::{Query, find};
use crate::flavour::Differences;
use crate::http::{ApiResult, Response};
use crate::order::{self, OrderBy};
use crate::rate_limit::Limited;
use crate::schema::Object;
use crate::state::State;
use crate::world::World;

/// Page size if the query sets none. A page size set by the query is not limited.
const DEFAULT_ROWS: usize = 200;

/// Executes the operation.
pub fn run(
    state: &Arc<State>,
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
    let is_down = state.settings().database_down;
    let mut held = Response::empty(200);
    let mut tokens = Tokens { key, spent: None };
    for root in roots {
        let kind = match operation.kind {
            OperationKind::Mutation => "Mutation",
            _ => "Query",
        };
        let outcome = if is_down {
            Err(Some(Problem::database_down()))
        } else if root.name == "__typename" {
            Ok((Value::from(kind), Response::empty(200)))
        } else if operation.kind == OperationKind::Mutation {
            mutation(state, root, fragments, variables, &mut tokens)
        } else {
            resolve(state, root, fragments, variables, &mut tokens)
        };
        let value = match outcome {
            Ok((value, cost)) => {
                held.service_time += cost.service_time;
                held.in_flight = cost.in_flight.or(held.in_flight);
                value
            }
            Err(Some(problem)) => {
                errors.push(problem.print());
                Value::Null
            }
            Err(None) => {
                let message = format!("Cannot query field \"{}\" on type \"{kind}\".", root.name);
                return answer::refused(400, &json!({ "message": message }));
            }
        };
        data.insert(root.alias.clone(), value);
    }
    let mut body = json!({ "data": data });
    if !errors.is_empty() {
        body["errors"] = Value::from(errors);
    }
    Response {
        service_time: held.service_time,
        in_flight: held.in_flight,
        ..answer::sent(&body)
    }
}

/// The tokens of one request. Until 2.31 its roots run concurrently: all of them read the bucket before one writes it,
/// so together they spend one token.
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

/// A root field's value, and an answer with its cost. `Err(None)` means that the field does not exist.
type Resolved = Result<(Value, Response), Option<Problem>>;

fn arguments(root: &FieldNode, variables: &Map<String, Value>) -> Map<String, Value> {
    root.arguments
        .iter()
        .filter_map(|(name, argument)| Some((name.clone(), argument.resolve(variables)?)))
        .collect()
}

/// One root field of a mutation.
fn mutation(
    state: &Arc<State>,
    root: &FieldNode,
    fragments: &Fragments,
    variables: &Map<String, Value>,
    tokens: &mut Tokens<'_>,
) -> Resolved {
    let found = mutate::find(state, &root.name).ok_or(None)?;
    tokens.take(state)?;
    let arguments = arguments(root, variables);
    mutate::run(state, tokens.key, &found, root, fragments, &arguments).map_err(Some)
}

/// One root field of a query.
fn resolve(
    state: &State,
    root: &FieldNode,
    fragments: &Fragments,
    variables: &Map<String, Value>,
    tokens: &mut Tokens<'_>,
) -> Resolved {
    let object = state
        .world()
        .schema
        .by_plural(&root.name)
        .cloned()
        .ok_or(None)?;
    tokens.take(state)?;
    let world = state.world();
    let arguments = arguments(root, variables);
    let differences = state.settings().differences();
    let (value, rows) = list(&world, &object, root, fragments, (&arguments, differences))
        .map_err(|error| Some(Problem::from_api(&error, &object.name_singular)))?;
    let per_row = state.settings().service_times.lookup_us;
    let mut cost = Response::empty(200);
    cost.service_time = Duration::from_micros(per_row.saturating_mul(rows));
    Ok((value, cost))
}

fn list(
    world: &World,
    object: &Object,
    root: &FieldNode,
    fragments: &Fragments,
    (arguments, differences): (&Map<String, Value>, &Differences),
) -> ApiResult<(Value, u64)> {
    let given = |name: &str| arguments.get(name).filter(|value| !value.is_null());
    let count = |name: &str| given(name).and_then(Value::as_u64);
    let cursor = |name: &str| {
        given(name)
            .and_then(Value::as_str)
            .map(order::parse_cursor)
            .transpose()
    };
    let is_negative = |name: &str| {
        given(name)
            .and_then(Value::as_i64)
            .is_some_and(|rows| rows < 0)
    };
    for (name, word, code) in [
        ("first", "First", "INVALID_ARGS_FIRST"),
        ("last", "Last", "INVALID_ARGS_LAST"),
    ] {
        if is_negative(name) {
            let message = format!("{word} argument must be non-negative");
            return Err(ApiError::coded(code, message));
        }
    }
    let size = count("first")
        .or(count("last"))
        .and_then(|rows| usize::try_from(rows).ok());
    let query = Query {
        filter: given("filter")
            .map(|filter| filter_compile::compile(&world.schema, object, filter))
            .transpose()?,
        order: ordering(given("orderBy"))?,
        after: cursor("after")?,
        before: cursor("before")?,
        limit: size.unwrap_or(DEFAULT_ROWS),
        is_honest: differences.honest_pages,
        skips_to_many: !differences.refuses_to_many_order,
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
fn ordering(given: Option<&Value>) -> ApiResult<Vec<OrderBy>> {
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
        through: None,
    })
}
