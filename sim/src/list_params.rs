//! Query parameters of record calls (`docs/twenty/protocol.md#lists`).

use crate::errors::ApiError;
use crate::flavour::Differences;
use crate::http::{ApiResult, Request};
use crate::order::{self, OrderBy};
use crate::store::Record;

/// Page size without `limit`.
const DEFAULT_LIMIT: usize = 60;
/// Largest page; larger limits are silently reduced to it.
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
    pub fn parse(request: &Request, differences: &Differences) -> ApiResult<Self> {
        let limit = match request.query("limit") {
            None => DEFAULT_LIMIT,
            Some(text) => size(text, differences).ok_or_else(|| {
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

/// A page size; a fraction is rounded up, or truncated by later servers.
fn size(text: &str, differences: &Differences) -> Option<usize> {
    let number: f64 = text.parse().ok().filter(|n| *n >= 0.0)?;
    let whole = if differences.cuts_limits {
        number.floor()
    } else {
        number.ceil()
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    // checked and cut to the largest page
    Some((whole as usize).min(MAX_LIMIT))
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
