//! The record core: all policy of an upsert, without I/O and without async. A record is a state machine (`upsert`): it
//! says what it needs next and is told the result. The `driver` sends the requests.

pub mod collision;
pub mod conflicts;
pub mod entity;
pub mod errors;
pub mod input;
pub mod link;
pub mod notices;
pub mod outcome;
pub mod ownership;
pub mod payload;
mod plan;
pub mod refusal;
mod resolve;
pub mod result;
pub mod row;
pub mod rules;
mod unique_violation;
pub mod upsert;

#[cfg(test)]
mod tests;
