//! The custom fields that this package writes: which of them a workspace has, lacks, or has in an unusable form
//! (`docs/schema.md`).

use serde::Serialize;
use serde_json::{Value, json};

use super::fields::FieldNames;
use super::fields::can_be_made;
use super::ids::ObjectKind;
use super::schema::{FieldInfo, FieldKind, ObjectSchema, Uniqueness, WorkspaceSchema};

#[cfg(test)]
mod tests;

/// The reason for a field's place in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanReason {
    /// Its type cannot hold the value.
    WrongType,
    /// It must be unique and is not.
    NotUnique,
    /// It exists, but is deactivated.
    Inactive,
    /// Twenty reserves the name.
    ReservedName,
    /// It exists, but the key cannot see whether it is unique.
    UniquenessUnknown,
}

/// One field of a plan, as callers see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedField {
    /// `person` or `company`.
    #[serde(serialize_with = "singular")]
    pub object: ObjectKind,
    /// API name (camelCase).
    pub name: String,
    /// The type that it has, or will be created with.
    #[serde(rename = "type")]
    pub kind: String,
    /// Why it is in this list, if that is not obvious.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<PlanReason>,
    /// For people: what `reason` means here, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Which of the fields that this package writes a workspace has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FieldPlan {
    /// Fields that exist and can be used.
    pub present: Vec<PlannedField>,
    /// Fields that do not exist and can be created.
    pub missing: Vec<PlannedField>,
    /// Fields that exist in an unusable form, or cannot be created.
    pub conflicting: Vec<PlannedField>,
}

/// One field that this package writes.
struct Wanted<'a> {
    object: ObjectKind,
    /// API names to look for. If none of them exists, the first that is possible is created.
    names: Vec<&'a str>,
    /// The type that it is created with.
    kind: &'static str,
    label: &'static str,
    description: &'static str,
    icon: &'static str,
    accepts: fn(&FieldKind) -> bool,
    unique: bool,
}

fn text_or_select(kind: &FieldKind) -> bool {
    matches!(kind, FieldKind::Text | FieldKind::Select { .. })
}

fn links_or_text(kind: &FieldKind) -> bool {
    matches!(kind, FieldKind::Links | FieldKind::Text)
}

fn number_or_text(kind: &FieldKind) -> bool {
    matches!(kind, FieldKind::Number | FieldKind::Text)
}

fn text(kind: &FieldKind) -> bool {
    *kind == FieldKind::Text
}

fn wanted(names: &FieldNames) -> Vec<Wanted<'_>> {
    let mut wanted = person_fields(names);
    wanted.extend(company_fields(names));
    wanted
}

fn person_fields(names: &FieldNames) -> Vec<Wanted<'_>> {
    vec![
        external_id(ObjectKind::Person, names),
        Wanted {
            object: ObjectKind::Person,
            names: vec![&names.account_type],
            kind: "TEXT",
            label: "Account type",
            description: "Individual, business or enterprise.",
            icon: "IconUser",
            accepts: text_or_select,
            unique: false,
        },
        Wanted {
            object: ObjectKind::Person,
            names: names.plan.iter().map(String::as_str).collect(),
            kind: "TEXT",
            label: "Plan",
            description: "Free, standard or premium.",
            icon: "IconTag",
            accepts: text_or_select,
            unique: false,
        },
        Wanted {
            object: ObjectKind::Person,
            names: vec![&names.total_submissions],
            kind: "NUMBER",
            label: "Total submissions",
            description: "How many items this person has submitted.",
            icon: "IconHash",
            accepts: number_or_text,
            unique: false,
        },
        website(ObjectKind::Person, names),
        Wanted {
            object: ObjectKind::Person,
            names: vec![&names.city],
            kind: "TEXT",
            label: "City",
            description: "City, as given on the website that syncs this record.",
            icon: "IconMap",
            accepts: text_or_select,
            unique: false,
        },
    ]
}

fn company_fields(names: &FieldNames) -> Vec<Wanted<'_>> {
    vec![
        external_id(ObjectKind::Company, names),
        website(ObjectKind::Company, names),
        Wanted {
            object: ObjectKind::Company,
            names: vec![&names.status],
            kind: "TEXT",
            label: "Status",
            description: "Active or inactive.",
            icon: "IconProgress",
            accepts: text_or_select,
            unique: false,
        },
    ]
}

fn external_id(object: ObjectKind, names: &FieldNames) -> Wanted<'_> {
    Wanted {
        object,
        names: vec![&names.external_id],
        kind: "TEXT",
        label: "External ID",
        description: "Id of this record on the website that syncs it. Not to be edited.",
        icon: "IconKey",
        accepts: text,
        unique: true,
    }
}

fn website(object: ObjectKind, names: &FieldNames) -> Wanted<'_> {
    Wanted {
        object,
        names: vec![&names.website],
        kind: "LINKS",
        label: "Website",
        description: "Website, as given on the website that syncs this record.",
        icon: "IconWorld",
        accepts: links_or_text,
        unique: false,
    }
}

