//! Complete upserts, step by step, without a server: what is sent, reported and remembered.

mod any_order;
mod collisions;
mod companies;
mod departed;
mod duplicates;
mod links;
mod lost;
mod ownership;
mod refusals;
mod together;
mod unchanged;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::conflicts::plan_together;
use super::input::Input;
use super::outcome::{AfterLoss, Blame};
use super::result::{Settled, Status};
use super::row::{Row, id_of};
use super::rules::{Rules, Seed, Unchanged, UpdateMode};
use super::upsert::{Effect, Plan, Recalled, Start, Step, Upsert};
use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::sync::options::{CallOptions, ServiceOptions};
use crate::core::twenty::domain::DomainForm;
use crate::core::twenty::ids::{ObjectKind, record_id};
use crate::core::twenty::input::{CompanyInput, PersonInput};
use crate::core::twenty::schema::{
    FieldInfo, FieldKind, ObjectSchema, Uniqueness, WorkspaceSchema,
};

/// Rows of other records.
const OTHER: &str = "22222222-2222-4222-8222-222222222222";
const THIRD: &str = "33333333-3333-4333-8333-333333333333";
/// A row that is remembered as ours and has an id that we did not derive.
const KEPT: &str = "44444444-4444-4444-8444-444444444444";
const COMPANY: &str = "55555555-5555-4555-8555-555555555555";

const EARLIER: &str = "2026-01-01T00:00:00.000Z";
const NOW: &str = "2026-03-01T00:00:00.000Z";

/// The external id, unless a test sets another one.
const ME: &str = "me";
const MINE: &str = "a@x.example";

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("no object: {other}"),
    }
}

/// The derived id of a person.
fn own_id(external_id: &str) -> String {
    record_id(ObjectKind::Person, None, external_id).to_string()
}

// The workspace.

fn object(fields: &[(&str, FieldKind, Uniqueness)]) -> ObjectSchema {
    let fields = fields.iter().map(|(name, kind, uniqueness)| {
        let name = (*name).to_owned();
        let info = FieldInfo {
            name: name.clone(),
            id: None,
            kind: kind.clone(),
            uniqueness: *uniqueness,
            active: true,
        };
        (name, info)
    });
    ObjectSchema {
        object_metadata_id: None,
        fields: fields.collect(),
    }
}

/// A workspace with this uniqueness of external ids and job titles.
fn schema(external_id: Uniqueness, job_title: Uniqueness) -> Arc<WorkspaceSchema> {
    use Uniqueness::{No, Yes};
    let person = object(&[
        ("id", FieldKind::Uuid, Yes),
        ("externalId", FieldKind::Text, external_id),
        ("name", FieldKind::FullName, No),
        ("emails", FieldKind::Emails, Yes),
        ("phones", FieldKind::Phones, No),
        ("jobTitle", FieldKind::Text, job_title),
        ("city", FieldKind::Text, No),
        ("website", FieldKind::Links, No),
        ("company", FieldKind::Relation, No),
    ]);
    let company = object(&[
        ("id", FieldKind::Uuid, Yes),
        ("externalId", FieldKind::Text, external_id),
        ("name", FieldKind::Text, No),
        ("domainName", FieldKind::Links, Yes),
        ("website", FieldKind::Links, No),
    ]);
    Arc::new(WorkspaceSchema::new(person, company))
}

fn usual_schema() -> Arc<WorkspaceSchema> {
    schema(Uniqueness::Yes, Uniqueness::No)
}

fn rules_on(schema: Arc<WorkspaceSchema>, kind: ObjectKind, options: &Value) -> Rules {
    let options = ServiceOptions::from_json(&options.to_string()).expect("options");
    let seed = Seed::of_call(kind, CallOptions::default());
    Rules::new(seed, &Arc::new(options), schema, DomainForm::default())
}

/// The service's options, for people in the usual workspace.
fn rules(options: &Value) -> Rules {
    rules_on(usual_schema(), ObjectKind::Person, options)
}

