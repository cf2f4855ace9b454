//! Selections: expands fragments, and reduces records to the selected fields.

use serde_json::{Map, Value, json};

use super::ast::{FieldNode, Selection};
use crate::order;
use crate::schema::{Object, RelationKind};
use crate::store::{Record, get, id_of, is_deleted};
use crate::view::{printed, reads_null, target_of};
use crate::world::World;

/// Most records of a one-to-many relation that an answer shows.
const MAX_RELATED: usize = 60;

/// Named fragments of the document.
pub type Fragments = [(String, Vec<Selection>)];

/// The fields of a selection set, with its fragments in place.
pub fn fields<'a>(selections: &'a [Selection], fragments: &'a Fragments) -> Vec<&'a FieldNode> {
    let mut found = Vec::new();
    collect(selections, fragments, &mut Vec::new(), &mut found);
    found
}

fn collect<'a>(
    selections: &'a [Selection],
    fragments: &'a Fragments,
    open: &mut Vec<&'a str>,
    found: &mut Vec<&'a FieldNode>,
) {
    for selection in selections {
        match selection {
            Selection::Field(field) => found.push(field),
            Selection::Inline(inner) => collect(inner, fragments, open, found),
            // A fragment that contains itself would never end.
            Selection::Spread(name) if !open.contains(&name.as_str()) => {
                if let Some((_, inner)) = fragments.iter().find(|(known, _)| known == name) {
                    open.push(name);
                    collect(inner, fragments, open, found);
                    open.pop();
                }
            }
            Selection::Spread(_) => {}
        }
    }
}

/// The context of a selection.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Rows and schema.
    pub world: &'a World,
    /// Named fragments.
    pub fragments: &'a Fragments,
}

impl Context<'_> {
    /// The selected part of a record; a field that the object lacks is null without an error.
    pub fn record(&self, object: &Object, record: &Record, selections: &[Selection]) -> Value {
        let mut node = Map::new();
        let chosen = fields(selections, self.fragments);
        for field in &chosen {
            let relation = object.column(&field.name).filter(|known| {
                known.relation.is_some() && chosen.iter().any(|other| other.name == known.name)
            });
            let value = match relation {
                Some(relation) if reads_null(self.world, record, relation) => Value::Null,
                _ => self.value(object, record, field),
            };
            node.insert(field.alias.clone(), value);
        }
        Value::Object(node)
    }

    fn value(&self, object: &Object, record: &Record, node: &FieldNode) -> Value {
        if node.name == "__typename" {
            return Value::from(object.pascal_singular());
        }
        if let Some(field) = object.column(&node.name) {
            let stored = get(record, &node.name, None);
            let whole = serde_json::to_value(printed(field, stored)).unwrap_or_default();
            return self.part(whole, &node.selections);
        }
        let relation = object
            .field(&node.name)
            .and_then(|field| field.relation.as_ref());
        let Some(relation) = relation else {
            return Value::Null;
        };
        let Some(target) = self.world.schema.by_singular(&relation.target) else {
            return Value::Null;
        };
        match relation.kind {
            RelationKind::ManyToOne => {
                target_of(self.world, &relation.target, record, &relation.join_column)
                    .map_or(Value::Null, |row| {
                        self.record(target, row, &node.selections)
                    })
            }
            RelationKind::OneToMany => {
                let table = self.world.table(&relation.target);
                let rows: Vec<&Record> = table
                    .referring(&relation.join_column, id_of(record))
                    .into_iter()
                    .filter_map(|id| table.get(id))
                    .filter(|row| !is_deleted(row))
                    .collect();
                let page = PageInfo {
                    total: rows.len(),
                    has_next: rows.len() > MAX_RELATED,
                    ..PageInfo::default()
                };
                let rows: Vec<&Record> = rows.into_iter().take(MAX_RELATED).collect();
                self.connection(target, &rows, &page, &node.selections)
            }
        }
    }

    /// The selected subfields of a composite; other values are not reduced.
    fn part(&self, whole: Value, selections: &[Selection]) -> Value {
        match whole {
            Value::Object(map) if !selections.is_empty() => {
                let wanted = fields(selections, self.fragments);
                let part = wanted.iter().map(|field| {
                    let value = map.get(&field.name).cloned().unwrap_or_default();
                    (field.alias.clone(), value)
                });
                Value::Object(part.collect())
            }
            whole => whole,
        }
    }

    /// A list of records with its page information.
    pub fn connection(
        &self,
        object: &Object,
        rows: &[&Record],
        page: &PageInfo,
        selections: &[Selection],
    ) -> Value {
        let mut connection = Map::new();
        for field in fields(selections, self.fragments) {
            let value = match field.name.as_str() {
                "totalCount" => Value::from(page.total),
                "pageInfo" => self.part(page.print(), &field.selections),
                "edges" => rows
                    .iter()
                    .map(|row| self.edge(object, row, &page.order, &field.selections))
                    .collect(),
                "__typename" => Value::from(format!("{}Connection", object.pascal_singular())),
                _ => Value::Null,
            };
            connection.insert(field.alias.clone(), value);
        }
        Value::Object(connection)
    }

    fn edge(
        &self,
        object: &Object,
        row: &Record,
        order: &[order::OrderBy],
        selections: &[Selection],
    ) -> Value {
        let mut edge = Map::new();
        for field in fields(selections, self.fragments) {
            let value = match field.name.as_str() {
                "node" => self.record(object, row, &field.selections),
                "cursor" => Value::from(order::cursor(&order::with_id(order.to_vec()), row)),
                "__typename" => Value::from(format!("{}Edge", object.pascal_singular())),
                _ => Value::Null,
            };
            edge.insert(field.alias.clone(), value);
        }
        Value::Object(edge)
    }
}

/// The position of a page in its list.
#[derive(Debug, Clone, Default)]
pub struct PageInfo {
    /// Records on all pages.
    pub total: usize,
    /// Whether more records follow.
    pub has_next: bool,
    /// Whether records come before.
    pub has_previous: bool,
    /// Cursor of the first row.
    pub start: Option<String>,
    /// Cursor of the last row.
    pub end: Option<String>,
    /// The ordering, whose values cursors contain.
    pub order: Vec<order::OrderBy>,
}

impl PageInfo {
    fn print(&self) -> Value {
        json!({
            "hasNextPage": self.has_next,
            "hasPreviousPage": self.has_previous,
            "startCursor": self.start,
            "endCursor": self.end,
        })
    }
}
