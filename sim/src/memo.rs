//! Caches answers that depend on the schema only, until it changes.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::value::RawValue;
use uuid::Uuid;

use crate::schema::{Object, Schema};

/// A row of a list, with its id. Its text is cached, because printing all rows takes longer than the rest of an answer.
pub type PrintedRow = (Uuid, Box<RawValue>);

#[derive(Debug)]
struct Kept<T> {
    objects: Vec<Arc<Object>>,
    key: String,
    value: Arc<T>,
}

/// The last value, with its schema and key.
#[derive(Debug)]
pub struct Memo<T>(Mutex<Option<Kept<T>>>);

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Memo<T> {
    /// The value for this schema and key; it is made if it is not cached.
    ///
    /// Objects are replaced when they change, so equal pointers mean an equal schema.
    pub fn get(&self, schema: &Schema, key: &str, make: impl FnOnce() -> T) -> Arc<T> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = &*kept
            && kept.key == key
            && kept.objects.len() == schema.objects.len()
            && kept
                .objects
                .iter()
                .zip(&schema.objects)
                .all(|(a, b)| Arc::ptr_eq(a, b))
        {
            return Arc::clone(&kept.value);
        }
        let value = Arc::new(make());
        *kept = Some(Kept {
            objects: schema.objects.clone(),
            key: key.to_owned(),
            value: Arc::clone(&value),
        });
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Preset;

    #[test]
    fn a_value_is_made_again_when_schema_or_key_change() {
        let memo = Memo::default();
        let mut schema = crate::schema_seed::seed(Preset::Fresh, 0);
        assert_eq!(*memo.get(&schema, "a", || 1), 1);
        assert_eq!(*memo.get(&schema, "a", || 2), 1);
        assert_eq!(*memo.get(&schema, "b", || 3), 3);
        let id = schema.objects[0].id;
        schema.edit(id, |object| object.label_plural.push('!'));
        assert_eq!(*memo.get(&schema, "b", || 4), 4);
    }
}
