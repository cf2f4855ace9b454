//! Runs a write: takes the lock, applies the costs, and notifies the webhooks.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::auth::ApiKey;
use crate::http::{ApiResult, InFlight};
use crate::schema::Object;
use crate::state::State;
use crate::store::Record;
use crate::unsent;
use crate::values::{self, Payload};
use crate::webhooks;
use crate::write::Write;

/// The result of a write.
#[derive(Debug)]
pub struct Changed {
    /// The rows that the write returned.
    pub rows: Vec<Arc<Record>>,
    /// Simulated duration.
    pub time: Duration,
    /// Held until the answer is sent.
    pub in_flight: Option<InFlight>,
}

/// A payload in stored form, validated as by the simulated version.
///
/// # Errors
/// 400 with the server's text.
pub fn payload(state: &State, object: &Object, sent: &Value) -> ApiResult<Payload> {
    let settings = state.settings();
    let mut payload = values::normalise(object, sent, settings.flavour)?;
    unsent::complete(object, &mut payload, settings.unsent_subfields);
    Ok(payload)
}

/// Runs a write under the lock; it returns the ids of the rows to show.
///
/// # Errors
/// Those of the write.
pub fn change(
    state: &Arc<State>,
    object: &Arc<Object>,
    key: Option<&ApiKey>,
    work: impl FnOnce(&mut Write<'_>) -> ApiResult<Vec<Uuid>>,
) -> ApiResult<Changed> {
    let mut world = state.world();
    let mut write = Write::new(state, &mut world, Arc::clone(object), key);
    let ids = work(&mut write)?;
    let times = state.settings().service_times;
    let micros = write
        .inserted
        .saturating_mul(times.insert_us)
        .saturating_add(write.updated.saturating_mul(times.update_us));
    let events = std::mem::take(&mut write.events);
    let in_flight = write.in_flight();
    let table = world.table(&object.name_singular);
    let rows = ids.iter().filter_map(|id| table.share(*id)).collect();
    drop(world);
    if !events.is_empty() {
        webhooks::dispatch(state, events);
    }
    Ok(Changed {
        rows,
        time: Duration::from_micros(micros),
        in_flight,
    })
}