/// With these collision policies.
fn collisions(collisions: &Value) -> Rules {
    rules(&json!({ "collisions": collisions }))
}

/// For a dry run.
fn dry() -> Rules {
    let mut rules = rules(&json!({}));
    rules.is_dry = true;
    rules
}

// Rows and answers.

/// A live row of a person.
fn row(id: &str, external_id: &str, email: &str) -> Row {
    map(json!({
        "id": id,
        "createdAt": EARLIER,
        "updatedAt": EARLIER,
        "deletedAt": null,
        "externalId": external_id,
        "name": { "firstName": "Old", "lastName": "Name" },
        "emails": { "primaryEmail": email },
        "jobTitle": "",
        "city": "",
    }))
}

/// The same row with these values.
fn with(mut row: Row, values: Value) -> Row {
    row.extend(map(values));
    row
}

fn deleted(row: Row) -> Row {
    with(row, json!({ "deletedAt": EARLIER }))
}

/// A new row with the sent values.
fn inserted(sent: Map<String, Value>) -> Row {
    let row = map(json!({ "createdAt": NOW, "updatedAt": NOW, "deletedAt": null }));
    with(row, Value::Object(sent))
}

/// A row after it was updated.
fn updated(row: &Row, sent: Map<String, Value>) -> Row {
    let mut row = row.clone();
    for (name, value) in sent {
        match (row.get_mut(&name), value) {
            (Some(Value::Object(held)), Value::Object(value)) => held.extend(value),
            (_, value) => drop(row.insert(name, value)),
        }
    }
    with(row, json!({ "updatedAt": NOW }))
}

fn refusal(code: ErrorCode, status: u16, message: &str) -> CrmError {
    CrmError::new(code, message)
        .with_status(status)
        .with_detail("originalError", message)
}

fn duplicate() -> CrmError {
    refusal(
        ErrorCode::ValidationError,
        400,
        "A duplicate entry was detected",
    )
    .with_detail("reason", error_reason::DUPLICATE)
}

fn gone() -> CrmError {
    refusal(ErrorCode::NotFound, 404, "Record not found")
}

fn lost() -> CrmError {
    CrmError::new(ErrorCode::Timeout, "no answer").with_detail("outcomeUnknown", true)
}

/// The refusal of a value, by the server's code.
fn bad_value(code: &str) -> CrmError {
    refusal(ErrorCode::ValidationError, 400, "Invalid value").with_detail("serverCode", code)
}

fn unknown_field() -> CrmError {
    let message = "Object person doesn't have any \"city\" field.";
    refusal(ErrorCode::ValidationError, 400, message)
}

fn foreign_key() -> CrmError {
    let message = "insert or update violates foreign key constraint";
    refusal(ErrorCode::ValidationError, 400, message)
}

// Driving a record.

/// What a record wants, in a form that tests can compare.
#[derive(Clone, Debug, PartialEq)]
enum Want {
    Company {
        is_fresh: bool,
    },
    FurtherRows,
    LookUp,
    Pause,
    Confirm,
    Decided,
    Schema {
        is_certain: bool,
    },
    Create(Value),
    /// By id, in a request of its own.
    Update(String, Value),
    /// Without a look-up.
    Patch(String, Value),
    Stored(Status),
    Done(Status),
}

impl Want {
    /// The payload, if there is one.
    fn sent(&self) -> Option<&Value> {
        match self {
            Self::Create(sent) | Self::Update(_, sent) | Self::Patch(_, sent) => Some(sent),
            _ => None,
        }
    }
}

