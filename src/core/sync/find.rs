//! One record by the caller's external id, as the caller gets to see it.

use serde_json::{Map, Value, json};

use crate::core::error::CrmError;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::values::part;
use crate::core::twenty::warning::SyncWarning;

use super::context::SyncContext;
use super::record::entity::Entity;
use super::requests::{Row, id_of, is_deleted};

/// What `find` gives.
#[derive(Debug)]
pub struct Found {
    /// The flat entity with the record's `id`; `None` where there is no such record, or only a deleted one.
    pub entity: Option<Value>,
    /// A store that failed.
    pub warnings: Vec<SyncWarning>,
}

/// A person's name as the row has it, so that nobody has to split it again.
fn name_parts(row: &Row) -> Option<Value> {
    let parts = row.get("name")?.as_object()?;
    Some(json!({"firstName": part(parts, "firstName"), "lastName": part(parts, "lastName")}))
}

impl SyncContext {
    /// The record of `external_id` as the CRM has it now. Without `use_cache`, what is remembered is not looked at.
    ///
    /// # Errors
    /// What the server answered; a failed look-up is never "not found".
    pub(super) async fn find(
        &self,
        kind: ObjectKind,
        external_id: &str,
        use_cache: bool,
    ) -> Result<Found, CrmError> {
        let own = self.own_rows(kind, external_id, use_cache).await?;
        let row = own.rows.iter().find(|row| !is_deleted(row));
        if let Some(row) = row {
            self.learn(kind, external_id, id_of(row));
        }
        let entity = row.map(|row| {
            let object = own.schema.object(kind);
            let mapping = self
                .options
                .map_context(object, self.workspace.domain_form());
            let entity = Entity::of(kind, row, &mapping, external_id).to_value();
            let mut with_id = Map::new();
            with_id.insert("id".to_owned(), id_of(row).into());
            if let Value::Object(entity) = entity {
                with_id.extend(entity);
            }
            if let Some(parts) = name_parts(row) {
                with_id.insert("nameParts".to_owned(), parts);
            }
            Value::Object(with_id)
        });
        Ok(Found {
            entity,
            warnings: own.warnings,
        })
    }
}
