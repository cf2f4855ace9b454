//! One record by the caller's external id: which rows are it, and what the caller gets to see.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::core::error::{CrmError, ErrorCode};
use crate::core::twenty::ids::{CrmId, ObjectKind, record_id, stored_external_id};
use crate::core::twenty::lookup::LookupQuery;
use crate::core::twenty::schema::WorkspaceSchema;
use crate::core::twenty::values::part;
use crate::core::twenty::warning::SyncWarning;

use super::context::SyncContext;
use super::record::collision::Claimant;
use super::record::entity::Entity;
use super::record::notices::store_failed;
use super::requests::{self, Row, id_of, is_deleted};
use super::schema_source::Sign;

/// All rows of one external id, deleted ones included.
pub(super) struct OwnRows {
    /// The one that an upsert would write comes first. More than one only where the external id is not unique.
    pub rows: Vec<Row>,
    pub schema: Arc<WorkspaceSchema>,
    /// A store that failed.
    pub warnings: Vec<SyncWarning>,
}

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

    /// Asks for the rows by external id, by the id that was chosen for it, and by the one that is remembered. A
    /// remembered id that leads to none of them is forgotten.
    pub(super) async fn own_rows(
        &self,
        kind: ObjectKind,
        external_id: &str,
        use_cache: bool,
    ) -> Result<OwnRows, CrmError> {
        let mut warnings = Vec::new();
        let mut remembered = None;
        if use_cache {
            match self.recall(kind, external_id).await {
                Ok(recalled) => remembered = recalled.map(|known| known.crm_id),
                Err(message) => warnings.push(store_failed(external_id, &message)),
            }
        }
        let namespace = self.options.namespace.as_deref();
        let stored = stored_external_id(namespace, external_id);
        let chosen = record_id(kind, namespace, external_id);
        let ids: Vec<Uuid> = remembered
            .map(CrmId::uuid)
            .into_iter()
            .filter(|id| *id != chosen)
            .chain([chosen])
            .collect();
        let (rows, schema) = self.rows_by_keys(kind, &ids, &stored).await?;
        let own_ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        let field = self.options.field_names.external_id_in(schema.object(kind));
        let claimant = Claimant {
            kind,
            external_id,
            stored_external_id: &stored,
            own_ids: &own_ids,
            external_id_field: &field,
            unique: None,
        };
        let all: Vec<&Row> = rows.iter().collect();
        let first = claimant.own_row(&all).map(|row| id_of(row).to_owned());
        let mut own: Vec<Row> = rows
            .into_iter()
            .filter(|row| claimant.is_own(row))
            .collect();
        own.sort_by_key(|row| Some(id_of(row)) != first.as_deref());
        if let Some(id) = remembered
            && !own.iter().any(|row| CrmId::parse(id_of(row)) == Some(id))
            && let Err(message) = self.forget(kind, external_id).await
        {
            warnings.push(store_failed(external_id, &message));
        }
        Ok(OwnRows {
            rows: own,
            schema,
            warnings,
        })
    }

    /// A look-up that the server refuses may name a field that is no more: then it is asked once more, without it.
    async fn rows_by_keys(
        &self,
        kind: ObjectKind,
        ids: &[Uuid],
        stored: &str,
    ) -> Result<(Vec<Row>, Arc<WorkspaceSchema>), CrmError> {
        let schema = self.schema().await?;
        match self.ask(kind, &schema, ids, stored).await {
            Err(error) if error.code == ErrorCode::ValidationError => {
                match self.newer_schema(&schema, Sign::Possible).await? {
                    Some(newer) => {
                        let rows = self.ask(kind, &newer, ids, stored).await?;
                        Ok((rows, newer))
                    }
                    None => Err(error),
                }
            }
            outcome => Ok((outcome?, schema)),
        }
    }

    async fn ask(
        &self,
        kind: ObjectKind,
        schema: &WorkspaceSchema,
        ids: &[Uuid],
        stored: &str,
    ) -> Result<Vec<Row>, CrmError> {
        let with_company = kind == ObjectKind::Person;
        let names = &self.options.field_names;
        let mut query = LookupQuery::new(kind, schema.object(kind), names, with_company);
        query.ids.extend(ids);
        query.external_ids.push(stored.to_owned());
        let mut found = requests::look_up(&self.http, vec![query]).await?;
        Ok(found.rows.pop().unwrap_or_default())
    }
}
