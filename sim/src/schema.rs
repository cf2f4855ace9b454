//! Objects and fields of the workspace.

use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

/// Field types the server knows (`docs/twenty/protocol.md#custom-fields`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum FieldType {
    Uuid,
    Text,
    Number,
    Numeric,
    Boolean,
    Date,
    DateTime,
    Select,
    MultiSelect,
    Rating,
    FullName,
    Emails,
    Phones,
    Links,
    Currency,
    Address,
    Actor,
    Relation,
    RawJson,
    Array,
    RichText,
    Position,
    TsVector,
    Files,
}

/// Every type with its name on the wire.
pub const FIELD_TYPES: &[(FieldType, &str)] = &[
    (FieldType::Uuid, "UUID"),
    (FieldType::Text, "TEXT"),
    (FieldType::Number, "NUMBER"),
    (FieldType::Numeric, "NUMERIC"),
    (FieldType::Boolean, "BOOLEAN"),
    (FieldType::Date, "DATE"),
    (FieldType::DateTime, "DATE_TIME"),
    (FieldType::Select, "SELECT"),
    (FieldType::MultiSelect, "MULTI_SELECT"),
    (FieldType::Rating, "RATING"),
    (FieldType::FullName, "FULL_NAME"),
    (FieldType::Emails, "EMAILS"),
    (FieldType::Phones, "PHONES"),
    (FieldType::Links, "LINKS"),
    (FieldType::Currency, "CURRENCY"),
    (FieldType::Address, "ADDRESS"),
    (FieldType::Actor, "ACTOR"),
    (FieldType::Relation, "RELATION"),
    (FieldType::RawJson, "RAW_JSON"),
    (FieldType::Array, "ARRAY"),
    (FieldType::RichText, "RICH_TEXT"),
    (FieldType::Position, "POSITION"),
    (FieldType::TsVector, "TS_VECTOR"),
    (FieldType::Files, "FILES"),
];

/// Type of one subfield of a composite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum SubType {
    /// Null reads back as "".
    Text,
    /// Text that stays null (currency code, country code of a blank phone reads "").
    NullableText,
    Number,
    /// Integer that may arrive as a decimal string (amountMicros).
    BigInt,
    Json,
    Uuid,
}

impl FieldType {
    /// Name on the wire.
    pub fn name(self) -> &'static str {
        FIELD_TYPES
            .iter()
            .find(|(t, _)| *t == self)
            .map_or("TEXT", |(_, n)| n)
    }

    /// Type of that wire name.
    pub fn parse(name: &str) -> Option<Self> {
        FIELD_TYPES
            .iter()
            .find(|(_, n)| *n == name)
            .map(|(t, _)| *t)
    }

    /// Subfields of a composite type, in the order in which records print them; empty for
    /// plain types.
    pub fn subfields(self) -> &'static [(&'static str, SubType)] {
        use SubType::{BigInt, Json, NullableText, Number, Text, Uuid};
        match self {
            Self::FullName => &[("firstName", Text), ("lastName", Text)],
            Self::Emails => &[("primaryEmail", Text), ("additionalEmails", Json)],
            Self::Phones => &[
                ("primaryPhoneNumber", Text),
                ("primaryPhoneCountryCode", Text),
                ("primaryPhoneCallingCode", Text),
                ("additionalPhones", Json),
            ],
            Self::Links => &[
                ("primaryLinkLabel", Text),
                ("primaryLinkUrl", Text),
                ("secondaryLinks", Json),
            ],
            Self::Currency => &[("amountMicros", BigInt), ("currencyCode", NullableText)],
            Self::Address => &[
                ("addressStreet1", Text),
                ("addressStreet2", Text),
                ("addressCity", Text),
                ("addressPostcode", Text),
                ("addressState", Text),
                ("addressCountry", Text),
                ("addressLat", Number),
                ("addressLng", Number),
            ],
            Self::Actor => &[
                ("source", NullableText),
                ("workspaceMemberId", Uuid),
                ("name", Text),
                ("context", Json),
            ],
            Self::RichText => &[("blocknote", NullableText), ("markdown", NullableText)],
            _ => &[],
        }
    }

    /// Whether the type has subfields.
    pub fn is_composite(self) -> bool {
        !self.subfields().is_empty()
    }

    /// The subfield that must be unique if the composite is.
    pub fn unique_subfield(self) -> Option<&'static str> {
        match self {
            Self::Emails => Some("primaryEmail"),
            Self::Links => Some("primaryLinkUrl"),
            Self::Phones => Some("primaryPhoneNumber"),
            _ => None,
        }
    }
}

/// One option of a SELECT or MULTI_SELECT field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldOption {
    /// Id of the option row.
    pub id: Uuid,
    /// The label that people see.
    pub label: String,
    /// The value in records, UPPER_SNAKE.
    pub value: String,
    /// Name of a colour.
    pub color: String,
    /// Order of display.
    pub position: i64,
}

/// Which side of a relation a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationKind {
    /// Holds the join column.
    ManyToOne,
    /// The list on the other side.
    OneToMany,
}

/// The other end of a RELATION field.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// Side of this field.
    pub kind: RelationKind,
    /// Singular name of the other object.
    pub target: String,
    /// Name of the column with the id: on this object for many-to-one, on the other one for one-to-many.
    pub join_column: String,
    /// Whether deleting the target deletes this row (otherwise the column is set to null).
    pub cascade: bool,
    /// Whether the field is one branch of a relation to several objects.
    pub is_morph: bool,
}

