//! Writes down the outcome of a record that a worker had claimed.

use rusqlite::{Connection, OptionalExtension, params};

use super::moment::Moment;
use super::request::Settlement;
use super::sealed::{locked, seal_id};
use super::sql;
use crate::core::error::CrmError;
use crate::core::quoted::Quoted;
use crate::core::store::seal::Secrets;

/// The new contents of a change.
struct Rewritten {
    id: i64,
    needs: Option<String>,
    payload: Vec<u8>,
    info: Option<Vec<u8>>,
}

/// What to write for one record.
pub(super) struct Outcome {
    entity: String,
    external_id: String,
    remove: Vec<i64>,
    rewrite: Vec<Rewritten>,
    lane: Option<(i64, i64)>,
}

pub(super) fn sealed_outcomes(
    secrets: &Secrets,
    settlements: Vec<Settlement>,
) -> Result<Vec<Outcome>, CrmError> {
    let id_of = |text: &str| {
        text.parse().map_err(|_| {
            CrmError::validation("id", format!("{} is not the id of a change", Quoted(text)))
        })
    };
    settlements
        .into_iter()
        .map(|settlement| {
            let id = seal_id(&settlement.entity, &settlement.external_id);
            let rewrite = settlement
                .rewrite
                .into_iter()
                .map(|row| {
                    let info = row.dead.map(|dead| locked(secrets, dead.to_string(), &id));
                    Ok(Rewritten {
                        id: id_of(&row.id)?,
                        needs: row.needs,
                        payload: locked(secrets, row.payload, &id)?,
                        info: info.transpose()?,
                    })
                })
                .collect::<Result<_, CrmError>>()?;
            Ok(Outcome {
                rewrite,
                remove: settlement
                    .remove
                    .iter()
                    .map(|text| id_of(text))
                    .collect::<Result<_, _>>()?,
                lane: settlement.lane.map(|lane| (lane.attempts, lane.delay_ms)),
                entity: settlement.entity,
                external_id: settlement.external_id,
            })
        })
        .collect()
}

impl Outcome {
    /// False if the claim on the record had ended; then nothing is changed.
    pub(super) fn apply(
        &self,
        connection: &Connection,
        token: &str,
        moment: &Moment<'_>,
        at: i64,
    ) -> rusqlite::Result<bool> {
        let (entity, external_id) = (&self.entity, &self.external_id);
        let holder = connection
            .prepare_cached(sql::HOLDER)?
            .query_row(params![entity, external_id], |row| {
                row.get::<_, Option<String>>(0)
            })
            .optional()?
            .flatten();
        if holder.as_deref() != Some(token) {
            return Ok(false);
        }
        let mut remove = connection.prepare_cached(sql::REMOVE)?;
        for id in &self.remove {
            remove.execute(params![id, entity, external_id])?;
        }
        let mut rewrite = connection.prepare_cached(sql::REWRITE)?;
        for row in &self.rewrite {
            rewrite.execute(params![
                row.id,
                entity,
                external_id,
                row.needs,
                row.payload,
                row.info,
                at,
            ])?;
        }
        match self.lane {
            None => connection
                .prepare_cached(sql::FREE)?
                .execute(params![entity, external_id])?,
            Some((attempts, delay)) => connection.prepare_cached(sql::DELAY)?.execute(params![
                entity,
                external_id,
                attempts,
                moment.now_ms + delay,
                delay,
                moment.epoch,
            ])?,
        };
        Ok(true)
    }
}
