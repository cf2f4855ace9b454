//! The objects a workspace starts with: people and companies in full, the others as far as
//! records, relations and metadata lists need them.

use serde_json::{Value, json};

use crate::options::Preset;
use crate::schema::{
    Field, FieldOption, FieldType as T, Object, Relation, RelationKind, Schema, capitalise,
    stable_id,
};

/// Builds the starting schema; all timestamps are `now_ms`.
pub fn seed(preset: Preset, now_ms: i64) -> Schema {
    let mut objects = vec![
        person(),
        company(),
        note(),
        target(
            "noteTarget",
            "note",
            &["Company", "note", "Person", "Opportunity"],
        ),
        task(),
        target(
            "taskTarget",
            "task",
            &["Company", "Opportunity", "Person", "task"],
        ),
        opportunity(),
        workspace_member(),
        timeline_activity(),
        attachment(),
        calendar_event_participant(),
        message_participant(),
        message_list_member(),
    ];
    if preset == Preset::Provisioned {
        provision(&mut objects);
    }
    for object in &mut objects {
        object.created_at_ms = now_ms;
        for field in &mut object.fields {
            field.created_at_ms = now_ms;
            field.updated_at_ms = now_ms;
        }
    }
    Schema {
        objects: objects.into_iter().map(std::sync::Arc::new).collect(),
    }
}

/// A field the workspace itself made.
pub fn custom(owner: &str, name: &str, label: &str, kind: T) -> Field {
    Field {
        is_custom: true,
        ..Field::new(owner, name, label, kind)
    }
}

/// Options of a select field, from their values.
pub fn options<S: AsRef<str>>(owner: &str, name: &str, values: &[S]) -> Vec<FieldOption> {
    values
        .iter()
        .map(AsRef::as_ref)
        .zip(0..)
        .map(|(value, position)| FieldOption {
            id: stable_id(&format!("option:{owner}.{name}.{value}")),
            label: capitalise(&value.to_lowercase().replace('_', " ")),
            value: value.to_owned(),
            color: "blue".to_owned(),
            position,
        })
        .collect()
}

fn provision(objects: &mut [Object]) {
    for object in objects {
        let owner = object.name_singular.clone();
        let add: &[(&str, &str, T)] = match owner.as_str() {
            "person" => &[
                ("externalId", "External ID", T::Text),
                ("accountType", "Account type", T::Text),
                ("planCustom", "Plan", T::Text),
                ("totalSubmissions", "Total submissions", T::Number),
                ("website", "Website", T::Links),
                ("city", "City", T::Text),
            ],
            "company" => &[
                ("externalId", "External ID", T::Text),
                ("website", "Website", T::Links),
                ("status", "Status", T::Text),
            ],
            _ => &[],
        };
        for (name, label, kind) in add {
            let mut field = custom(&owner, name, label, *kind);
            field.is_unique = *name == "externalId";
            object.fields.push(field);
        }
    }
}

struct Builder(Object);

impl Builder {
    fn new(singular: &str, plural: &str, label_field: &str) -> Self {
        let words = |name: &str| {
            let mut label = String::new();
            for c in name.chars() {
                if c.is_uppercase() {
                    label.push(' ');
                }
                label.extend(c.to_lowercase());
            }
            capitalise(&label)
        };
        let mut builder = Self(Object {
            id: stable_id(&format!("object:{singular}")),
            name_singular: singular.to_owned(),
            name_plural: plural.to_owned(),
            label_singular: words(singular),
            label_plural: words(plural),
            description: None,
            icon: None,
            is_custom: false,
            is_system: false,
            is_active: true,
            duplicate_criteria: Vec::new(),
            label_field: label_field.to_owned(),
            created_at_ms: 0,
            fields: Vec::new(),
        });
        builder.system("id", "Id", T::Uuid, json!("uuid"));
        builder.system("createdAt", "Creation date", T::DateTime, json!("now"));
        builder.system("updatedAt", "Last update", T::DateTime, json!("now"));
        builder.system("deletedAt", "Deleted at", T::DateTime, Value::Null);
        builder
    }

