//! What comes with every object that a workspace makes itself.

use crate::schema::Object;

/// Relations of every custom object: their names and the objects at the far end.
pub const EXTRAS: [(&str, &str); 4] = [
    ("timelineActivities", "timelineActivity"),
    ("attachments", "attachment"),
    ("noteTargets", "noteTarget"),
    ("taskTargets", "taskTarget"),
];

/// Name of the relation to an object, on the objects that can belong to anything.
pub fn target_name(object: &Object) -> String {
    format!("target{}", object.pascal_singular())
}
