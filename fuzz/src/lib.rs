//! Fuzz targets of twenty-crm-native: what they check is in `targets`, how inputs are made in `mutator`, how long they
//! take in `clock`.

pub mod clock;
pub mod corpus;
pub mod mutator;
pub mod targets;
