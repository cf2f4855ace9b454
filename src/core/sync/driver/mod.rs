//! The driver: takes what 1 to 200 records want, and sends it in as few requests as it takes. It knows no policy; that is
//! in `record`.

mod alone;
mod batch;
mod batch_answer;
mod batch_size;
mod companies;
mod entry;
mod group;
mod job;
mod lookup_width;
mod lookups;
mod pipeline;
mod recall;
mod recent_writes;
mod rounds;
mod row_index;
mod schema_watch;
mod split;
mod writes;

#[cfg(test)]
mod tests;

pub use alone::{in_turn_alone, write_alone, write_together};
pub use batch_size::{MAX_BATCH_RECORDS, batch_records};
pub use job::{Ended, Job, Listener, Record, Way};
pub use lookup_width::look_up_records;
pub use pipeline::{Pipeline, may_be_one_of_them, run_writers};
pub use row_index::Seen;
