//! Writes to all rows that match a filter.

use uuid::Uuid;

use crate::errors::ApiError;
use crate::filter::Filter;
use crate::find;
use crate::http::ApiResult;
use crate::schema::Object;
use crate::store::{Record, id_of};
use crate::values::Payload;
use crate::world::World;
use crate::write::Write;

/// Most records in a batch or a bulk update (QUERY_MAX_RECORDS).
pub const MAX_RECORDS: usize = 200;

/// Ids of the matching rows, in the order in which the database returns them.
pub fn selected(
    world: &World,
    object: &Object,
    filter: Option<&Filter>,
    keep: impl Fn(&Record) -> bool,
) -> Vec<Uuid> {
    let table = world.table(&object.name_singular);
    let mut ids: Vec<Uuid> = find::rows(world, object, filter)
        .into_iter()
        .filter(|row| keep(row))
        .map(id_of)
        .collect();
    ids.sort_by_key(|id| table.sequence(*id));
    ids
}

/// Updates all matching rows, including soft-deleted ones unless the filter excludes them.
///
/// # Errors
/// 400 for more rows than a bulk update may touch, and as for single updates.
pub fn update(
    write: &mut Write<'_>,
    filter: Option<&Filter>,
    mut payload: Payload,
) -> ApiResult<Vec<Uuid>> {
    let ids = selected(write.world, &write.object, filter, |_| true);
    if ids.len() > MAX_RECORDS {
        let message = format!("Cannot update more than {MAX_RECORDS} records at once");
        return Err(ApiError::coded("TOO_MANY_RECORDS_TO_UPDATE", message));
    }
    write.resolve(&mut payload)?;
    for id in &ids {
        write.update(*id, payload.clone())?;
    }
    Ok(ids)
}
