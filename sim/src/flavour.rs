//! Server versions, and one table of their differences.

use serde::Deserialize;

/// Server version to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Flavour {
    /// Recorded; the basis of the simulation.
    #[serde(rename = "2.21")]
    V2_21,
    /// Recorded: the same requests, and the answers that differ.
    #[serde(rename = "2.31")]
    V2_31,
    /// Taken from public sources of 2.38 to 2.47, not recorded.
    #[serde(rename = "2.47")]
    V2_47,
}

/// The differences between versions. Everything else is the same in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Differences {
    /// `hasNextPage` and `hasPreviousPage` are right in both directions, and a backward page has its cursors in order.
    pub honest_pages: bool,
    /// Metadata lists have `hasPreviousPage` and refuse a cursor that is not an id; API keys and webhooks are paged.
    pub metadata_pages: bool,
    /// Objects and workspace members have `openRecordIn`.
    pub open_record_in: bool,
    /// The field with a record's picture.
    pub image_field: &'static str,
    /// A fractional `limit` of records is truncated; otherwise it is rounded up. Metadata routes refuse it.
    pub cuts_limits: bool,
    /// Ordering through a to-many relation is refused.
    pub refuses_to_many_order: bool,
    /// Every answer has `Vary: Origin` and `Access-Control-Allow-Credentials: true`.
    pub credentials: bool,
    /// The user agent of webhook deliveries.
    pub user_agent: &'static str,
    /// Buckets fill continuously, and checking and taking is one step: each root of a GraphQL request spends its token.
    pub exact_buckets: bool,
    /// Limits are reported by kind, scope and period; there are a record limit and an allowance.
    pub told_limits: bool,
    /// A company's domain is stored as a bare host.
    pub bare_hosts: bool,
    /// Errors about duplicates name the constraint; database failures and refused references have a code.
    pub named_failures: bool,
    /// `fields=` on records, and a limit on the fields that are returned without it.
    pub field_choice: bool,
}

const V2_21: Differences = Differences {
    honest_pages: false,
    metadata_pages: false,
    open_record_in: false,
    image_field: "avatarUrl",
    cuts_limits: false,
    refuses_to_many_order: false,
    credentials: false,
    user_agent: "axios/1.17.0",
    exact_buckets: false,
    told_limits: false,
    bare_hosts: false,
    named_failures: false,
    field_choice: false,
};

const V2_31: Differences = Differences {
    honest_pages: true,
    metadata_pages: true,
    open_record_in: true,
    image_field: "avatarFile",
    cuts_limits: true,
    refuses_to_many_order: true,
    credentials: true,
    user_agent: "axios/1.19.0",
    ..V2_21
};

const V2_47: Differences = Differences {
    exact_buckets: true,
    told_limits: true,
    bare_hosts: true,
    named_failures: true,
    field_choice: true,
    ..V2_31
};

impl Flavour {
    /// The differences of this version.
    pub fn differences(self) -> &'static Differences {
        match self {
            Self::V2_21 => &V2_21,
            Self::V2_31 => &V2_31,
            Self::V2_47 => &V2_47,
        }
    }
}
