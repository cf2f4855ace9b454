//! Which rows of the CRM are the records of these external ids: what `find` shows and `delete` deletes.

use std::sync::Arc;

use futures_util::future::join_all;
use uuid::Uuid;

use crate::core::error::{CrmError, ErrorCode};
use crate::core::twenty::ids::{CrmId, ObjectKind, record_id, stored_external_id};
use crate::core::twenty::lookup::LookupQuery;
use crate::core::twenty::schema::WorkspaceSchema;
use crate::core::twenty::warning::SyncWarning;

use super::context::SyncContext;
use super::driver::Seen;
use super::record::collision::Claimant;
use super::record::notices::store_failed;
use super::requests::{self, Row, id_of};
use super::schema_source::Sign;

/// All rows of one external id, deleted ones included.
pub(super) struct OwnRows {
    /// The one that an upsert would write comes first. More than one only where the external id is not unique.
    pub rows: Vec<Row>,
    pub schema: Arc<WorkspaceSchema>,
    /// A store that failed.
    pub warnings: Vec<SyncWarning>,
}

/// A record whose rows are asked for.
#[derive(Clone)]
pub(super) struct Wanted {
    /// The surroundings of its service.
    pub context: SyncContext,
    pub kind: ObjectKind,
    pub external_id: String,
    /// Whether what is remembered is looked at.
    pub use_cache: bool,
}

/// What is asked for one record.
struct Asked {
    remembered: Option<CrmId>,
    stored_external_id: String,
    /// The id that was chosen for it, and the one that is remembered.
    ids: Vec<Uuid>,
    warnings: Vec<SyncWarning>,
}

/// Asks for the rows of records by external id, by the id that was chosen for each, and by the one that is remembered. A
/// remembered id that leads to none of its record's rows is forgotten. All are of one object, and their services have the
/// same field names as `context`, whose client asks.
///
/// # Errors
/// What the server answered to all of them.
pub(super) async fn look_up_own(
    context: &SyncContext,
    wanted: &[Wanted],
) -> Result<Vec<OwnRows>, CrmError> {
    let Some(kind) = wanted.first().map(|wanted| wanted.kind) else {
        return Ok(Vec::new());
    };
    let asked = join_all(wanted.iter().map(Wanted::ask)).await;
    let (seen, schema) = context.rows_by_keys(kind, &asked).await?;
    let own = wanted.iter().zip(asked);
    Ok(join_all(own.map(|(wanted, asked)| wanted.own(asked, &seen, &schema))).await)
}

impl Wanted {
    async fn ask(&self) -> Asked {
        let (context, kind, external_id) = (&self.context, self.kind, self.external_id.as_str());
        let mut warnings = Vec::new();
        let mut remembered = None;
        if self.use_cache {
            match context.recall(kind, external_id).await {
                Ok(recalled) => remembered = recalled.map(|known| known.crm_id),
                Err(message) => warnings.push(store_failed(external_id, &message)),
            }
        }
        let namespace = context.options.namespace.as_deref();
        let chosen = record_id(kind, namespace, external_id);
        let remembered_id = remembered.map(CrmId::uuid);
        Asked {
            remembered,
            stored_external_id: stored_external_id(namespace, external_id),
            ids: remembered_id
                .into_iter()
                .filter(|id| *id != chosen)
                .chain([chosen])
                .collect(),
            warnings,
        }
    }

    /// What is its own among the rows that were found.
    async fn own(&self, asked: Asked, seen: &Seen, schema: &Arc<WorkspaceSchema>) -> OwnRows {
        let (context, kind, external_id) = (&self.context, self.kind, self.external_id.as_str());
        let Asked {
            remembered,
            stored_external_id,
            ids,
            mut warnings,
        } = asked;
        let own_ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        let names = &context.options.field_names;
        let claimant = Claimant {
            kind,
            external_id,
            stored_external_id: &stored_external_id,
            own_ids: &own_ids,
            external_id_field: &names.external_id_in(schema.object(kind)),
            unique: None,
        };
        let mut own = seen.find(
            own_ids.iter().map(String::as_str),
            &stored_external_id,
            None,
        );
        own.retain(|row| claimant.is_own(row));
        let first = claimant.own_row(&own).map(id_of);
        own.sort_by_key(|row| Some(id_of(row)) != first);
        if let Some(id) = remembered
            && !own.iter().any(|row| CrmId::parse(id_of(row)) == Some(id))
            && let Err(message) = context.forget(kind, external_id).await
        {
            warnings.push(store_failed(external_id, &message));
        }
        OwnRows {
            rows: own.into_iter().cloned().collect(),
            schema: Arc::clone(schema),
            warnings,
        }
    }
}

impl SyncContext {
    /// A look-up that the server refuses may name a field that is no more: then it is asked once more, without it.
    async fn rows_by_keys(
        &self,
        kind: ObjectKind,
        asked: &[Asked],
    ) -> Result<(Seen, Arc<WorkspaceSchema>), CrmError> {
        let schema = self.schema().await?;
        match self.ask(kind, &schema, asked).await {
            Err(error) if error.code == ErrorCode::ValidationError => {
                match self.newer_schema(&schema, Sign::Possible).await? {
                    Some(newer) => {
                        let rows = self.ask(kind, &newer, asked).await?;
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
        asked: &[Asked],
    ) -> Result<Seen, CrmError> {
        let with_company = kind == ObjectKind::Person;
        let names = &self.options.field_names;
        let mut query = LookupQuery::new(kind, schema.object(kind), names, with_company);
        for one in asked {
            query.ids.extend(&one.ids);
            query.external_ids.push(one.stored_external_id.clone());
        }
        let field = query.external_id_field().map(str::to_owned);
        let mut found = requests::look_up(&self.http, vec![query]).await?;
        let rows = found.rows.pop().unwrap_or_default();
        Ok(Seen::new(kind, field.as_deref(), rows))
    }
}
