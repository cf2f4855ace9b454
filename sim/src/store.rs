//! Rows and their indexes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::clock::split_ms;
use crate::schema::Object;

/// A row: column name to value. Nulls are left out or explicit, blank texts are stored as null
/// (`docs/twenty/protocol.md#values`). Instants are strings in the server's only format, so that they sort.
pub type Record = Map<String, Value>;

/// Reads a column, or a subfield of a composite column.
pub fn get<'a>(record: &'a Record, column: &str, sub: Option<&str>) -> &'a Value {
    static NULL: Value = Value::Null;
    let value = record.get(column).unwrap_or(&NULL);
    match sub {
        None => value,
        Some(sub) => value.get(sub).unwrap_or(&NULL),
    }
}

/// Id of a row; every stored row has one.
pub fn id_of(record: &Record) -> Uuid {
    record
        .get("id")
        .and_then(Value::as_str)
        .and_then(|s| Uuid::parse_str(s).ok())
        .unwrap_or_default()
}

/// Whether the row is soft-deleted.
pub fn is_deleted(record: &Record) -> bool {
    !get(record, "deletedAt", None).is_null()
}

/// A value's key in a unique index; `None` for blanks, which are not in it.
pub fn unique_key(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(s) if s.is_empty() => None,
        Value::String(s) => Some(Cow::Borrowed(s)),
        other => Some(Cow::Owned(other.to_string())),
    }
}

#[derive(Debug, Clone)]
struct UniqueIndex {
    column: String,
    sub: Option<&'static str>,
    rows: HashMap<String, Uuid>,
}

/// A write that would break a unique index (or the primary key).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The field whose value another row has.
    pub field: String,
}

impl Duplicate {
    /// Another row has the value of that field.
    pub fn of(field: &str) -> Self {
        Self {
            field: field.to_owned(),
        }
    }
}

/// All rows of one object.
#[derive(Debug, Clone, Default)]
pub struct Table {
    rows: BTreeMap<Uuid, Arc<Record>>,
    uniques: Vec<UniqueIndex>,
    references: HashMap<String, HashMap<Uuid, BTreeSet<Uuid>>>,
    updated: BTreeSet<(String, Uuid)>,
    positions: Option<(f64, f64)>,
    sequence: HashMap<Uuid, u64>,
    next_sequence: u64,
    deleted: usize,
}

impl Table {
    /// An empty table with the object's indexes.
    pub fn new(object: &Object) -> Self {
        let mut table = Self::default();
        table.reindex(object);
        table
    }

    /// Rebuilds the indexes after a field was added, changed or removed.
    ///
    /// Returns false, and keeps the old indexes, if a new unique field contains the same value twice.
    pub fn reindex(&mut self, object: &Object) -> bool {
        let uniques = object
            .unique_columns()
            .into_iter()
            .map(|(column, sub)| UniqueIndex {
                column,
                sub,
                rows: HashMap::new(),
            })
            .collect();
        let references = object
            .fields
            .iter()
            .filter(|f| f.relation.is_some())
            .filter_map(|f| Some((f.column()?.to_owned(), HashMap::new())))
            .collect();
        let mut fresh = Self {
            uniques,
            references,
            ..Self::default()
        };
        for record in self.rows.values() {
            if fresh.check(record, None).is_err() {
                return false;
            }
            fresh.link(id_of(record), record, None);
        }
        fresh.rows = std::mem::take(&mut self.rows);
        fresh.sequence = std::mem::take(&mut self.sequence);
        *self = fresh;
        true
    }

    /// Number of rows that are not soft-deleted.
    pub fn live(&self) -> usize {
        self.rows.len() - self.deleted
    }

    /// Number of rows, soft-deleted ones included.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows at all.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Row of that id, soft-deleted or not.
    pub fn get(&self, id: Uuid) -> Option<&Record> {
        self.rows.get(&id).map(Arc::as_ref)
    }

    /// The same row, shared, so that it can be kept while the table changes.
    pub fn share(&self, id: Uuid) -> Option<Arc<Record>> {
        self.rows.get(&id).map(Arc::clone)
    }

