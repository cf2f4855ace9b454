//! twenty-crm-native: the Twenty CRM client and sync engine behind the npm package of the same name.
#![cfg_attr(test, allow(clippy::too_many_lines))]

pub mod core;
// Under test the exports are not compiled, so what only they use has no user.
#[cfg_attr(test, allow(dead_code))]
mod napi;
