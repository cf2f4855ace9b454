//! Checks a connection in one call: server, Twenty, key, permissions, schema and rate limit, each with advice. It
//! changes nothing in the CRM, takes a limited time, and never fails.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::http::{ClientConfig, HttpClient, Request, Response};
use crate::core::twenty::advice::WRONG_ADDRESS;
use crate::core::twenty::connect::connect;
use crate::core::twenty::fields::FieldNames;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::jwt_claims::JwtClaims;
use crate::core::twenty::provision;
use crate::core::twenty::schema::WorkspaceSchema;

use super::learnt::Learnt;
use super::options::ServiceOptions;
use super::provisioning;

mod api_key;
mod finding;

pub use finding::{Check, Diagnosis, Finding, Status};

type Answer = Result<Response, CrmError>;

/// Checks a configuration, given as JSON text (as `TwentyCrmRestClient` takes it). There are two rounds of requests,
/// each limited by the configuration's `timeout`: the first only needs a server, the second a key that the server
/// accepts. `options` are `{ fieldNames? }` as JSON text.
pub async fn diagnose(config: &str, options: &str) -> Diagnosis {
    let read = ClientConfig::from_json(config)
        .and_then(|config| Ok((config, ServiceOptions::from_json(options)?.field_names)));
    match read {
        Ok((config, names)) => examine(config, &names, now_ms()).await,
        Err(error) => Diagnosis::new(vec![Finding::failed(Check::Config, &error)]),
    }
}

fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
}

async fn examine(mut config: ClientConfig, names: &FieldNames, now_ms: u64) -> Diagnosis {
    config.max_retries = 0;
    config.max_throttle_wait_ms = 0;
    config.deadline_ms = Some(config.timeout_ms);
    let time = Duration::from_millis(config.timeout_ms);
    let claims = JwtClaims::read(config.api_key.expose());
    let mut findings = config_findings(&config);
    let http = match connect(config) {
        Ok(http) => http,
        Err(error) => {
            findings.push(Finding::failed(Check::Config, &error));
            return Diagnosis::new(findings);
        }
    };

    let started = Instant::now();
    let (health, people, about) = tokio::join!(
        http.call(once(Request::get("/healthz"))),
        http.call(once(Request::get("/rest/people?limit=0"))),
        http.call(once(Request::get("/client-config"))),
    );
    let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let people = people.and_then(|answer| expect_rows(answer, ObjectKind::Person));

    if let Some(error) = unreachable(&health, &people) {
        findings.push(Finding::failed(Check::Reachable, error));
        findings.extend(api_key::offline(claims.as_ref(), now_ms));
        return Diagnosis::new(findings);
    }
    findings.push(
        Finding::ok(
            Check::Reachable,
            format!("The server answers, in {latency_ms} ms"),
        )
        .with("latencyMs", latency_ms),
    );
    if let Some(error) = not_twenty(&health, &people) {
        let mut finding = Finding::failed(Check::Twenty, error);
        finding
            .advice
            .get_or_insert_with(|| WRONG_ADDRESS.to_owned());
        findings.push(finding);
        findings.extend(api_key::offline(claims.as_ref(), now_ms));
        return Diagnosis::new(findings);
    }
    findings.push(Finding::ok(
        Check::Twenty,
        "It answers like a Twenty server",
    ));
    findings.push(version(&about));
    let key = api_key::judge(&people, claims.as_ref(), now_ms);
    let is_refused = key.status == Status::Error;
    findings.push(key);
    if is_refused {
        return Diagnosis::new(findings);
    }
    findings.extend(with_key(&http, names, people, time).await);
    Diagnosis::new(findings)
}

/// One attempt, sent even while the workspace is throttled: the doctor does not wait.
fn once(mut request: Request) -> Request {
    request.skip_retry = true;
    request
}

fn config_findings(config: &ClientConfig) -> Vec<Finding> {
    let url = url::Url::parse(config.base_url.as_str()).ok();
    let is_local = url.as_ref().is_none_or(|url| match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback() || address.is_private(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        // A name without a dot is that of a container or a local machine.
        Some(url::Host::Domain(name)) => !name.contains('.') || name.ends_with(".localhost"),
        None => true,
    });
    if is_local || url.is_some_and(|url| url.scheme() == "https") {
        return Vec::new();
    }
    vec![
        Finding::warning(
            Check::Config,
            format!(
                "{} is not encrypted: anyone on the network path can read the API key",
                config.base_url
            ),
        )
        .advise("Use https://."),
    ]
}

