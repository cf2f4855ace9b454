//! Records over REST: paths, parameters, and what each call answers (WIRE.md section 4).

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::errors::ApiError;
use crate::events::RecordEvent;
use crate::filter::{self, Filter};
use crate::find::{self, Query};
use crate::http::{ApiResult, Request, Response, respond};
use crate::list_params::{ListParams, depth};
use crate::options::Flavour;
use crate::schema::Object;
use crate::state::{Settings, State};
use crate::store::{Record, World, is_deleted};
use crate::upsert;
use crate::values::{self, Payload};
use crate::view::View;
use crate::webhooks;
use crate::write::Write;
use crate::{duplicates, filter_rest, group_by, merge, remove};

/// Most records in a batch or a bulk update (QUERY_MAX_RECORDS).
const MAX_RECORDS: usize = 200;

/// What a path means.
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
    let params = ListParams::parse(request)?;
    let object = find_object(state, &plural)?;
    let filter = match request.query("filter") {
        Some(text) => Some(filter_rest::parse(&state.world().schema, &object, text)?),
        None => None,
    };
    let settings = state.settings();
    if let Err(limited) = state.take_tokens(1) {
        return Ok(limited.response(settings.flavour, state.now_ms()));
    }
    let may_write = request.key.as_ref().is_some_and(|k| k.may_write);
    let reads = method == "GET" || target == Target::Duplicates;
    if !reads && !may_write {
        return Err(ApiError::permission_denied(400));
    }
    if !reads {
        check_quota(&settings)?;
    }
    let call = Call {
        state,
        request,
        object,
        depth,
        filter,
    };
    match (method, target) {
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
    }
}

/// What later servers answer to writes of a workspace that is out of quota or credits.
fn check_quota(settings: &Settings) -> ApiResult<()> {
    if settings.flavour == Flavour::V2_21 {
        return Ok(());
    }
    if settings.credits_exhausted {
        return Err(ApiError::core(402, "CREDITS_EXHAUSTED", "No credits left"));
    }
    if settings.quota_exhausted {
        return Err(ApiError::core(409, "QUOTA_EXHAUSTED", "Quota exhausted"));
    }
    Ok(())
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

/// A call whose path and parameters are known to be good.
pub struct Call<'a> {
    /// The server.
    pub state: &'a Arc<State>,
    /// The request.
    pub request: &'a Request,
    /// The object in the path.
    pub object: Arc<Object>,
    /// 0 or 1.
    pub depth: u8,
    /// The filter in GraphQL's shape.
    pub filter: Option<Value>,
}