    /// All rows in order of id.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Uuid, &Record)> {
        self.rows.iter().map(|(id, row)| (id, row.as_ref()))
    }

    /// Rows whose id lies in a range, in order of id.
    pub fn range(
        &self,
        range: (std::ops::Bound<Uuid>, std::ops::Bound<Uuid>),
    ) -> impl DoubleEndedIterator<Item = (&Uuid, &Record)> {
        self.rows.range(range).map(|(id, row)| (id, row.as_ref()))
    }

    /// Rows in order of `updatedAt`, then id.
    pub fn by_updated(&self) -> &BTreeSet<(String, Uuid)> {
        &self.updated
    }

    /// The position before all rows.
    pub fn first_position(&self) -> f64 {
        self.positions.map_or(0.0, |(first, _)| first - 1.0)
    }

    /// The position after all rows.
    pub fn last_position(&self) -> f64 {
        self.positions.map_or(0.0, |(_, last)| last + 1.0)
    }

    /// Serial number of a row's insertion: bulk statements return rows in this order.
    pub fn sequence(&self, id: Uuid) -> u64 {
        self.sequence.get(&id).copied().unwrap_or(0)
    }

    /// Row with a unique value; `None` also if the column is not unique.
    pub fn find_unique(&self, column: &str, sub: Option<&str>, key: &str) -> Option<Uuid> {
        self.unique_index(column, sub)?.rows.get(key).copied()
    }

    /// Whether the column (or subfield) has a unique index.
    pub fn is_unique(&self, column: &str, sub: Option<&str>) -> bool {
        self.unique_index(column, sub).is_some()
    }

    fn unique_index(&self, column: &str, sub: Option<&str>) -> Option<&UniqueIndex> {
        self.uniques
            .iter()
            .find(|u| u.column == column && u.sub == sub)
    }

    /// Whether the column is a join column.
    pub fn has_references(&self, column: &str) -> bool {
        self.references.contains_key(column)
    }

    /// Rows whose join column contains that id.
    pub fn referring(&self, column: &str, target: Uuid) -> Vec<Uuid> {
        self.references
            .get(column)
            .and_then(|index| index.get(&target))
            .map(|ids| ids.iter().copied().collect())
            .unwrap_or_default()
    }

    /// Checks whether the row could be written; `own` is the id of the row it replaces.
    ///
    /// # Errors
    /// [`Duplicate`] if a unique value belongs to another row.
    pub fn check(&self, record: &Record, own: Option<Uuid>) -> Result<(), Duplicate> {
        if own.is_none() && self.rows.contains_key(&id_of(record)) {
            return Err(Duplicate::of("id"));
        }
        for index in &self.uniques {
            if let Some(key) = unique_key(get(record, &index.column, index.sub))
                && index
                    .rows
                    .get(key.as_ref())
                    .is_some_and(|holder| Some(*holder) != own)
            {
                return Err(Duplicate::of(&index.column));
            }
        }
        Ok(())
    }

    /// Adds a row.
    ///
    /// # Errors
    /// [`Duplicate`]; then nothing is changed.
    pub fn insert(&mut self, record: impl Into<Arc<Record>>) -> Result<(), Duplicate> {
        let record = record.into();
        self.check(&record, None)?;
        let id = id_of(&record);
        self.link(id, &record, None);
        self.rows.insert(id, record);
        self.next_sequence += 1;
        self.sequence.insert(id, self.next_sequence);
        Ok(())
    }

    /// Replaces a row; its id never changes.
    ///
    /// # Errors
    /// [`Duplicate`]; then nothing is changed.
    pub fn replace(&mut self, id: Uuid, record: impl Into<Arc<Record>>) -> Result<(), Duplicate> {
        let record = record.into();
        self.check(&record, Some(id))?;
        if let Some(before) = self.rows.remove(&id) {
            self.unlink(id, &before, Some(&record));
            self.link(id, &record, Some(&before));
        } else {
            self.link(id, &record, None);
        }
        self.rows.insert(id, record);
        Ok(())
    }

    /// Removes a row permanently.
    pub fn remove(&mut self, id: Uuid) -> Option<Arc<Record>> {
        self.sequence.remove(&id);
        let record = self.rows.remove(&id)?;
        self.unlink(id, &record, None);
        Some(record)
    }

    /// Removes a row from the indexes, except from those in which `successor` has the same entry.
    fn unlink(&mut self, id: Uuid, record: &Record, successor: Option<&Record>) {
        for index in &mut self.uniques {
            let value = get(record, &index.column, index.sub);
            if successor.is_some_and(|s| get(s, &index.column, index.sub) == value) {
                continue;
            }
            if let Some(key) = unique_key(value) {
                index.rows.remove(key.as_ref());
            }
        }
        for (column, index) in &mut self.references {
            if successor.is_some_and(|s| get(s, column, None) == get(record, column, None)) {
                continue;
            }
            if let Some(target) = reference(record, column)
                && let Some(ids) = index.get_mut(&target)
            {
                ids.remove(&id);
                if ids.is_empty() {
                    index.remove(&target);
                }
            }
        }
        self.updated.remove(&updated_key(id, record));
        self.deleted -= usize::from(is_deleted(record));
    }

    /// Adds a row to the indexes, except to those in which `predecessor` had the same entry.
    fn link(&mut self, id: Uuid, record: &Record, predecessor: Option<&Record>) {
        for index in &mut self.uniques {
            let value = get(record, &index.column, index.sub);
            if predecessor.is_some_and(|p| get(p, &index.column, index.sub) == value) {
                continue;
            }
            if let Some(key) = unique_key(value) {
                index.rows.insert(key.into_owned(), id);
            }
        }
        for (column, index) in &mut self.references {
            if predecessor.is_some_and(|p| get(p, column, None) == get(record, column, None)) {
                continue;
            }
            if let Some(target) = reference(record, column) {
                index.entry(target).or_default().insert(id);
            }
        }
        if let Some(position) = get(record, "position", None).as_f64() {
            let (first, last) = self.positions.unwrap_or((position, position));
            self.positions = Some((first.min(position), last.max(position)));
        }
        self.updated.insert(updated_key(id, record));
        self.deleted += usize::from(is_deleted(record));
    }
}

