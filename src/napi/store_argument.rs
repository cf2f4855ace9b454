//! The mapping store as an argument of constructors.

use std::sync::Arc;

use napi::bindgen_prelude::{ClassInstance, Either};

use super::dispatcher::Dispatcher;
use super::sqlite_store::SqliteStore;
use super::store::CallerStore;
use crate::core::store::MappingStore;

/// Either an SQLite store, or the number under which the caller's own store is registered.
pub fn store_of(
    dispatcher: &Dispatcher,
    store: &Either<u32, ClassInstance<SqliteStore>>,
) -> Arc<dyn MappingStore> {
    match store {
        Either::A(target) => Arc::new(CallerStore::new(dispatcher.shared(), *target)),
        Either::B(store) => store.core(),
    }
}
