//! Records whose external id stands for somebody else as well: they fail, and nothing of theirs is joined into one row.

use crate::core::error::CrmError;
use crate::core::error_reason;
use crate::core::sync::bulk::id_register::{Claim, Spoilt};
use crate::core::sync::bulk::order::Key;
use crate::core::sync::context::SyncContext;
use crate::core::sync::mappings::who::Who;
use crate::core::twenty::ids::ObjectKind;

use super::Chunk;

impl Chunk<'_> {
    /// Each item's id and who it is; nobody where inputs of this chunk do not agree on it.
    pub fn claims(&self) -> impl Iterator<Item = (Key, Option<Who>)> {
        self.items.iter().map(|item| {
            let identity = item.identity;
            (identity.id, (!item.is_reused).then_some(identity.who))
        })
    }

    /// Takes in what the run's register says of these, in their order.
    pub fn take_claims(&mut self, claims: Vec<Claim>) {
        for (item, claim) in self.items.iter_mut().zip(claims) {
            item.claim = claim;
        }
    }

    /// Fails the open items whose ids have turned out to stand for two, but for those that may have been written.
    pub(super) fn fail_reused(&mut self) {
        let open = self.open();
        let keys = open.iter().map(|&at| self.items[at].identity.id);
        let spoilt = self.ids.spoilt(keys);
        for (at, spoilt) in open.into_iter().zip(spoilt) {
            let item = &mut self.items[at];
            let Some(mut spoilt) = spoilt.filter(|_| item.lost.is_none()) else {
                continue;
            };
            if item.claim == Claim::First {
                self.ids.hold_back(item.identity.id);
                spoilt = Spoilt::HeldBack;
            }
            let error = id_reused(self.service, self.kind, item.input.external_id(), spoilt);
            item.fail(error);
        }
    }
}

/// Two records of one run have one external id, and share neither name nor address.
pub fn id_reused(
    service: &SyncContext,
    kind: ObjectKind,
    external_id: &str,
    spoilt: Spoilt,
) -> CrmError {
    let (noun, address) = match kind {
        ObjectKind::Person => ("people", "e-mail"),
        ObjectKind::Company => ("companies", "domain"),
    };
    let first = match spoilt {
        Spoilt::HeldBack => None,
        Spoilt::TakenIn => Some(service.scope.cache.recall(kind, external_id)),
    };
    let first = first.map(|known| known.map(|known| known.crm_id.to_string()));
    let what = match &first {
        None => "None of them was written".to_owned(),
        Some(None) => {
            "The first of them was already on its way when this one was read; this one was not written"
                .to_owned()
        }
        Some(Some(id)) => format!(
            "The first of them is in row {id} and was already on its way when this one was read; this one was not written"
        ),
    };
    let error = CrmError::validation(
        "external_id",
        format!(
            "external_id {external_id:?} stands for two {noun} of this run, which differ in name and in {address}. {what}. \
             A spreadsheet may have spoilt the ids (it makes 1.23457E+17 of many long numbers): take them from the source again"
        ),
    )
    .with_detail("reason", error_reason::ID_REUSED)
    .with_detail("externalId", external_id);
    match first.flatten() {
        Some(id) => error.with_detail("crmId", id),
        None => error,
    }
}
