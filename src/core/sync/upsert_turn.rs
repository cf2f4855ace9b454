//! An upsert's turn among the calls of its key, and the write that it leads to.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::core::error::CrmError;

use super::context::SyncContext;
use super::options::CallOptions;
use super::queue::broke_off;
use super::queue::keyed_queue::{Hold, Turn, Write};
use super::record::input::Outcome;
use super::record::input::{Input, Upserted};
use super::upsert::Upsert;

/// Whose requests write a record whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Travel {
    /// Those of a departure, which others may share.
    Shared,
    /// Its own: something that is in flight already waits for it.
    Alone,
}

impl SyncContext {
    /// Refuses what can be told to be bad without the workspace's schema.
    pub(super) fn check(&self, input: &Input) -> Result<(), CrmError> {
        match input {
            Input::Person(person) => self.options.emails.read(&person.email).map(drop),
            _ => Ok(()),
        }
    }

    /// Boxed, because the upsert of a person may take a turn for its company.
    pub(super) fn in_turn(
        &self,
        input: Input,
        options: CallOptions,
        hold: Option<Hold>,
        travel: Travel,
    ) -> BoxFuture<'static, Result<Turn<Arc<Upserted>>, CrmError>> {
        let key = (input.kind(), input.external_id().to_owned());
        let mut hasher = DefaultHasher::new();
        (self.settings, options, travel).hash(&mut hasher);
        let context = self.clone();
        let number = self.departure_number();
        let write: Write<Input, Outcome> = Arc::new(move |input, audience| {
            let context = context.clone();
            Box::pin(async move {
                match travel {
                    Travel::Shared => context.depart(input, options, number, audience).await,
                    Travel::Alone => {
                        audience
                            .unless_left(context.write_alone(options, input))
                            .await
                    }
                }
            })
        });
        let place = self
            .scope
            .queue
            .enter(key, input, hasher.finish(), Input::merge, write, hold);
        Box::pin(async move {
            match place.wait().await {
                Some(Turn { answer, first }) => answer.map(|answer| Turn { answer, first }),
                None => Err(broke_off("upsert")),
            }
        })
    }

    /// One upsert with requests of its own; whoever calls it holds the record's turn.
    pub(super) async fn write_alone(&self, options: CallOptions, input: Input) -> Outcome {
        let upsert = Upsert::prepare(self, options, input).await?;
        upsert.run().await.map(Arc::new)
    }
}