fn want_of(upsert: &Upsert, rules: &Rules) -> Want {
    match upsert.step() {
        Step::Company { is_fresh, .. } => Want::Company {
            is_fresh: *is_fresh,
        },
        Step::FurtherRows(_) => Want::FurtherRows,
        Step::LookUp => Want::LookUp,
        Step::Pause => Want::Pause,
        Step::Confirm => Want::Confirm,
        Step::Decided(_) => Want::Decided,
        Step::Schema(doubt) => Want::Schema {
            is_certain: doubt.is_certain,
        },
        Step::Planned(Plan::Create) => Want::Create(upsert.create_payload(rules).into()),
        Step::Planned(Plan::Update(update)) => {
            Want::Update(update.id.clone(), update.by_id().into())
        }
        Step::Planned(Plan::Patch { id, payload }) => {
            Want::Patch(id.clone(), payload.clone().into())
        }
        Step::Stored { status, .. } => Want::Stored(*status),
        Step::Done(settled) => Want::Done(settled.status),
        Step::Told => panic!("its end was told"),
    }
}

/// One record that uses its own requests.
struct Record {
    rules: Rules,
    upsert: Upsert,
    /// The rows that it was given last.
    seen: Vec<Row>,
    effects: Vec<String>,
}

/// How a record ended.
#[derive(Debug)]
struct End {
    status: Status,
    id: Option<String>,
    error: Option<CrmError>,
    /// Field and reason of each warning.
    warnings: Vec<(String, &'static str)>,
    /// Whether the hash of the write may be remembered; false if nothing was stored.
    is_remembered: bool,
    effects: Vec<String>,
}

impl End {
    fn warns_of(&self, reason: &str) -> bool {
        self.warnings.iter().any(|(_, given)| *given == reason)
    }

    fn reasons(&self) -> Vec<&'static str> {
        self.warnings.iter().map(|(_, reason)| *reason).collect()
    }

    fn failed_for(&self) -> Option<&str> {
        self.error.as_ref().and_then(CrmError::reason)
    }
}

fn told(effect: &Effect) -> String {
    match effect {
        Effect::Forget => "forget".to_owned(),
        Effect::ForgetOther(other) => format!("forget {other}"),
        Effect::ForgetCompany => "forget company".to_owned(),
        Effect::Learn(id) => format!("learn {id}"),
        Effect::ProveUnique(field) => format!("unique {field}"),
        Effect::TakeBack(row) => format!("take back {}", id_of(row)),
    }
}

