//! The control API under `/__sim`: no authentication, never counted as traffic.
//!
//! | call | does |
//! |---|---|
//! | GET stats | counters: requests by route and status, tokens, connections, records |
//! | GET log | the last requests, oldest first, with bodies; keys are left out |
//! | GET records/{plural} | all rows as they are stored, soft-deleted ones included |
//! | GET keys | tokens of the keys that the server knows, by purpose |
//! | GET, POST, DELETE faults | how often each rule fired; adds a rule or a list; drops all |
//! | POST reset `{preset?}` | back to the state after start |
//! | POST clock `{advanceMs}` | moves the server's clock: timestamps and rate limits |
//! | POST options | changes settings and fields while the server runs |
//! | POST seed `{plural: [rows]}` | inserts rows as they would be stored |
//! | POST webhooks `{targetUrl, operations?, secret?}` | registers a webhook, as `POST /rest/webhooks` does |
//! | POST ids `{next: [ids]}` | prescribes the ids of the next inserts |

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::errors::ApiError;
use crate::faults::FaultRule;
use crate::flavour::Flavour;
use crate::http::{ApiResult, Request, Response, respond};
use crate::options::{MetadataFormat, Preset, RateLimits, ServiceTimes, UnsentSubfields};
use crate::schema::FieldType;
use crate::schema_seed::custom;
use crate::state::{Settings, State};
use crate::store::Record;
use crate::values::blanks_to_null;

/// Answers a control request.
pub fn handle(state: &Arc<State>, request: &Request) -> Response {
    respond(route(state, request))
}