impl Call<'_> {
    fn flavoured(&self, payload: &Value) -> ApiResult<Payload> {
        values::normalise(&self.object, payload, self.state.settings().flavour)
    }

    /// The compiled filter.
    pub fn compiled(&self, world: &World) -> ApiResult<Option<Filter>> {
        self.filter
            .as_ref()
            .map(|filter| filter::compile(&world.schema, &self.object, filter))
            .transpose()
    }

    fn flag(&self, name: &str) -> bool {
        self.request.query(name) == Some("true")
    }

    /// Simulated time for rows that were read.
    pub fn lookup_time(&self, rows: usize) -> Duration {
        let each = self.state.settings().service_times.lookup_us;
        Duration::from_micros(each.saturating_mul(rows as u64))
    }

    fn get_one(&self, id: Uuid) -> ApiResult<Response> {
        let world = self.state.world();
        let row = world
            .table(&self.object.name_singular)
            .get(id)
            .filter(|row| !is_deleted(row))
            .ok_or_else(ApiError::record_not_found)?;
        let view = View::at_depth(&self.object, row, self.depth, &world);
        let mut response = data(200, &self.object.name_singular, &view);
        response.service_time = self.lookup_time(1);
        Ok(response)
    }

    fn list(&self, params: ListParams) -> ApiResult<Response> {
        let world = self.state.world();
        let query = Query {
            filter: self.compiled(&world)?,
            order: params.order,
            after: params.after,
            before: params.before,
            limit: params.limit,
        };
        let page = find::find(&world, &self.object, &query)?;
        let views: Vec<View<'_>> = page
            .rows
            .iter()
            .map(|row| View::at_depth(&self.object, row, self.depth, &world))
            .collect();
        let mut response = data(200, &self.object.name_plural, &views);
        let rest = serde_json::json!({
            "totalCount": page.total,
            "pageInfo": {
                "startCursor": page.start_cursor,
                "endCursor": page.end_cursor,
                "hasNextPage": page.has_next_page,
                "hasPreviousPage": page.has_previous_page,
            },
        })
        .to_string();
        response.body.pop();
        response.body.push(b',');
        response.body.extend_from_slice(&rest.as_bytes()[1..]);
        response.service_time = self.lookup_time(views.len());
        Ok(response)
    }

    fn create_one(&self) -> ApiResult<Response> {
        let payload = match &self.request.json {
            None => {
                let message = "Cannot read properties of undefined (reading 'position')";
                return Err(ApiError::core(400, "TypeError", message));
            }
            Some(Value::String(text)) => {
                let message = format!("Cannot create property 'position' on string '{text}'");
                return Err(ApiError::core(400, "TypeError", message));
            }
            Some(body) => self.flavoured(body)?,
        };
        let key = format!("create{}", self.object.pascal_singular());
        self.create(vec![payload], |views| data(201, &key, &views[0]))
    }

    fn create_many(&self) -> ApiResult<Response> {
        let Some(Value::Array(rows)) = &self.request.json else {
            return Err(ApiError::core(
                400,
                "TypeError",
                "args.data.forEach is not a function",
            ));
        };
        if rows.len() > MAX_RECORDS {
            let message = format!("Maximum number of records to upsert is {MAX_RECORDS}.");
            return Err(ApiError::bad_request(message));
        }
        let payloads = rows
            .iter()
            .map(|row| self.flavoured(row))
            .collect::<ApiResult<Vec<Payload>>>()?;
        let key = format!("create{}", self.object.pascal_plural());
        self.create(payloads, |views| data(201, &key, views))
    }

    fn create(
        &self,
        mut payloads: Vec<Payload>,
        answer: impl FnOnce(&[View<'_>]) -> Response,
    ) -> ApiResult<Response> {
        let is_upsert = self.flag("upsert");
        self.write(
            |write| {
                for payload in &mut payloads {
                    write.resolve(payload)?;
                }
                if is_upsert {
                    upsert::upsert(write, payloads)
                } else {
                    upsert::insert_all(write, payloads)
                }
            },
            answer,
        )
    }

    /// Runs a write under the lock and prints the rows whose ids it returns.
    pub fn write(
        &self,
        work: impl FnOnce(&mut Write<'_>) -> ApiResult<Vec<Uuid>>,
        answer: impl FnOnce(&[View<'_>]) -> Response,
    ) -> ApiResult<Response> {
        let mut world = self.state.world();
        let key = self.request.key.as_ref();
        let object = Arc::clone(&self.object);
        let mut write = Write::new(self.state, &mut world, object, key);
        let ids = work(&mut write)?;
        let (events, times) = finish(&mut write, self.state);
        let mark = write.in_flight();
        let table = world.table(&self.object.name_singular);
        let views: Vec<View<'_>> = ids
            .iter()
            .filter_map(|id| table.get(*id))
            .map(|row| View::at_depth(&self.object, row, self.depth, &world))
            .collect();
        let mut response = answer(&views);
        drop(world);
        response.service_time = times;
        response.in_flight = mark;
        if !events.is_empty() {
            webhooks::dispatch(self.state, events);
        }
        Ok(response)
    }

    fn update_one(&self, id: Uuid) -> ApiResult<Response> {
        let mut payload = self.flavoured(self.body())?;
        let key = format!("update{}", self.object.pascal_singular());
        self.write(
            |write| {
                if write
                    .world
                    .table(&self.object.name_singular)
                    .get(id)
                    .is_none()
                {
                    return Err(ApiError::record_not_found());
                }
                write.resolve(&mut payload)?;
                write.update(id, payload)?;
                Ok(vec![id])
            },
            |views| data(200, &key, &views[0]),
        )
    }

    fn body(&self) -> &Value {
        static EMPTY: Value = Value::Null;
        self.request.json.as_ref().unwrap_or(&EMPTY)
    }

    /// Ids of the rows that the filter means, in the order in which the database returns them.
    fn selected(&self, world: &World, keep: impl Fn(&Record) -> bool) -> ApiResult<Vec<Uuid>> {
        let filter = self.compiled(world)?;
        let table = world.table(&self.object.name_singular);
        let mut ids: Vec<Uuid> = find::rows(world, &self.object, filter.as_ref())
            .into_iter()
            .filter(|row| keep(row))
            .map(crate::store::id_of)
            .collect();
        ids.sort_by_key(|id| table.sequence(*id));
        Ok(ids)
    }

    fn update_many(&self) -> ApiResult<Response> {
        let mut payload = self.flavoured(self.body())?;
        let key = format!("update{}", self.object.pascal_plural());
        self.write(
            |write| {
                let sees_deleted = self
                    .compiled(write.world)?
                    .is_some_and(|filter| filter.mentions("deletedAt"));
                let ids = self.selected(write.world, |row| sees_deleted || !is_deleted(row))?;
                if ids.len() > MAX_RECORDS {
                    let message = format!("Cannot update more than {MAX_RECORDS} records at once");
                    return Err(ApiError::coded("TOO_MANY_RECORDS_TO_UPDATE", message));
                }
                write.resolve(&mut payload)?;
                for id in &ids {
                    write.update(*id, payload.clone())?;
                }
                Ok(ids)
            },
            |views| data(200, &key, views),
        )
    }

    fn delete_one(&self, id: Uuid) -> ApiResult<Response> {
        let key = format!("delete{}", self.object.pascal_singular());
        if self.flag("soft_delete") {
            return self.write(
                |write| write.set_deleted(id, true).map(|()| vec![id]),
                |views| data(200, &key, &views[0]),
            );
        }
        self.write(
            |write| {
                if remove::destroy(write, id) {
                    Ok(Vec::new())
                } else {
                    Err(ApiError::record_not_found())
                }
            },
            |_| data(200, &key, &Id { id }),
        )
    }

    fn delete_many(&self) -> ApiResult<Response> {
        let key = format!("delete{}", self.object.pascal_plural());
        let soft = self.flag("soft_delete");
        if self.filter.is_none() {
            let operation = if soft { "delete" } else { "destroy" };
            return Err(ApiError::bad_request(format!(
                "Filters are mandatory for bulk {operation} operations. Please provide at least \
                 one filter to prevent accidental deletion of all records."
            )));
        }
        if soft {
            return self.write(
                |write| {
                    let ids = self.selected(write.world, |row| !is_deleted(row))?;
                    for id in &ids {
                        write.set_deleted(*id, true)?;
                    }
                    Ok(ids)
                },
                |views| data(200, &key, views),
            );
        }
        let mut gone = Vec::new();
        let response = self.write(
            |write| {
                for id in self.selected(write.world, |_| true)? {
                    remove::destroy(write, id);
                    gone.push(Id { id });
                }
                Ok(Vec::new())
            },
            |_| Response::empty(200),
        )?;
        let mut answer = data(200, &key, &gone);
        answer.service_time = response.service_time;
        Ok(answer)
    }

    fn restore(&self) -> ApiResult<Response> {
        let key = format!("restore{}", self.object.pascal_plural());
        self.write(
            |write| {
                let ids = self.selected(write.world, is_deleted)?;
                for id in &ids {
                    write.set_deleted(*id, false)?;
                }
                Ok(ids)
            },
            |views| data(200, &key, views),
        )
    }
}

#[derive(Serialize)]
struct Id {
    id: Uuid,
}

/// Takes the events out of a write and prices it.
fn finish(write: &mut Write<'_>, state: &State) -> (Vec<RecordEvent>, Duration) {
    let times = state.settings().service_times;
    let micros = write
        .inserted
        .saturating_mul(times.insert_us)
        .saturating_add(write.updated.saturating_mul(times.update_us));
    (
        std::mem::take(&mut write.events),
        Duration::from_micros(micros),
    )
}

/// `{"data":{"<key>":<value>}}`.
pub fn data<T: Serialize + ?Sized>(status: u16, key: &str, value: &T) -> Response {
    let mut body = Vec::with_capacity(2048);
    body.extend_from_slice(b"{\"data\":{\"");
    body.extend_from_slice(key.as_bytes());
    body.extend_from_slice(b"\":");
    // Views and values have string keys only, and a Vec takes every write.
    let _ = serde_json::to_writer(&mut body, value);
    body.extend_from_slice(b"}}");
    Response::bytes(status, body)
}
