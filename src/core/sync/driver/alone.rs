//! Single calls: one by itself, or several that leave together.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;

use crate::core::sync::context::SyncContext;
use crate::core::sync::options::CallOptions;
use crate::core::sync::queue::broke_off;
use crate::core::sync::queue::keyed_queue::Write;
use crate::core::sync::record::input::{Input, Outcome};
use crate::core::sync::record::rules::Seed;
use crate::core::sync::record::upsert::Start;

use super::job::{Ended, Job, Listener, Record, Way};

/// The one end of one record.
#[derive(Default)]
struct OneEnd(Mutex<Option<Outcome>>);

impl Listener for OneEnd {
    fn settled(&self, _: usize, ended: Ended) {
        let outcome = ended.settled.into_outcome();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    }
}

/// One upsert with requests of its own; whoever calls it holds the record's turn.
pub async fn write_alone(context: &SyncContext, call: CallOptions, input: Input) -> Outcome {
    let end = OneEnd::default();
    let job = Job {
        context,
        ways: vec![Way {
            context: context.clone(),
            seed: Seed::of_call(input.kind(), call),
        }],
        listener: &end,
        make_company: in_turn_alone,
        pipeline: None,
    };
    let (at, way) = (0, 0);
    job.run(vec![Record { at, way, input }], Start::Alone).await;
    let outcome = end.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    outcome.unwrap_or_else(|| Err(broke_off("upsert")))
}

/// Writes records whose turns the caller holds, in as few requests as a bulk run would take. `listener` hears of each end
/// as soon as it is known. What the records and `ways` must have in common, [`Job`] says.
pub async fn write_together(
    context: &SyncContext,
    ways: Vec<Way>,
    records: Vec<Record>,
    listener: &dyn Listener,
) {
    let start = match records.len() {
        1 => Start::Alone,
        _ => Start::Together,
    };
    let job = Job {
        context,
        ways,
        listener,
        make_company: in_turn_alone,
        pipeline: None,
    };
    job.run(records, start).await;
}

/// One upsert in its turn among the calls of its key, with requests of its own: something that is in flight already
/// waits for it.
pub fn in_turn_alone(
    context: SyncContext,
    call: CallOptions,
    input: Input,
) -> BoxFuture<'static, Outcome> {
    let surroundings = context.clone();
    let write: Write<Input, Outcome> = Arc::new(move |input, audience| {
        let context = surroundings.clone();
        Box::pin(async move {
            let writing = write_alone(&context, call, input);
            audience.unless_left(writing).await
        })
    });
    let turn = context.in_upsert_turn(input, (call, "alone"), write, None);
    Box::pin(async move { Ok(turn.await?.answer) })
}
