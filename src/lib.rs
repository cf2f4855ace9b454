//! twenty-crm-native: the Twenty CRM client and sync engine behind the npm package of the same name.
#![cfg_attr(test, allow(clippy::too_many_lines))]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod core;
// Tests are built without the exports, so code that only the exports use looks dead there.
#[cfg_attr(test, allow(dead_code))]
mod napi;
