//! The data of a server: schema, rows and webhooks behind one lock.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use crate::http::InsertedBy;
use crate::schema::{Object, RelationKind, Schema};
use crate::store::Table;

/// Schema, rows and webhooks, behind one lock.
#[derive(Debug, Default)]
pub struct World {
    /// Objects and fields.
    pub schema: Schema,
    /// Webhooks as their routes print them.
    pub webhooks: Vec<Value>,
    /// API keys as their routes print them.
    pub api_keys: Vec<Value>,
    /// Rows whose inserting request was still being answered at the last check.
    pub in_flight: HashMap<Uuid, InsertedBy>,
    tables: HashMap<String, Table>,
    empty: Table,
}

impl World {
    /// A world without rows.
    pub fn new(schema: Schema) -> Self {
        let tables = schema
            .objects
            .iter()
            .map(|o| (o.name_singular.clone(), Table::new(o)))
            .collect();
        Self {
            schema,
            tables,
            ..Self::default()
        }
    }

    /// Rows of an object, by its singular name.
    pub fn table(&self, singular: &str) -> &Table {
        self.tables.get(singular).unwrap_or(&self.empty)
    }

    /// Rows of an object for writing, by its singular name.
    pub fn table_mut(&mut self, singular: &str) -> &mut Table {
        self.tables.entry(singular.to_owned()).or_default()
    }

    /// Number of rows of all objects that are not soft-deleted.
    pub fn live(&self) -> usize {
        self.tables.values().map(Table::live).sum()
    }

    /// Rows that exist only for the record, such as the targets of a note: they are soft-deleted and restored with it.
    pub fn belonging(&self, target: &str, id: Uuid) -> Vec<(String, Uuid)> {
        let mut found = Vec::new();
        for object in &self.schema.objects {
            let name = &object.name_singular;
            for relation in object.fields.iter().filter_map(|f| f.relation.as_ref()) {
                let is_part = relation.kind == RelationKind::ManyToOne
                    && relation.target == target
                    && relation.cascade
                    && !relation.is_morph;
                if is_part {
                    let rows = self.table(name).referring(&relation.join_column, id);
                    found.extend(rows.into_iter().map(|row| (name.clone(), row)));
                }
            }
        }
        found
    }

    /// Changes an object's schema and rebuilds its indexes.
    ///
    /// Returns `None` if the id is unknown, and `Some(false)` (without a change) if a new unique index would contain
    /// duplicates.
    pub fn edit_object(&mut self, id: Uuid, change: impl FnOnce(&mut Object)) -> Option<bool> {
        let before = self.schema.by_id(id)?.clone();
        self.schema.edit(id, change)?;
        let after = self.schema.by_id(id)?.clone();
        let fits = self.table_mut(&after.name_singular).reindex(&after);
        if !fits {
            self.schema.edit(id, |object| *object = (*before).clone());
        }
        Some(fits)
    }

    /// Removes an object with all its rows.
    pub fn remove_object(&mut self, id: Uuid) {
        if let Some(object) = self.schema.by_id(id).cloned() {
            self.tables.remove(&object.name_singular);
            self.schema.objects.retain(|o| o.id != id);
        }
    }

    /// Adds an object with an empty table.
    pub fn add_object(&mut self, object: Object) {
        self.tables
            .insert(object.name_singular.clone(), Table::new(&object));
        self.schema.objects.push(Arc::new(object));
    }
}
