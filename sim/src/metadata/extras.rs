//! Relations that every custom object gets.

use crate::schema::Object;

/// Relations of every custom object: their names and the related objects.
pub const EXTRAS: [(&str, &str); 4] = [
    ("timelineActivities", "timelineActivity"),
    ("attachments", "attachment"),
    ("noteTargets", "noteTarget"),
    ("taskTargets", "taskTarget"),
];

/// Name of the relation to an object, on the objects that can belong to any object.
pub fn target_name(object: &Object) -> String {
    format!("target{}", object.pascal_singular())
}
