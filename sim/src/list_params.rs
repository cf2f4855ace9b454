//! Query parameters of record calls (WIRE.md section 7).

use crate::errors::ApiError;
use crate::http::{ApiResult, Request};
use crate::order::{self, OrderBy};
use crate::store::Record;

/// Page size without `limit`.
const DEFAULT_LIMIT: usize = 60;
/// Largest page; larger limits are cut silently.
const MAX_LIMIT: usize = 200;

/// Parameters of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListParams {
    /// `order_by`.
    pub order: Vec<OrderBy>,
    /// `starting_after`.
    pub after: Option<Record>,
    /// `ending_before`.
    pub before: Option<Record>,
    /// `limit`.
    pub limit: usize,
}

impl ListParams {
    /// Reads the parameters; unknown ones are ignored.
    ///
    /// # Errors
    /// 400 for values the server refuses.
    pub fn parse(request: &Request) -> ApiResult<Self> {
        let limit = match request.query("limit") {
            None => DEFAULT_LIMIT,
            Some(text) => text
                .parse::<usize>()
                .map(|n| n.min(MAX_LIMIT))
                .map_err(|_| {
                    let message = format!("limit '{text}' is invalid. Should be an integer");
                    ApiError::bad_request(message)
                })?,
        };
        let cursor = |name| match request.query(name).filter(|text| !text.is_empty()) {
            Some(text) => order::parse_cursor(text).map(Some),
            None => Ok(None),
        };
        Ok(Self {
            order: order::parse(request.query("order_by").unwrap_or_default())?,
            after: cursor("starting_after")?,
            before: cursor("ending_before")?,
            limit,
        })
    }
}

/// `depth`: 0 without, 0 or 1.
///
/// # Errors
/// 400 for anything else.
pub fn depth(request: &Request) -> ApiResult<u8> {
    match request.query("depth") {
        None | Some("0") => Ok(0),
        Some("1") => Ok(1),
        Some(other) => Err(ApiError::bad_request(format!(
            "'depth={other}' parameter invalid. Allowed values are 0, 1"
        ))),
    }
}
