//! Records over REST: paths, parameters, and the answers of each call (`docs/twenty/protocol.md#records`).

use std::sync::Arc;

use uuid::Uuid;

use crate::errors::ApiError;
use crate::field_choice::FieldChoice;
use crate::http::{ApiResult, Request, Response, respond};
use crate::list_params::{ListParams, depth};
use crate::record_calls::Call;
use crate::schema::Object;
use crate::state::State;
use crate::{duplicates, filter_rest, group_by, merge};

/// The meaning of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Collection,
    One(Uuid),
    Batch,
    Restore,
    Duplicates,
    Merge,
    GroupBy,
}

/// Answers a request on records.
pub fn handle(state: &Arc<State>, request: &Request) -> Response {
    respond(route(state, request))
}

fn route(state: &Arc<State>, request: &Request) -> ApiResult<Response> {
    let method = match request.method.as_str() {
        "HEAD" => "GET",
        "PUT" => "PATCH",
        method @ ("GET" | "POST" | "PATCH" | "DELETE") => method,
        other => return Err(ApiError::no_route(other, &request.path)),
    };
    let (plural, target) = parse_path(request)?;
    let depth = depth(request)?;
    let settings = state.settings();
    let params = ListParams::parse(request, settings.differences())?;
    let object = find_object(state, &plural)?;
    let filter = match request.query("filter") {
        Some(text) => Some(filter_rest::parse(&state.world().schema, &object, text)?),
        None => None,
    };
    let choice = FieldChoice::of(request, &object, settings.differences())?;
    state
        .take_token()
        .map_err(|limited| state.limited(&limited, request.key.as_ref()))?;
    let may_write = request.key.as_ref().is_some_and(|k| k.may_write);
    let reads = method == "GET" || target == Target::Duplicates;
    if !reads && !may_write {
        return Err(ApiError::permission_denied(400));
    }
    if !reads {
        settings.check_allowance()?;
    }
    // Members are invited, not created.
    if method == "POST" && !reads && object.name_singular == "workspaceMember" {
        return Err(ApiError::permission_denied(400));
    }
    let call = Call {
        state,
        request,
        object,
        depth,
        filter,
        choice,
    };
    let response = match (method, target) {
        ("GET", Target::One(id)) => call.get_one(id),
        ("GET", Target::GroupBy) => group_by::handle(&call),
        ("GET", _) => call.list(params),
        ("POST", Target::Batch) => call.create_many(),
        ("POST", Target::Duplicates) => duplicates::handle(&call),
        ("POST", _) => call.create_one(),
        ("PATCH", Target::One(id)) => call.update_one(id),
        ("PATCH", Target::Restore) => call.restore(),
        ("PATCH", Target::Merge) => merge::handle(&call),
        ("PATCH", _) => call.update_many(),
        ("DELETE", Target::One(id)) => call.delete_one(id),
        _ => call.delete_many(),
    }?;
    Ok(match &call.choice {
        Some(choice) => choice.mark(response),
        None => response,
    })
}

fn parse_path(request: &Request) -> ApiResult<(String, Target)> {
    let segments = request.segments();
    let names: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    let (plural, target) = match names[..] {
        [plural] => (plural, Target::Collection),
        ["batch", plural] => (plural, Target::Batch),
        ["restore", plural] => (plural, Target::Restore),
        [plural, "duplicates"] => (plural, Target::Duplicates),
        [plural, "merge"] => (plural, Target::Merge),
        [plural, "groupBy"] => (plural, Target::GroupBy),
        [plural, id] => match Uuid::try_parse(id) {
            Ok(id) => (plural, Target::One(id)),
            Err(_) => {
                return Err(ApiError::bad_request(format!("'{id}' is not a valid UUID")));
            }
        },
        _ => {
            return Err(ApiError::bad_request(format!(
                "Query path '{}' invalid. Valid examples: /rest/companies/id or /rest/companies \
                 or /rest/batch/companies",
                request.path
            )));
        }
    };
    Ok((plural.to_owned(), target))
}

fn find_object(state: &State, plural: &str) -> ApiResult<Arc<Object>> {
    let world = state.world();
    if let Some(object) = world.schema.by_plural(plural) {
        return Ok(Arc::clone(object));
    }
    let hint = match world.schema.by_singular(plural) {
        Some(object) => format!("Did you mean '{}'?", object.name_plural),
        None => "eg: companies".to_owned(),
    };
    Err(ApiError::bad_request(format!(
        "object '{plural}' not found. {hint}"
    )))
}