fn route(state: &Arc<State>, request: &Request) -> ApiResult<Response> {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    let done = || Ok(Response::json(200, &json!({ "ok": true })));
    match (request.method.as_str(), &segments[..]) {
        ("GET", ["stats"]) => Ok(Response::json(200, &state.report())),
        ("GET", ["log"]) => Ok(Response::json(
            200,
            &json!({ "requests": state.stats.entries() }),
        )),
        ("GET", ["records", plural]) => Ok(Response::json(200, &json!(state.records(plural)))),
        ("GET", ["faults"]) => Ok(Response::json(
            200,
            &json!({ "fired": state.faults.fired() }),
        )),
        ("GET", ["keys"]) => Ok(Response::json(200, &state.keys.tokens())),
        ("POST", ["faults"]) => {
            let rules: Rules = body(request)?;
            state.faults.add(match rules {
                Rules::One(rule) => vec![*rule],
                Rules::Many(rules) => rules,
            });
            done()
        }
        ("DELETE", ["faults"]) => {
            state.faults.clear();
            done()
        }
        ("POST", ["reset"]) => {
            let Target { preset } = body(request)?;
            match preset {
                Some(preset) => state.reset_to(preset),
                None => state.reset(),
            }
            done()
        }
        ("POST", ["ids"]) => {
            let NextIds { next } = body(request)?;
            state.set_next_ids(next);
            done()
        }
        ("POST", ["clock"]) => {
            let Move { advance_ms } = body(request)?;
            state.clock.advance_ms(advance_ms);
            Ok(Response::json(200, &json!({ "nowMs": state.now_ms() })))
        }
        ("POST", ["options"]) => {
            let changes: Changes = body(request)?;
            change(state, changes)?;
            done()
        }
        ("POST", ["seed"]) => {
            let rows: Map<String, Value> = body(request)?;
            let count = seed(state, rows)?;
            Ok(Response::json(200, &json!({ "seeded": count })))
        }
        ("POST", ["webhooks"]) => crate::webhooks::create(state, &body(request)?),
        _ => Err(ApiError::no_route(&request.method, &request.path)),
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Rules {
    Many(Vec<FaultRule>),
    One(Box<FaultRule>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Move {
    advance_ms: i64,
}

#[derive(Deserialize)]
struct Target {
    preset: Option<Preset>,
}

#[derive(Deserialize)]
struct NextIds {
    next: Vec<Uuid>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Changes {
    latency_ms: Option<u64>,
    service_times: Option<ServiceTimes>,
    rate_limits: Option<RateLimits>,
    metadata_format: Option<MetadataFormat>,
    flavour: Option<Flavour>,
    unsent_subfields: Option<UnsentSubfields>,
    upsert_race_probability: Option<f64>,
    deliver_webhooks_to_loopback: Option<bool>,
    keep_alive_ms: Option<u64>,
    #[serde(deserialize_with = "present")]
    record_limit: Option<Option<usize>>,
    told_limits: Option<bool>,
    allowance_exhausted: Option<bool>,
    webhook_limit: Option<bool>,
    database_down: Option<bool>,
    add_fields: Vec<NewField>,
    remove_fields: Vec<FieldName>,
}

/// Distinguishes a null, which removes a limit, from a missing key.
fn present<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(
    value: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(value).map(Some)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewField {
    object: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    is_unique: bool,
    #[serde(default)]
    options: Vec<String>,
}

#[derive(Deserialize)]
struct FieldName {
    object: String,
    name: String,
}

fn body<T: for<'de> Deserialize<'de>>(request: &Request) -> ApiResult<T> {
    let text = if request.body.is_empty() {
        b"{}".as_slice()
    } else {
        &request.body
    };
    serde_json::from_slice(text).map_err(|e| ApiError::nest(400, "Bad Request", e.to_string()))
}

fn change(state: &State, changes: Changes) -> ApiResult<()> {
    state.change_settings(|settings: &mut Settings| {
        let now = *settings;
        settings.latency_ms = changes.latency_ms.unwrap_or(now.latency_ms);
        settings.service_times = changes.service_times.unwrap_or(now.service_times);
        settings.rate_limits = changes.rate_limits.unwrap_or(now.rate_limits);
        settings.metadata_format = changes.metadata_format.unwrap_or(now.metadata_format);
        settings.flavour = changes.flavour.unwrap_or(now.flavour);
        settings.unsent_subfields = changes.unsent_subfields.unwrap_or(now.unsent_subfields);
        settings.upsert_race_probability = changes
            .upsert_race_probability
            .unwrap_or(now.upsert_race_probability);
        settings.deliver_webhooks_to_loopback = changes
            .deliver_webhooks_to_loopback
            .unwrap_or(now.deliver_webhooks_to_loopback);
        settings.keep_alive_ms = changes.keep_alive_ms.unwrap_or(now.keep_alive_ms);
        settings.record_limit = changes.record_limit.unwrap_or(now.record_limit);
        settings.told_limits = changes.told_limits.unwrap_or(now.told_limits);
        settings.allowance_exhausted = changes
            .allowance_exhausted
            .unwrap_or(now.allowance_exhausted);
        settings.webhook_limit = changes.webhook_limit.unwrap_or(now.webhook_limit);
        settings.database_down = changes.database_down.unwrap_or(now.database_down);
    });
    let bad = |message: String| ApiError::nest(400, "Bad Request", message);
    let now_ms = state.now_ms();
    let mut world = state.world();
    for new in changes.add_fields {
        let object = world
            .schema
            .by_plural(&new.object)
            .cloned()
            .ok_or_else(|| bad(format!("no object '{}'", new.object)))?;
        let kind = FieldType::parse(&new.kind)
            .ok_or_else(|| bad(format!("no field type '{}'", new.kind)))?;
        let mut field = custom(&object.name_singular, &new.name, &new.name, kind);
        field.is_unique = new.is_unique;
        field.options = crate::schema::options(&object.name_singular, &new.name, &new.options);
        field.created_at_ms = now_ms;
        field.updated_at_ms = now_ms;
        let fits = world.edit_object(object.id, |o| {
            o.fields.retain(|f| f.name != field.name);
            o.fields.push(field);
        });
        if fits == Some(false) {
            return Err(bad(format!("'{}' holds the same value twice", new.name)));
        }
    }
    for gone in changes.remove_fields {
        let object = world
            .schema
            .by_plural(&gone.object)
            .cloned()
            .ok_or_else(|| bad(format!("no object '{}'", gone.object)))?;
        world.edit_object(object.id, |o| o.fields.retain(|f| f.name != gone.name));
    }
    Ok(())
}

/// Inserts rows in stored form: `{ "people": [{...}] }`. Missing ids, timestamps, positions and actors are filled in,
/// and blank texts become null. Nothing else is normalised or validated, and a row with an existing id replaces the old
/// one.
fn seed(state: &State, rows: Map<String, Value>) -> ApiResult<usize> {
    let bad = |message: String| ApiError::nest(400, "Bad Request", message);
    let mut count = 0;
    for (plural, rows) in rows {
        let Value::Array(rows) = rows else {
            return Err(bad(format!("'{plural}' is not a list")));
        };
        for row in rows {
            let Value::Object(mut record) = row else {
                return Err(bad(format!("a row of '{plural}' is not an object")));
            };
            complete(state, &mut record);
            let mut world = state.world();
            let object = world
                .schema
                .by_plural(&plural)
                .cloned()
                .ok_or_else(|| bad(format!("no object '{plural}'")))?;
            blanks_to_null(&object, &mut record);
            let table = world.table_mut(&object.name_singular);
            table.remove(crate::store::id_of(&record));
            table
                .insert(record)
                .map_err(|_| bad(format!("row {count} of '{plural}' is a duplicate")))?;
            count += 1;
        }
    }
    Ok(count)
}

fn complete(state: &State, record: &mut Record) {
    let now = crate::clock::iso(state.now_ms());
    let actor = json!({
        "source": "MANUAL", "workspaceMemberId": null, "name": "System", "context": null
    });
    if !record.contains_key("id") {
        record.insert("id".to_owned(), Value::from(state.new_id().to_string()));
    }
    for (key, value) in [
        ("createdAt", Value::from(now.as_str())),
        ("updatedAt", Value::from(now.as_str())),
        ("position", Value::from(0)),
        ("createdBy", actor.clone()),
        ("updatedBy", actor),
    ] {
        record.entry(key).or_insert(value);
    }
}
