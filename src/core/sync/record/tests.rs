//! Table tests of the record core.
