//! The syntax tree of a GraphQL document.

use serde_json::{Map, Value};

/// Kind of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    /// Reads.
    Query,
    /// Writes.
    Mutation,
    /// Follows.
    Subscription,
}

/// A parsed document.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Operations in order.
    pub operations: Vec<Operation>,
    /// Named fragments.
    pub fragments: Vec<(String, Vec<Selection>)>,
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Query, mutation or subscription.
    pub kind: OperationKind,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Declared variables with their default values.
    pub variables: Vec<(String, Option<Argument>)>,
    /// Root selections.
    pub selections: Vec<Selection>,
}

/// One entry of a selection set.
#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    /// A field.
    Field(FieldNode),
    /// `...Name`.
    Spread(String),
    /// `... on Type { }`: the type is not checked, every object has one.
    Inline(Vec<Selection>),
}

/// A selected field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldNode {
    /// Key in the answer.
    pub alias: String,
    /// Name in the schema.
    pub name: String,
    /// Arguments in order.
    pub arguments: Vec<(String, Argument)>,
    /// Sub-selections, empty for leaves.
    pub selections: Vec<Selection>,
}

/// An argument before its variables are filled in.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    /// `$name`.
    Variable(String),
    /// A literal.
    Literal(Value),
    /// A list that may hold variables.
    List(Vec<Argument>),
    /// An input object that may hold variables.
    Object(Vec<(String, Argument)>),
}

impl Argument {
    /// The value with all variables filled in. A variable without a value is absent, and so is an object field that
    /// contains it.
    pub fn resolve(&self, variables: &Map<String, Value>) -> Option<Value> {
        match self {
            Self::Variable(name) => variables.get(name).cloned(),
            Self::Literal(value) => Some(value.clone()),
            Self::List(items) => Some(
                items
                    .iter()
                    .map(|item| item.resolve(variables).unwrap_or_default())
                    .collect(),
            ),
            Self::Object(fields) => Some(Value::Object(
                fields
                    .iter()
                    .filter_map(|(name, field)| Some((name.clone(), field.resolve(variables)?)))
                    .collect(),
            )),
        }
    }
}
