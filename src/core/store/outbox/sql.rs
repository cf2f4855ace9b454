//! The outbox's SQL. Statements about lanes take `?1`, the time, and `?2`, the run (boot) of the clock.

/// Whether a lane's time is in the future. A time of another run of the clock (before the machine was restarted) is
/// not. If the runs are unknown, a time whose start (`span` before it) is more than ten minutes ahead belongs to
/// another run. A time only slightly ahead was written by a job that ran while this one waited, so it counts.
macro_rules! ahead {
    ($lane:literal, $time:literal) => {
        concat!(
            "coalesce(",
            $lane,
            ".",
            $time,
            " > ?1 AND CASE
                WHEN ",
            $lane,
            ".epoch = ?2 THEN 1
                WHEN ",
            $lane,
            ".epoch <> ?2 THEN 0
                ELSE ",
            $lane,
            ".",
            $time,
            " - ",
            $lane,
            ".span <= ?1 + 600000 END, 0)"
        )
    };
}

macro_rules! due {
    ($order:literal) => {
        concat!(
            "SELECT c.entity, c.external_id, coalesce(l.attempts, 0)
            FROM outbox_change c
            LEFT JOIN outbox_lane l ON l.entity = c.entity AND l.external_id = c.external_id
            WHERE c.dead_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM outbox_change o
                WHERE o.entity = c.entity AND o.external_id = c.external_id
                AND o.dead_at IS NULL AND o.id < c.id)
            AND NOT ",
            ahead!("l", "leased_until"),
            " AND NOT ",
            ahead!("l", "not_before"),
            " AND NOT (c.entity = 'person' AND EXISTS (SELECT 1 FROM outbox_change m
                JOIN outbox_change n ON n.entity = 'company' AND n.external_id = m.needs
                    AND n.dead_at IS NULL
                LEFT JOIN outbox_lane k ON k.entity = 'company' AND k.external_id = m.needs
                WHERE m.entity = 'person' AND m.external_id = c.external_id AND m.dead_at IS NULL
                AND NOT (coalesce(k.attempts, 0) >= 3 AND ",
            ahead!("k", "not_before"),
            ")))
            ORDER BY ",
            $order,
            " LIMIT ?3"
        )
    };
}

/// Records that are due: companies first, then those that have waited longest. A person waits for its company, except
/// for one that keeps failing while others are delivered.
pub const DUE: &str = due!("c.entity, c.id");

/// The record with the fewest attempts.
pub const PROBE: &str = due!("coalesce(l.attempts, 0), c.entity, c.id");

/// Whether any change is waiting.
pub const ANY: &str = "SELECT EXISTS (SELECT 1 FROM outbox_change WHERE dead_at IS NULL)";

pub const ENQUEUE: &str =
    "INSERT INTO outbox_change (entity, external_id, needs, enqueued_at, payload)
    VALUES (?1, ?2, ?3, ?4, ?5)";

/// A delay that is over is cleared, because it may belong to another run of the clock.
pub const LEASE: &str = "INSERT INTO outbox_lane
        (entity, external_id, token, leased_until, attempts, not_before, span, epoch)
    VALUES (?1, ?2, ?3, ?4, 0, 0, ?5, ?6)
    ON CONFLICT (entity, external_id) DO UPDATE SET
        token = excluded.token, leased_until = excluded.leased_until, not_before = 0,
        span = excluded.span, epoch = excluded.epoch";

/// All of a record's changes, including a dead letter.
pub const CHANGES: &str = "SELECT id, payload, dead_at IS NOT NULL, enqueued_at
    FROM outbox_change WHERE entity = ?1 AND external_id = ?2 ORDER BY id";

pub const RENEW: &str =
    "UPDATE outbox_lane SET leased_until = ?2, span = ?3, epoch = ?4 WHERE token = ?1";

pub const HOLDER: &str = "SELECT token FROM outbox_lane WHERE entity = ?1 AND external_id = ?2";

pub const REMOVE: &str =
    "DELETE FROM outbox_change WHERE id = ?1 AND entity = ?2 AND external_id = ?3";

pub const REWRITE: &str = "UPDATE outbox_change SET needs = ?4, payload = ?5,
    dead_at = CASE WHEN ?6 IS NULL THEN dead_at ELSE ?7 END, dead_info = coalesce(?6, dead_info)
    WHERE id = ?1 AND entity = ?2 AND external_id = ?3";

pub const FREE: &str = "DELETE FROM outbox_lane WHERE entity = ?1 AND external_id = ?2";

pub const DELAY: &str = "UPDATE outbox_lane
    SET token = NULL, leased_until = 0, attempts = ?3, not_before = ?4, span = ?5, epoch = ?6
    WHERE entity = ?1 AND external_id = ?2";

pub const STATS: &str = concat!(
    "SELECT
    (SELECT count(*) FROM (SELECT DISTINCT entity, external_id FROM outbox_change
        WHERE dead_at IS NULL)),
    (SELECT count(*) FROM outbox_change WHERE dead_at IS NULL),
    (SELECT min(enqueued_at) FROM outbox_change WHERE dead_at IS NULL),
    (SELECT count(*) FROM outbox_change WHERE dead_at IS NOT NULL),
    (SELECT count(*) FROM outbox_lane l WHERE l.token IS NOT NULL AND ",
    ahead!("l", "leased_until"),
    "),
    (SELECT count(*) FROM outbox_lane l WHERE ",
    ahead!("l", "not_before"),
    ")"
);

pub const DEAD: &str = "SELECT id, entity, external_id, enqueued_at, dead_at, payload, dead_info
    FROM outbox_change WHERE dead_at IS NOT NULL AND (entity, external_id) > (?1, ?2)
    ORDER BY entity, external_id LIMIT ?3";

pub const REVIVE: &str = "UPDATE outbox_change SET dead_at = NULL, dead_info = NULL
    WHERE entity = ?1 AND external_id = ?2 AND dead_at IS NOT NULL";

/// Run this before `REVIVE_ALL`: afterwards it is unknown which records that changed.
pub const HURRY_ALL: &str = "UPDATE outbox_lane SET not_before = 0
    WHERE (entity, external_id) IN (SELECT entity, external_id FROM outbox_change
        WHERE dead_at IS NOT NULL AND (?1 IS NULL OR dead_at < ?1))";

pub const REVIVE_ALL: &str = "UPDATE outbox_change SET dead_at = NULL, dead_info = NULL
    WHERE dead_at IS NOT NULL AND (?1 IS NULL OR dead_at < ?1)";

pub const HURRY: &str =
    "UPDATE outbox_lane SET not_before = 0 WHERE entity = ?1 AND external_id = ?2";

pub const PURGE: &str = "DELETE FROM outbox_change
    WHERE (?1 OR dead_at IS NOT NULL)
    AND (?2 IS NULL OR entity = ?2)
    AND (?3 IS NULL OR external_id = ?3)
    AND (?4 IS NULL OR coalesce(dead_at, enqueued_at) < ?4)";

/// Removes lanes of records without changes.
pub const TIDY: &str = concat!(
    "DELETE FROM outbox_lane AS l WHERE NOT ",
    ahead!("l", "leased_until"),
    " AND NOT EXISTS (SELECT 1 FROM outbox_change c
        WHERE c.entity = l.entity AND c.external_id = l.external_id)"
);