/// The answer, or an error if it is not one of Twenty's lists.
fn expect_rows(answer: Response, kind: ObjectKind) -> Answer {
    let rows = serde_json::from_slice::<Value>(&answer.body)
        .ok()
        .and_then(|body| body.get("data")?.get(kind.plural()).map(Value::is_array));
    if rows == Some(true) {
        return Ok(answer);
    }
    Err(CrmError::new(
        ErrorCode::Unknown,
        "The server answers, but not like Twenty",
    )
    .with_status(answer.status)
    .with_detail("reason", error_reason::NOT_TWENTY))
}

/// The error that kept both probes from getting an answer. "No server behind this gateway" counts as no answer.
fn unreachable<'e>(health: &Answer, people: &'e Answer) -> Option<&'e CrmError> {
    let is_answer = |answer: &Answer| match answer {
        Ok(_) => true,
        Err(error) => error
            .status
            .is_some_and(|status| !matches!(status, 407 | 502..=504 | 511 | 520..=530)),
    };
    match people {
        Err(error) if !is_answer(health) && !is_answer(people) => Some(error),
        _ => None,
    }
}

/// The error that shows that this is not Twenty. Twenty is recognised by its list of people, by its health route, or by
/// the text with which it refuses keys and calls. A refusal by something in front of it means that Twenty was not
/// reached, even if the health route answers.
fn not_twenty<'e>(health: &Answer, people: &'e Answer) -> Option<&'e CrmError> {
    let error = people.as_ref().err()?;
    if error.reason() == Some(error_reason::GATEWAY) {
        return Some(error);
    }
    let is_healthy = health.as_ref().is_ok_and(|answer| {
        serde_json::from_slice::<Value>(&answer.body)
            .is_ok_and(|body| body.get("status").and_then(Value::as_str) == Some("ok"))
    });
    let is_known_refusal = error.details.contains_key("serverError")
        || error.details.contains_key("serverCode")
        || error.code == ErrorCode::RateLimit;
    // Every workspace has people, so if this list is refused, the base URL's path is too long or too short.
    let is_elsewhere = matches!(
        error.code,
        ErrorCode::Unknown
            | ErrorCode::NotFound
            | ErrorCode::OperationFailed
            | ErrorCode::ValidationError
    );
    (is_elsewhere || !(is_healthy || is_known_refusal)).then_some(error)
}

/// The web app starts with the public client configuration, in which servers report their version.
fn version(about: &Answer) -> Finding {
    let said = about.as_ref().ok().and_then(|answer| {
        let body: Value = serde_json::from_slice(&answer.body).ok()?;
        let version = body.get("appVersion")?.as_str()?.to_owned();
        (!version.is_empty() && version.len() <= 100).then_some(version)
    });
    match said {
        Some(version) => Finding::ok(Check::Version, format!("It reports version {version}"))
            .with("version", version),
        None => Finding::ok(Check::Version, "It does not report its version"),
    }
}

/// The second round: the permissions of the key, the workspace's fields, and whether its rate limit was reached.
async fn with_key(
    http: &HttpClient,
    names: &FieldNames,
    people: Answer,
    time: Duration,
) -> Vec<Finding> {
    let (companies, write_person, write_company, schema) = tokio::join!(
        http.call(once(Request::get("/rest/companies?limit=0"))),
        http.call(write_probe(ObjectKind::Person)),
        http.call(write_probe(ObjectKind::Company)),
        timeout(time, provisioning::read(http)),
    );
    let companies = companies.and_then(|answer| expect_rows(answer, ObjectKind::Company));
    let learnt = json!(Learnt::of(http.workspace()));
    let limit =
        rate_limit(&[&people, &companies, &write_person, &write_company]).with("learnt", learnt);
    let schema = schema.unwrap_or_else(|_| {
        Err(CrmError::new(
            ErrorCode::Timeout,
            "The workspace's fields could not be read in time",
        ))
    });
    let mut findings = vec![
        reading(Check::ReadPeople, ObjectKind::Person, &people),
        reading(Check::ReadCompanies, ObjectKind::Company, &companies),
        writing(Check::WritePeople, ObjectKind::Person, &write_person),
        writing(Check::WriteCompanies, ObjectKind::Company, &write_company),
    ];
    findings.extend(schema_findings(&schema, names));
    findings.push(limit);
    findings
}

