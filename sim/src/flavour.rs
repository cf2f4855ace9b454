//! Server versions, and in one table what differs between them.

use serde::Deserialize;

/// Server version to imitate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Flavour {
    /// Recorded, and the ground of everything that is simulated.
    #[serde(rename = "2.21")]
    V2_21,
    /// Recorded: the same requests, and what came out otherwise.
    #[serde(rename = "2.31")]
    V2_31,
    /// Read in public sources of 2.38 to 2.47, not recorded.
    #[serde(rename = "2.47")]
    V2_47,
}

/// What a version does otherwise than another one. Everything that is not named here is alike on all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Differences {
    /// `hasNextPage` and `hasPreviousPage` are true in both directions, and a backward page has its cursors in order.
    pub honest_pages: bool,
    /// Metadata lists tell `hasPreviousPage` and refuse a cursor that is no id; API keys and webhooks come in pages.
    pub metadata_pages: bool,
    /// Objects and workspace members carry `openRecordIn`.
    pub open_record_in: bool,
    /// The field whose picture stands for a record.
    pub image_field: &'static str,
    /// A fractional `limit` of records is cut; else it is rounded up. Metadata refuse it.
    pub cuts_limits: bool,
    /// Ordering through a to-many relation is refused.
    pub refuses_to_many_order: bool,
    /// Every answer has `Vary: Origin` and `Access-Control-Allow-Credentials: true`.
    pub credentials: bool,
    /// What webhook deliveries call themselves.
    pub user_agent: &'static str,
    /// Buckets fill by fractions, in one step with the look at them: each root of a GraphQL request spends its token.
    pub exact_buckets: bool,
    /// Limits are told by kind, scope and period; a record limit and an allowance are known.
    pub told_limits: bool,
    /// A company's domain is stored as a bare host.
    pub bare_hosts: bool,
    /// Duplicates name the constraint; failures of the database and refused references have a code.
    pub named_failures: bool,
    /// `fields=` on records, and a cap of the fields that come without it.
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
    /// What this version does otherwise.
    pub fn differences(self) -> &'static Differences {
        match self {
            Self::V2_21 => &V2_21,
            Self::V2_31 => &V2_31,
            Self::V2_47 => &V2_47,
        }
    }
}