/// Compares the wanted fields with those of the workspace.
pub fn plan(schema: &WorkspaceSchema, names: &FieldNames) -> FieldPlan {
    let mut plan = FieldPlan::default();
    for wanted in wanted(names) {
        let object = schema.object(wanted.object);
        let mut present = wanted.names.iter().filter_map(|name| object.active(name));
        let first = present.clone().next();
        // The same choice as in the mapping, see `FieldNames::plan_in`.
        match present
            .find(|field| (wanted.accepts)(&field.kind))
            .or(first)
        {
            Some(field) => judge(&wanted, field, &mut plan),
            None => absent(&wanted, object, &mut plan),
        }
    }
    plan
}

/// Whether a plan with these names can contain `name`.
pub fn is_wanted(names: &FieldNames, kind: ObjectKind, name: &str) -> bool {
    wanted(names)
        .iter()
        .any(|wanted| wanted.object == kind && wanted.names.contains(&name))
}

/// The body of `POST /rest/metadata/fields` for a missing field of a plan; `None` if the field is not ours.
pub fn creation_body(
    names: &FieldNames,
    field: &PlannedField,
    object_metadata_id: &str,
) -> Option<Value> {
    let wanted = wanted(names).into_iter().find(|wanted| {
        wanted.object == field.object && wanted.names.contains(&field.name.as_str())
    })?;
    let mut body = json!({
        "type": wanted.kind,
        "name": field.name,
        "label": wanted.label,
        "description": wanted.description,
        "icon": wanted.icon,
        "objectMetadataId": object_metadata_id,
    });
    if wanted.unique {
        body["isUnique"] = true.into();
    }
    Some(body)
}

/// A field and its type for messages: `people.externalId (TEXT, unique)`.
pub fn describe(names: &FieldNames, field: &PlannedField) -> String {
    let unique = if field.name == names.external_id {
        ", unique"
    } else {
        ""
    };
    format!(
        "{}.{} ({}{unique})",
        field.object.plural(),
        field.name,
        field.kind
    )
}

fn judge(wanted: &Wanted, field: &FieldInfo, plan: &mut FieldPlan) {
    let object = wanted.object.plural();
    let name = &field.name;
    let planned = |reason, message| PlannedField {
        object: wanted.object,
        name: name.clone(),
        kind: type_name(&field.kind).to_owned(),
        reason,
        message,
    };
    if !(wanted.accepts)(&field.kind) {
        let message = format!(
            "{object}.{name} is a {} field and should be {}: rename it in Twenty under Settings, Data model, or name \
             another field in the option fieldNames",
            type_name(&field.kind),
            wanted.kind
        );
        plan.conflicting
            .push(planned(Some(PlanReason::WrongType), Some(message)));
        return;
    }
    match field.uniqueness {
        Uniqueness::No if wanted.unique => {
            let message = format!(
                "{object}.{name} is not unique, so it is not used: apply() makes it unique, which fails while two \
                 records hold the same value"
            );
            plan.conflicting
                .push(planned(Some(PlanReason::NotUnique), Some(message)));
        }
        Uniqueness::Unproven if wanted.unique => {
            let message = format!(
                "this key cannot see whether {object}.{name} is unique: give its role the permission \"Data model\""
            );
            plan.present
                .push(planned(Some(PlanReason::UniquenessUnknown), Some(message)));
        }
        _ => plan.present.push(planned(None, None)),
    }
}

fn absent(wanted: &Wanted, object: &ObjectSchema, plan: &mut FieldPlan) {
    let planned = |name: &str, reason, message| PlannedField {
        object: wanted.object,
        name: name.to_owned(),
        kind: wanted.kind.to_owned(),
        reason,
        message,
    };
    let free = wanted.names.iter().find(|name| can_be_made(object, name));
    if let Some(name) = free {
        plan.missing.push(planned(name, None, None));
        return;
    }
    let plural = wanted.object.plural();
    let inactive = wanted
        .names
        .iter()
        .find(|name| object.fields.contains_key(**name));
    let (name, reason, message) = match (inactive, wanted.names.first()) {
        (Some(name), _) => (
            *name,
            PlanReason::Inactive,
            format!(
                "{plural}.{name} is deactivated: activate it in Twenty under Settings, Data model, or name another \
                 field in the option fieldNames"
            ),
        ),
        (None, Some(name)) => (
            *name,
            PlanReason::ReservedName,
            format!(
                "Twenty reserves the name \"{name}\": choose another name for the field in the option fieldNames"
            ),
        ),
        (None, None) => return,
    };
    plan.conflicting
        .push(planned(name, Some(reason), Some(message)));
}

/// The metadata API's name of a type.
fn type_name(kind: &FieldKind) -> &str {
    match kind {
        FieldKind::Text => "TEXT",
        FieldKind::Number => "NUMBER",
        FieldKind::Boolean => "BOOLEAN",
        FieldKind::Select { .. } => "SELECT",
        FieldKind::Links => "LINKS",
        FieldKind::Emails => "EMAILS",
        FieldKind::Phones => "PHONES",
        FieldKind::FullName => "FULL_NAME",
        FieldKind::Uuid => "UUID",
        FieldKind::Relation => "RELATION",
        FieldKind::DateTime => "DATE_TIME",
        FieldKind::Other(name) => name,
    }
}

fn singular<S: serde::Serializer>(kind: &ObjectKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.singular())
}