    fn push(&mut self, name: &str, label: &str, kind: T) -> &mut Field {
        let field = Field::new(&self.0.name_singular, name, label, kind);
        self.0.fields.push(field);
        let last = self.0.fields.len() - 1;
        &mut self.0.fields[last]
    }

    fn system(&mut self, name: &str, label: &str, kind: T, default_value: Value) {
        let field = self.push(name, label, kind);
        field.is_system = true;
        field.is_nullable = default_value.is_null();
        field.default_value = default_value;
        if kind == T::DateTime {
            field.settings = json!({ "displayFormat": "RELATIVE" });
        }
    }

    fn position(&mut self) {
        self.system("position", "Position", T::Position, json!(0));
    }

    fn actors(&mut self) {
        let by =
            json!({ "name": "'System'", "source": "'MANUAL'", "workspaceMemberId": Value::Null });
        self.system("createdBy", "Created by", T::Actor, by.clone());
        self.system("updatedBy", "Updated by", T::Actor, by);
    }

    fn search(&mut self) {
        self.system("searchVector", "Search vector", T::TsVector, Value::Null);
    }

    fn select(&mut self, name: &str, label: &str, values: &[&str], default: Option<&str>) {
        let owner = self.0.name_singular.clone();
        let field = self.push(name, label, T::Select);
        field.options = options(&owner, name, values);
        if let Some(default) = default {
            field.default_value = Value::from(format!("'{default}'"));
            field.is_nullable = false;
        }
    }

    fn one(&mut self, name: &str, target: &str, cascade: bool) {
        let join_column = format!("{name}Id");
        let field = self.push(name, &capitalise(name), T::Relation);
        field.settings = json!({
            "onDelete": if cascade { "CASCADE" } else { "SET_NULL" },
            "relationType": "MANY_TO_ONE",
            "joinColumnName": join_column,
        });
        field.relation = Some(Relation {
            kind: RelationKind::ManyToOne,
            target: target.to_owned(),
            join_column,
            cascade,
        });
    }

    fn many(&mut self, name: &str, target: &str, join_column: &str) {
        let field = self.push(name, &capitalise(name), T::Relation);
        field.settings = json!({ "relationType": "ONE_TO_MANY" });
        field.relation = Some(Relation {
            kind: RelationKind::OneToMany,
            target: target.to_owned(),
            join_column: join_column.to_owned(),
            cascade: false,
        });
    }
}

fn person() -> Object {
    let mut b = Builder::new("person", "people", "name");
    b.push("name", "Name", T::FullName);
    b.push("emails", "Emails", T::Emails).is_unique = true;
    b.push("linkedinLink", "Linkedin", T::Links);
    b.push("jobTitle", "Job Title", T::Text);
    b.push("phones", "Phones", T::Phones);
    b.push("avatarUrl", "Avatar", T::Text).is_system = true;
    b.push("avatarFile", "Avatar File", T::Files).is_system = true;
    b.position();
    b.actors();
    b.search();
    b.many("attachments", "attachment", "targetPersonId");
    b.many(
        "calendarEventParticipants",
        "calendarEventParticipant",
        "personId",
    );
    b.one("company", "company", false);
    b.many("listMemberships", "messageListMember", "personId");
    b.many("messageParticipants", "messageParticipant", "personId");
    b.many("noteTargets", "noteTarget", "targetPersonId");
    b.many(
        "pointOfContactForOpportunities",
        "opportunity",
        "pointOfContactId",
    );
    b.many("taskTargets", "taskTarget", "targetPersonId");
    b.many("timelineActivities", "timelineActivity", "targetPersonId");
    b.0.description = Some("A person".to_owned());
    b.0.icon = Some("IconUser".to_owned());
    b.0.duplicate_criteria = criteria(&[
        &["nameFirstName", "nameLastName"],
        &["linkedinLinkPrimaryLinkUrl"],
        &["emailsPrimaryEmail"],
    ]);
    b.0
}

