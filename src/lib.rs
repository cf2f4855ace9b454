//! twenty-crm-native: the Twenty CRM client and sync engine behind the npm package of the same name.

pub mod core;
