//! Destroys records, and updates the rows that refer to them as the database does.

use uuid::Uuid;

use crate::events::EventAction;
use crate::schema::{Object, RelationKind};
use crate::world::World;
use crate::write::Write;
use serde_json::Value;

/// Destroys a record; false if it does not exist.
pub fn destroy(write: &mut Write<'_>, id: Uuid) -> bool {
    let name = write.object.name_singular.clone();
    write.tell(EventAction::Destroyed, id, Vec::new());
    if write.world.table_mut(&name).remove(id).is_none() {
        return false;
    }
    write.updated += 1;
    release(write.world, &name, id);
    true
}

/// Join columns that refer to an object, as (owner, column, cascades).
fn references(world: &World, target: &str) -> Vec<(String, String, bool)> {
    let columns = |object: &Object| -> Vec<(String, String, bool)> {
        object
            .fields
            .iter()
            .filter_map(|f| f.relation.as_ref())
            .filter(|r| r.kind == RelationKind::ManyToOne && r.target == target)
            .map(|r| {
                (
                    object.name_singular.clone(),
                    r.join_column.clone(),
                    r.cascade,
                )
            })
            .collect()
    };
    world
        .schema
        .objects
        .iter()
        .flat_map(|object| columns(object))
        .collect()
}

fn release(world: &mut World, target: &str, id: Uuid) {
    for (owner, column, cascades) in references(world, target) {
        for row in world.table(&owner).referring(&column, id) {
            if cascades {
                world.table_mut(&owner).remove(row);
                release(world, &owner, row);
            } else {
                point(world, &owner, row, &column, Value::Null);
            }
        }
    }
}

/// Changes all references to one record into references to another.
pub fn move_references(world: &mut World, target: &str, from: Uuid, to: Uuid) {
    for (owner, column, _) in references(world, target) {
        for row in world.table(&owner).referring(&column, from) {
            point(world, &owner, row, &column, Value::from(to.to_string()));
        }
    }
}

fn point(world: &mut World, owner: &str, row: Uuid, column: &str, value: Value) {
    let table = world.table_mut(owner);
    if let Some(mut record) = table.get(row).cloned() {
        record.insert(column.to_owned(), value);
        // Join columns are not in a unique index.
        let _ = table.replace(row, record);
    }
}