fn company() -> Object {
    let mut b = Builder::new("company", "companies", "name");
    b.push("name", "Name", T::Text);
    b.push("domainName", "Domain Name", T::Links).is_unique = true;
    b.push("address", "Address", T::Address);
    b.push("linkedinLink", "Linkedin", T::Links);
    b.push("annualRevenue", "Annual Revenue", T::Currency);
    b.position();
    b.actors();
    b.search();
    b.one("accountOwner", "workspaceMember", false);
    b.many("attachments", "attachment", "targetCompanyId");
    b.many("noteTargets", "noteTarget", "targetCompanyId");
    b.many("opportunities", "opportunity", "companyId");
    b.many("people", "person", "companyId");
    b.many("taskTargets", "taskTarget", "targetCompanyId");
    b.many("timelineActivities", "timelineActivity", "targetCompanyId");
    b.0.description = Some("A company".to_owned());
    b.0.icon = Some("IconBuildingSkyscraper".to_owned());
    b.0.duplicate_criteria = criteria(&[&["name"], &["domainNamePrimaryLinkUrl"]]);
    b.0
}

fn criteria(sets: &[&[&str]]) -> Vec<Vec<String>> {
    sets.iter()
        .map(|set| set.iter().map(|c| (*c).to_owned()).collect())
        .collect()
}

fn note() -> Object {
    let mut b = Builder::new("note", "notes", "title");
    b.position();
    b.push("title", "Title", T::Text);
    b.push("bodyV2", "Body", T::RichText);
    b.actors();
    b.search();
    b.many("noteTargets", "noteTarget", "noteId");
    b.many("attachments", "attachment", "targetNoteId");
    b.many("timelineActivities", "timelineActivity", "targetNoteId");
    b.0
}

fn task() -> Object {
    let mut b = Builder::new("task", "tasks", "title");
    b.position();
    b.push("title", "Title", T::Text);
    b.push("bodyV2", "Body", T::RichText);
    b.push("dueAt", "Due Date", T::DateTime);
    b.select(
        "status",
        "Status",
        &["TODO", "IN_PROGRESS", "DONE"],
        Some("TODO"),
    );
    if let Some(status) = b.0.fields.last_mut() {
        status.is_nullable = true;
    }
    b.actors();
    b.search();
    b.one("assignee", "workspaceMember", false);
    b.many("taskTargets", "taskTarget", "taskId");
    b.many("attachments", "attachment", "targetTaskId");
    b.many("timelineActivities", "timelineActivity", "targetTaskId");
    b.0
}

/// The join objects of notes and tasks; upper-case names become `target…` relations.
fn target(name: &str, owner: &str, relations: &[&str]) -> Object {
    let mut b = Builder::new(name, &format!("{name}s"), "id");
    b.actors();
    b.position();
    b.search();
    for relation in relations {
        if *relation == owner {
            b.one(owner, owner, true);
        } else {
            b.one(&format!("target{relation}"), &relation.to_lowercase(), true);
        }
    }
    b.0.is_system = true;
    b.0
}

fn opportunity() -> Object {
    let mut b = Builder::new("opportunity", "opportunities", "name");
    b.push("name", "Name", T::Text);
    b.push("amount", "Amount", T::Currency);
    b.push("closeDate", "Close date", T::DateTime);
    let stages = ["NEW", "SCREENING", "MEETING", "PROPOSAL", "CUSTOMER"];
    b.select("stage", "Stage", &stages, Some("NEW"));
    b.position();
    b.actors();
    b.search();
    b.one("company", "company", false);
    b.one("pointOfContact", "person", false);
    b.one("owner", "workspaceMember", false);
    b.many("attachments", "attachment", "targetOpportunityId");
    b.many("noteTargets", "noteTarget", "targetOpportunityId");
    b.many("taskTargets", "taskTarget", "targetOpportunityId");
    b.many(
        "timelineActivities",
        "timelineActivity",
        "targetOpportunityId",
    );
    b.0
}

