//! Not served yet: answers like an unknown route.

use crate::errors::ApiError;
use crate::http::{Request, Response};
use crate::state::State;

/// Answers a request.
pub fn handle(_state: &State, request: &Request) -> Response {
    ApiError::no_route(&request.method, &request.path).into()
}