impl Record {
    fn new(rules: Rules, input: Input) -> Self {
        let upsert = Upsert::new(&rules, input).expect("a record");
        Self {
            rules,
            upsert,
            seen: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// A person with name, e-mail and job title, and these fields.
    fn person(rules: Rules, further: Value) -> Self {
        Self::new(rules, person(ME, MINE, further))
    }

    /// Starts with a look-up.
    fn looking(mut self) -> Self {
        self.begin(Recalled::default(), Start::Together);
        self.ask_nobody();
        self
    }

    /// Starts with the remembered row `KEPT`, which may be written without a look-up.
    fn remembering(mut self) -> Self {
        self.begin(remembered(KEPT), Start::Alone);
        self.ask_nobody();
        self
    }

    fn begin(&mut self, recalled: Recalled, start: Start) {
        self.upsert.begin(&self.rules, recalled, start);
    }

    /// No row has its e-mail as an additional one.
    fn ask_nobody(&mut self) {
        if self.upsert.further_address().is_some() {
            self.upsert.tell_further_rows(&self.rules, Vec::new());
        }
    }

    fn want(&self) -> Want {
        want_of(&self.upsert, &self.rules)
    }

    /// A look-up returns these rows.
    fn see(&mut self, rows: &[Row]) -> Want {
        assert_eq!(self.want(), Want::LookUp);
        self.seen = rows.to_vec();
        let rows: Vec<&Row> = rows.iter().collect();
        self.upsert.tell_rows(&self.rules, &rows, 1);
        self.plan()
    }

    /// The server has taken a batch, and its answer has no row with this record's id.
    fn miss_in_answer(&mut self) -> Want {
        let missing = CrmError::new(ErrorCode::OperationFailed, "no such row in the answer")
            .with_detail("reason", error_reason::MISSING_IN_ANSWER)
            .with_detail("outcomeUnknown", true);
        self.upsert
            .tell_failed(&self.rules, missing, Blame::Shared, AfterLoss::WriteAgain);
        self.want()
    }

    /// The wait is over, and a look-up returns these rows.
    fn wait_and_see(&mut self, rows: &[Row]) -> Want {
        assert_eq!(self.want(), Want::Pause);
        self.upsert.tell_paused();
        self.see(rows)
    }

    /// The single look-up after a lost answer returns these rows.
    fn confirm(&mut self, rows: Option<&[Row]>) -> Want {
        assert_eq!(self.want(), Want::Confirm);
        let rows: Option<Vec<&Row>> = rows.map(|rows| rows.iter().collect());
        self.upsert.tell_confirmation(&self.rules, rows.as_deref());
        self.plan()
    }

    fn plan(&mut self) -> Want {
        plan_together(&mut [(&self.rules, &mut self.upsert)], false, |_| {
            self.seen.iter().collect()
        });
        self.ask_nobody();
        self.want()
    }

    /// Claims the rows, as the driver does.
    fn claim(&mut self) {
        self.upsert.tell_row_claimed(&self.rules);
    }

    fn answer(&mut self, row: Row, mode: UpdateMode) -> Want {
        self.upsert.tell_written(&self.rules, row, mode);
        self.want()
    }

    fn fail(&mut self, error: CrmError) -> Want {
        self.upsert
            .tell_failed(&self.rules, error, Blame::This, AfterLoss::Confirm);
        self.want()
    }

    /// Carries out the plan.
    fn carry_out(&mut self) -> Want {
        let row = match self.upsert.step() {
            Step::Planned(Plan::Create) => inserted(self.upsert.create_payload(&self.rules)),
            Step::Planned(Plan::Update(update)) => updated(&update.target.row, update.by_id()),
            Step::Planned(Plan::Patch { id, payload }) => {
                updated(&row(id, ME, MINE), payload.clone())
            }
            _ => panic!("nothing is planned: {:?}", self.want()),
        };
        self.answer(row, UpdateMode::ById)
    }

    fn effects(&mut self) -> Vec<String> {
        let effects = self.upsert.take_effects();
        self.effects.extend(effects.iter().map(told));
        self.effects.clone()
    }

    /// Takes it from being stored, or from its end, to its result.
    fn end(mut self) -> End {
        let effects = self.effects();
        let is_stored = matches!(self.upsert.step(), Step::Stored { .. });
        let is_remembered = is_stored && self.upsert.hash_to_remember(&self.rules).is_some();
        self.upsert.finish(&self.rules);
        let want = self.want();
        let settled = self.upsert.take_settled();
        let Settled {
            status,
            id,
            error,
            warnings,
            ..
        } = settled.unwrap_or_else(|| panic!("not at its end: {want:?}"));
        let warnings = warnings.into_iter().map(|it| (it.field, it.reason));
        End {
            status,
            id,
            error,
            warnings: warnings.collect(),
            is_remembered,
            effects,
        }
    }

    /// Carries out the plan, if there is one, to the end.
    fn finish(mut self) -> End {
        if self.want().sent().is_some() {
            self.carry_out();
        }
        self.end()
    }
}

fn person(external_id: &str, email: &str, further: Value) -> Input {
    let mut fields = map(json!({
        "external_id": external_id,
        "name": "Jane Doe",
        "email": email,
        "job_title": "Boss",
    }));
    fields.extend(map(further));
    fields.retain(|_, value| value != &json!("absent"));
    let text = Value::Object(fields).to_string();
    Input::Person(PersonInput::parse(&text).expect("a person"))
}

fn company_input(fields: &Value) -> CompanyInput {
    CompanyInput::parse(&fields.to_string()).expect("a company")
}

/// A row that may be written without a look-up.
fn remembered(id: &str) -> Recalled {
    Recalled {
        id: Some(id.to_owned()),
        is_proven: true,
        ..Recalled::default()
    }
}