/// A write that cannot change anything: no row has a random id, and the server checks the permission before it looks
/// for the row (`docs/twenty/protocol.md#keys`).
fn write_probe(kind: ObjectKind) -> Request {
    let path = format!("/rest/{}/{}", kind.plural(), Uuid::new_v4());
    once(Request::patch(path, "{}"))
}

fn reading(check: Check, kind: ObjectKind, answer: &Answer) -> Finding {
    match answer {
        Ok(_) => Finding::ok(check, format!("The key may read {}", kind.plural())),
        Err(error) => Finding::unless_certain(check, error),
    }
}

fn writing(check: Check, kind: ObjectKind, answer: &Answer) -> Finding {
    match answer {
        // With the permission to write, a missing row gives a 404.
        Err(error) if error.code == ErrorCode::NotFound => {
            Finding::ok(check, format!("The key may write {}", kind.plural()))
        }
        Ok(_) => Finding::warning(
            check,
            format!(
                "Could not check whether the key may write {}: the server accepted an update of a row that does not \
                exist",
                kind.plural()
            ),
        ),
        Err(error) => Finding::unless_certain(check, error),
    }
}

fn schema_findings(
    schema: &Result<std::sync::Arc<WorkspaceSchema>, CrmError>,
    names: &FieldNames,
) -> Vec<Finding> {
    let schema = match schema {
        Ok(schema) => schema,
        Err(error) => return vec![Finding::unless_certain(Check::Schema, error)],
    };
    let may_read_metadata = schema.person.object_metadata_id.is_some();
    let metadata = if may_read_metadata {
        Finding::ok(
            Check::Metadata,
            "The key may read the workspace's data model",
        )
    } else {
        Finding::warning(
            Check::Metadata,
            "The key may not read the workspace's data model, so the package cannot see whether externalId is \
            unique: each record that this process does not know yet costs one more request",
        )
        .advise("Give the key's role the permission \"Data model\" in Twenty under Settings, Roles.")
    };
    vec![metadata, fields(schema, names)]
}

fn fields(schema: &WorkspaceSchema, names: &FieldNames) -> Finding {
    let plan = provision::plan(schema, names);
    let list = |fields: &[provision::PlannedField]| {
        let described: Vec<String> = fields
            .iter()
            .map(|field| provision::describe(names, field))
            .collect();
        described.join(", ")
    };
    let details = json!(plan);
    let finding = if plan.missing.is_empty() && plan.conflicting.is_empty() {
        Finding::ok(Check::Schema, "The workspace has all custom fields")
    } else if plan.conflicting.is_empty() {
        Finding::warning(
            Check::Schema,
            format!(
                "The workspace lacks custom fields, whose values are left out: {}",
                list(&plan.missing)
            ),
        )
        .advise("Let TwentyCrmSchemaService.apply() create them, or create them in Twenty under Settings, Data model.")
    } else {
        let why: Vec<&str> = plan
            .conflicting
            .iter()
            .filter_map(|field| field.message.as_deref())
            .collect();
        let missing = if plan.missing.is_empty() {
            String::new()
        } else {
            format!("; missing: {}", list(&plan.missing))
        };
        Finding::warning(
            Check::Schema,
            format!(
                "Custom fields cannot be used as they are: {}{missing}",
                list(&plan.conflicting)
            ),
        )
        .advise(why.join(". "))
    };
    finding.with("plan", details)
}

/// Whether one of these answers reported the rate limit.
fn rate_limit(answers: &[&Answer]) -> Finding {
    let refused = answers
        .iter()
        .filter_map(|answer| answer.as_ref().err())
        .find(|error| error.code == ErrorCode::RateLimit);
    if let Some(error) = refused {
        let mut finding = Finding::failed(Check::RateLimit, error);
        finding.status = Status::Warning;
        return finding;
    }
    let header = |name: &str| {
        answers
            .iter()
            .filter_map(|answer| answer.as_ref().ok())
            .find_map(|answer| answer.header(name)?.parse::<u64>().ok())
    };
    let mut finding = Finding::ok(
        Check::RateLimit,
        "The workspace's rate limit was not reached",
    );
    for (name, key) in [
        ("x-ratelimit-limit", "limit"),
        ("x-ratelimit-remaining", "remaining"),
    ] {
        if let Some(value) = header(name) {
            finding = finding.with(key, value);
        }
    }
    finding
}
