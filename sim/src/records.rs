//! Records over REST.

use std::sync::Arc;

use crate::errors::ApiError;
use crate::http::{Request, Response};
use crate::state::State;

/// Answers a request on records.
pub fn handle(_state: &Arc<State>, request: &Request) -> Response {
    ApiError::no_route(&request.method, &request.path).into()
}