/// A row's key in the order of `updatedAt`: its milliseconds, then the microseconds.
fn updated_key(id: Uuid, record: &Record) -> (String, Uuid) {
    let text = get(record, "updatedAt", None).as_str().unwrap_or_default();
    let key = match split_ms(text) {
        (_, "") => text.to_owned(),
        (ms, micros) => format!("{ms}Z{micros}"),
    };
    (key, id)
}

fn reference(record: &Record, column: &str) -> Option<Uuid> {
    record
        .get(column)
        .and_then(Value::as_str)
        .and_then(|s| Uuid::parse_str(s).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Preset;
    use crate::world::World;
    use serde_json::json;

    fn row(id: u128, email: &str) -> Record {
        let row = json!({ "id": Uuid::from_u128(id), "emails": { "primaryEmail": email } });
        row.as_object().cloned().unwrap()
    }

    #[test]
    fn unique_values_find_their_row_and_refuse_a_second() {
        let world = World::new(crate::schema_seed::seed(Preset::Provisioned, 0));
        let mut table = world.table("person").clone();
        table.insert(row(1, "a@x.com")).unwrap();
        assert_eq!(
            table.insert(row(2, "a@x.com")),
            Err(Duplicate::of("emails"))
        );
        assert_eq!(table.insert(row(1, "b@x.com")), Err(Duplicate::of("id")));
        table.insert(row(3, "")).unwrap();
        table.insert(row(4, "")).unwrap();
        let found = |t: &Table, key| t.find_unique("emails", Some("primaryEmail"), key);
        assert_eq!(found(&table, "a@x.com"), Some(Uuid::from_u128(1)));
        table
            .replace(Uuid::from_u128(1), row(1, "c@x.com"))
            .unwrap();
        assert_eq!(found(&table, "a@x.com"), None);
        assert_eq!(found(&table, "c@x.com"), Some(Uuid::from_u128(1)));
        table.remove(Uuid::from_u128(1));
        assert_eq!(found(&table, "c@x.com"), None);
        assert_eq!(table.len(), 2);
    }
}
