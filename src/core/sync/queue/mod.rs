//! Who waits for whom: calls of one record, and records that want one row.

mod exclusive;
pub mod keyed_queue;
pub mod row_locks;
