//! A field of an input: absent, `null`, or a value.

use serde_json::{Map, Value};

/// A field to keep, clear or set.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Patch<T> {
    /// Not given: the CRM's value stays.
    #[default]
    Absent,
    /// Given as `null`: the CRM's value is cleared.
    Null,
    /// Given: the CRM's value is replaced.
    Value(T),
}

impl<T> Patch<T> {
    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Whether the field was not given.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    pub(super) fn merge(&mut self, later: Self) {
        if !later.is_absent() {
            *self = later;
        }
    }

    pub(super) fn put(&self, object: &mut Map<String, Value>, key: &str)
    where
        T: Clone + Into<Value>,
    {
        match self {
            Self::Absent => {}
            Self::Null => drop(object.insert(key.to_owned(), Value::Null)),
            Self::Value(value) => drop(object.insert(key.to_owned(), value.clone().into())),
        }
    }
}

impl Patch<String> {
    pub(super) fn blank_is_null(self) -> Self {
        match self {
            Self::Value(text) if text.trim().is_empty() => Self::Null,
            other => other,
        }
    }
}