fn workspace_member() -> Object {
    let mut b = Builder::new("workspaceMember", "workspaceMembers", "name");
    b.position();
    b.push("name", "Name", T::FullName);
    b.push("colorScheme", "Color Scheme", T::Text);
    b.push("locale", "Language", T::Text);
    b.push("avatarUrl", "Avatar Url", T::Text);
    b.push("userEmail", "User Email", T::Text).is_unique = true;
    b.push("jobTitle", "Job Title", T::Text);
    b.push("calendarStartDay", "Start of the week", T::Number);
    b.push("userId", "User Id", T::Uuid);
    b.push("timeZone", "Time zone", T::Text);
    let dates = ["SYSTEM", "MONTH_FIRST", "DAY_FIRST", "YEAR_FIRST"];
    b.select("dateFormat", "Date format", &dates, Some("SYSTEM"));
    b.select(
        "timeFormat",
        "Time format",
        &["SYSTEM", "HOUR_24", "HOUR_12"],
        Some("SYSTEM"),
    );
    let numbers = [
        "SYSTEM",
        "COMMAS_AND_DOT",
        "SPACES_AND_COMMA",
        "DOTS_AND_COMMA",
        "APOSTROPHE_AND_DOT",
    ];
    b.select("numberFormat", "Number format", &numbers, Some("SYSTEM"));
    b.search();
    b.actors();
    b.many("accountOwnerForCompanies", "company", "accountOwnerId");
    b.many("assignedTasks", "task", "assigneeId");
    b.many("ownedOpportunities", "opportunity", "ownerId");
    b.0.is_system = true;
    b.0
}

fn timeline_activity() -> Object {
    let mut b = Builder::new("timelineActivity", "timelineActivities", "name");
    b.push("properties", "Event details", T::RawJson);
    b.actors();
    b.position();
    b.push("happensAt", "Happened at", T::DateTime)
        .default_value = json!("now");
    b.push("name", "Event name", T::Text);
    b.push("linkedRecordCachedName", "Linked record name", T::Text);
    b.push("linkedRecordId", "Linked record id", T::Uuid);
    b.push("linkedObjectMetadataId", "Linked object id", T::Uuid);
    b.search();
    for object in ["Company", "Note", "Opportunity", "Person", "Task"] {
        b.one(&format!("target{object}"), &object.to_lowercase(), false);
    }
    b.one("workspaceMember", "workspaceMember", false);
    b.0.is_system = true;
    b.0
}

fn attachment() -> Object {
    let mut b = Builder::new("attachment", "attachments", "name");
    b.push("name", "Name", T::Text);
    b.push("file", "File", T::Files);
    b.push("fullPath", "Full path", T::Text);
    b.actors();
    b.position();
    b.search();
    for object in ["Task", "Note", "Person", "Company", "Opportunity"] {
        b.one(&format!("target{object}"), &object.to_lowercase(), true);
    }
    b.0.is_system = true;
    b.0
}

fn calendar_event_participant() -> Object {
    let mut b = Builder::new(
        "calendarEventParticipant",
        "calendarEventParticipants",
        "handle",
    );
    b.actors();
    b.position();
    b.search();
    b.push("handle", "Handle", T::Text);
    b.push("displayName", "Display Name", T::Text);
    b.push("isOrganizer", "Is Organizer", T::Boolean)
        .default_value = json!(false);
    let answers = ["NEEDS_ACTION", "DECLINED", "TENTATIVE", "ACCEPTED"];
    b.select(
        "responseStatus",
        "Response Status",
        &answers,
        Some("NEEDS_ACTION"),
    );
    b.one("person", "person", false);
    b.one("workspaceMember", "workspaceMember", false);
    b.0.is_system = true;
    b.0
}

fn message_participant() -> Object {
    let mut b = Builder::new("messageParticipant", "messageParticipants", "handle");
    b.actors();
    b.position();
    b.select(
        "role",
        "Role",
        &["FROM", "TO", "CC", "BCC", "REPLY_TO"],
        Some("FROM"),
    );
    b.push("handle", "Handle", T::Text);
    b.push("displayName", "Display Name", T::Text);
    b.search();
    b.one("person", "person", false);
    b.one("workspaceMember", "workspaceMember", false);
    b.0.is_system = true;
    b.0
}

fn message_list_member() -> Object {
    let mut b = Builder::new("messageListMember", "messageListMembers", "id");
    b.actors();
    b.position();
    b.search();
    b.one("person", "person", true);
    b.0.is_system = true;
    b.0
}