/// One field of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Id in the metadata.
    pub id: Uuid,
    /// Name in records (the relation's name for relations, not the join column's).
    pub name: String,
    /// The label that people see.
    pub label: String,
    /// Free text.
    pub description: Option<String>,
    /// Icon name.
    pub icon: Option<String>,
    /// Type.
    pub kind: FieldType,
    /// Created by the workspace, not by the standard application.
    pub is_custom: bool,
    /// Managed by the server.
    pub is_system: bool,
    /// Whether people cannot change it in the app; the API can.
    pub is_read_only: bool,
    /// Deactivated fields stay in the metadata.
    pub is_active: bool,
    /// Whether the label follows the name.
    pub is_label_synced: bool,
    /// Whether the column may be null.
    pub is_nullable: bool,
    /// Whether the column (or the composite's main subfield) has a unique index.
    pub is_unique: bool,
    /// As the metadata prints it (text defaults have inner quotes).
    pub default_value: Value,
    /// Options of a select.
    pub options: Vec<FieldOption>,
    /// Free settings; null if the field has none.
    pub settings: Value,
    /// The other end of a relation.
    pub relation: Option<Relation>,
    /// Milliseconds since 1970.
    pub created_at_ms: i64,
    /// Milliseconds since 1970.
    pub updated_at_ms: i64,
}

impl Field {
    /// A nullable, active field without extras. The id is derived from `owner` and the name, so that every simulator
    /// has the same ids.
    pub fn new(owner: &str, name: &str, label: &str, kind: FieldType) -> Self {
        Self {
            id: stable_id(&format!("field:{owner}.{name}")),
            name: name.to_owned(),
            label: label.to_owned(),
            description: None,
            icon: None,
            kind,
            is_custom: false,
            is_system: false,
            is_read_only: false,
            is_active: true,
            is_label_synced: false,
            is_nullable: true,
            is_unique: false,
            default_value: Value::Null,
            options: Vec::new(),
            settings: Value::Null,
            relation: None,
            created_at_ms: 0,
            updated_at_ms: 0,
        }
    }

    /// Key of the value in a record: the join column for a many-to-one relation, `None` for a one-to-many.
    pub fn column(&self) -> Option<&str> {
        match &self.relation {
            None => Some(&self.name),
            Some(r) if r.kind == RelationKind::ManyToOne => Some(&r.join_column),
            Some(_) => None,
        }
    }
}

/// One object of the workspace.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Id in the metadata.
    pub id: Uuid,
    /// `person`.
    pub name_singular: String,
    /// `people`, the name in paths.
    pub name_plural: String,
    /// `Person`.
    pub label_singular: String,
    /// `People`.
    pub label_plural: String,
    /// Free text.
    pub description: Option<String>,
    /// Icon name.
    pub icon: Option<String>,
    /// Key that opens the list in the app.
    pub shortcut: Option<String>,
    /// Created by the workspace.
    pub is_custom: bool,
    /// Helper object of the server (join objects and the like).
    pub is_system: bool,
    /// Whether people can create its records in the app.
    pub is_creatable: bool,
    /// Whether the app's search finds its records.
    pub is_searchable: bool,
    /// Deactivated objects are not served.
    pub is_active: bool,
    /// Sets of column names (camelCase of field and subfield) that make a duplicate.
    pub duplicate_criteria: Vec<Vec<String>>,
    /// Name of the field that labels a record.
    pub label_field: String,
    /// Milliseconds since 1970.
    pub created_at_ms: i64,
    /// Fields in the order in which records print them.
    pub fields: Vec<Field>,
}

impl Object {
    /// Field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.is_active && f.name == name)
    }

    /// The field that owns a record key: a field by name, or a relation by its join column.
    pub fn column(&self, key: &str) -> Option<&Field> {
        self.fields
            .iter()
            .find(|f| f.is_active && f.column() == Some(key))
    }

    /// `Person`: the singular name with a capital, as response keys use it.
    pub fn pascal_singular(&self) -> String {
        capitalise(&self.name_singular)
    }

    /// `People`: the plural name with a capital, as response keys use it.
    pub fn pascal_plural(&self) -> String {
        capitalise(&self.name_plural)
    }

    /// Unique columns besides `id`: field name and, for composites, the subfield.
    pub fn unique_columns(&self) -> Vec<(String, Option<&'static str>)> {
        self.fields
            .iter()
            .filter(|f| f.is_unique && f.is_active && f.name != "id")
            .filter_map(|f| Some((f.column()?.to_owned(), f.kind.unique_subfield())))
            .collect()
    }
}

/// All objects; cheap to clone, objects are replaced when they change.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// Objects in metadata order.
    pub objects: Vec<Arc<Object>>,
}

impl Schema {
    /// Object of that plural name (exact case).
    pub fn by_plural(&self, name: &str) -> Option<&Arc<Object>> {
        self.objects
            .iter()
            .find(|o| o.is_active && o.name_plural == name)
    }

    /// Object of that singular name (exact case).
    pub fn by_singular(&self, name: &str) -> Option<&Arc<Object>> {
        self.objects
            .iter()
            .find(|o| o.is_active && o.name_singular == name)
    }

    /// Object of that metadata id.
    pub fn by_id(&self, id: Uuid) -> Option<&Arc<Object>> {
        self.objects.iter().find(|o| o.id == id)
    }

    /// Changes one object in place (copy on write); `None` where the id is unknown.
    pub fn edit<T>(&mut self, id: Uuid, change: impl FnOnce(&mut Object) -> T) -> Option<T> {
        let object = self.objects.iter_mut().find(|o| o.id == id)?;
        Some(change(Arc::make_mut(object)))
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

/// An id derived from a name (UUID version 5).
pub fn stable_id(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

/// First letter in upper case.
pub fn capitalise(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map(|c| c.to_uppercase().collect::<String>() + chars.as_str())
        .unwrap_or_default()
}
