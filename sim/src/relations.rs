//! Relations in payloads: foreign keys and records looked up by a unique value.

use serde_json::Value;
use uuid::Uuid;

use crate::constraint;
use crate::errors::ApiError;
use crate::http::ApiResult;
use crate::schema::{FieldType, stable_id};
use crate::store::{Record, get, is_deleted, unique_key};
use crate::values::{Connect, Payload};
use crate::write::Write;

impl Write<'_> {
    /// Resolves relations that are given by a unique value.
    ///
    /// # Errors
    /// 400 unless exactly one record is found.
    pub fn resolve(&self, payload: &mut Payload) -> ApiResult<()> {
        for connect in std::mem::take(&mut payload.connects) {
            let id = self.connect(&connect)?;
            payload
                .columns
                .insert(connect.column, Value::from(id.to_string()));
        }
        Ok(())
    }

    /// Checks the foreign keys of a row that will replace `before`. PostgreSQL checks them at the end of a statement,
    /// after all unique values.
    ///
    /// # Errors
    /// 400 if an id is unknown.
    pub fn check_references(&self, before: Option<&Record>, after: &Record) -> ApiResult<()> {
        let relations = self
            .object
            .fields
            .iter()
            .filter(|f| f.kind == FieldType::Relation);
        for field in relations {
            let (Some(relation), Some(column)) = (&field.relation, field.column()) else {
                continue;
            };
            let Some(id) = after.get(column).and_then(Value::as_str) else {
                continue;
            };
            if before.is_some_and(|row| row.get(column).and_then(Value::as_str) == Some(id)) {
                continue;
            }
            let id = Uuid::parse_str(id).unwrap_or_default();
            if self.world.table(&relation.target).get(id).is_none() {
                let table = constraint::table(&self.object);
                let hash = stable_id(&format!("FK:{table}.{column}"))
                    .simple()
                    .to_string();
                let refused = ApiError::bad_request(format!(
                    "insert or update on table \"{table}\" violates foreign key constraint \
                     \"FK_{}\"",
                    &hash[..27]
                ));
                return Err(match self.state.settings().differences().named_failures {
                    true => refused.with_code("INVALID_INPUT"),
                    false => refused,
                });
            }
        }
        Ok(())
    }

    fn connect(&self, connect: &Connect) -> ApiResult<Uuid> {
        let table = self.world.table(&connect.target);
        let has_unique = connect
            .conditions
            .iter()
            .any(|(column, sub, _)| column == "id" || table.is_unique(column, sub.as_deref()));
        if !has_unique {
            return Err(ApiError::bad_request(format!(
                "Missing required fields: at least one unique constraint have to be fully populated for '{}'.",
                connect.relation
            )));
        }
        let matches = |row: &Record| {
            connect
                .conditions
                .iter()
                .all(|(column, sub, value)| get(row, column, sub.as_deref()) == value)
        };
        let indexed = connect.conditions.iter().find_map(|(column, sub, value)| {
            let sub = sub.as_deref();
            if column == "id" {
                return Some(value.as_str().and_then(|t| Uuid::parse_str(t).ok()));
            }
            let key = unique_key(value)?;
            table
                .is_unique(column, sub)
                .then(|| table.find_unique(column, sub, &key))
        });
        let found: Vec<Uuid> = match indexed {
            Some(id) => id.into_iter().collect(),
            None => table.iter().map(|(id, _)| *id).collect(),
        };
        let found: Vec<Uuid> = found
            .into_iter()
            .filter(|id| {
                table
                    .get(*id)
                    .is_some_and(|row| !is_deleted(row) && matches(row))
            })
            .collect();
        if let [id] = found[..] {
            return Ok(id);
        }
        let wanted: Vec<String> = connect
            .conditions
            .iter()
            .map(|(column, sub, value)| {
                let value = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                let sub = sub
                    .as_deref()
                    .map(crate::schema::capitalise)
                    .unwrap_or_default();
                format!("{column}{sub} = {value}")
            })
            .collect();
        Err(ApiError::bad_request(format!(
            "Expected 1 record to connect to {}, but found {} for {}",
            connect.relation,
            found.len(),
            wanted.join(" and ")
        )))
    }
}
