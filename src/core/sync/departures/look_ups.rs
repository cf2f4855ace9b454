//! Look-ups for `find` and `delete` that leave: alone, or many by one request.

use futures_util::{StreamExt, stream};

use super::{Caller, Load, Progress};
use crate::core::config::MAX_DEPARTURES;
use crate::core::error::{CrmError, ErrorCode};
use crate::core::sync::context::SyncContext;
use crate::core::sync::driver::may_be_one_of_them;
use crate::core::sync::own_rows::{OwnRows, Wanted, look_up_own};
use crate::core::sync::queue::broke_off;
use crate::core::twenty::ids::ObjectKind;

/// A record whose rows are asked for.
pub(super) struct LookUp {
    pub wanted: Wanted,
    pub caller: Caller<OwnRows>,
}

/// Asks for the rows of many by one request. Where that may have failed for the sake of one of them, each is asked for by
/// itself.
pub(super) async fn answer(context: &SyncContext, look_ups: Vec<LookUp>, progress: &Progress) {
    if look_ups.is_empty() {
        return;
    }
    let (wanted, callers): (Vec<_>, Vec<_>) = look_ups
        .into_iter()
        .map(|look_up| (look_up.wanted, look_up.caller))
        .unzip();
    match look_up_own(context, &wanted).await {
        Ok(found) => {
            for (caller, rows) in callers.into_iter().zip(found) {
                caller.tell(Ok(rows), progress);
            }
        }
        Err(error) if wanted.len() > 1 && may_be_of_one(&error) => {
            let alone = wanted
                .into_iter()
                .zip(callers)
                .map(|(wanted, caller)| async move {
                    caller.tell(look_up_alone(wanted).await, progress);
                });
            let alone = stream::iter(alone).buffer_unordered(MAX_DEPARTURES);
            alone.collect::<()>().await;
        }
        Err(error) => {
            for caller in callers {
                caller.tell(Err(error.clone()), progress);
            }
        }
    }
}

/// Whether the refusal, or an answer that cannot be believed, may be due to one of them.
fn may_be_of_one(error: &CrmError) -> bool {
    error.code == ErrorCode::OperationFailed || may_be_one_of_them(error)
}

async fn look_up_alone(wanted: Wanted) -> Result<OwnRows, CrmError> {
    let context = wanted.context.clone();
    let found = look_up_own(&context, &[wanted]).await?;
    let rows = found.into_iter().next();
    rows.ok_or_else(|| broke_off("look-up"))
}

impl SyncContext {
    /// All rows of a record, asked for alone or with those of others that are asked for at the same time. Without
    /// `use_cache`, what is remembered is not looked at. A remembered id that leads to none of them is forgotten.
    ///
    /// # Errors
    /// What the server answered; a failed look-up is never "no such row".
    pub(in crate::core::sync) async fn own_rows(
        &self,
        kind: ObjectKind,
        external_id: &str,
        use_cache: bool,
    ) -> Result<OwnRows, CrmError> {
        let wanted = Wanted {
            context: self.clone(),
            kind,
            external_id: external_id.to_owned(),
            use_cache,
        };
        if !self.options.batching {
            return look_up_alone(wanted).await;
        }
        let number = self.departure_number();
        let entered = self.enter(kind, number, |caller| {
            let wanted = wanted.clone();
            Load::LookUp(LookUp { wanted, caller })
        });
        match entered {
            Ok(mut slot) => {
                let found = look_up_alone(wanted).await;
                slot.note(&found);
                found
            }
            Err(mut ticket) => {
                let answer = (&mut ticket.answer).await;
                answer.unwrap_or_else(|_| Err(broke_off("look-up")))
            }
        }
    }
}
