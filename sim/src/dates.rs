//! Dates and instants as the database reads them (`docs/twenty/protocol.md#values`).

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::clock::iso;

/// A calendar day as `YYYY-MM-DD`; with slashes the month comes first. A UTC instant counts as its day, one with an
/// offset is invalid.
pub fn date(text: &str) -> Option<String> {
    let day = ["%Y-%m-%d", "%m/%d/%Y"]
        .iter()
        .find_map(|format| NaiveDate::parse_from_str(text.trim(), format).ok())
        .or_else(|| {
            let time = text.trim().get(10..)?;
            if time.contains(['+', '-']) {
                return None;
            }
            DateTime::parse_from_rfc3339(&date_time(text)?)
                .ok()
                .map(|t| t.date_naive())
        })?;
    Some(day.format("%Y-%m-%d").to_string())
}

/// An instant in the server's format; a text without a zone is UTC.
pub fn date_time(text: &str) -> Option<String> {
    let text = text.trim();
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(iso(instant.timestamp_millis()));
    }
    let zoned = ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z"];
    if let Some(instant) = zoned
        .iter()
        .find_map(|f| DateTime::parse_from_str(text, f).ok())
    {
        return Some(iso(instant.timestamp_millis()));
    }
    let local = [
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M",
    ];
    if let Some(time) = local
        .iter()
        .find_map(|f| NaiveDateTime::parse_from_str(text, f).ok())
    {
        return Some(iso(time.and_utc().timestamp_millis()));
    }
    let day = ["%Y-%m-%d", "%m/%d/%Y"]
        .iter()
        .find_map(|format| NaiveDate::parse_from_str(text, format).ok())?;
    Some(iso(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashed_dates_are_month_first() {
        assert_eq!(date("06/05/1990").as_deref(), Some("1990-06-05"));
        assert_eq!(date("1990-05-06").as_deref(), Some("1990-05-06"));
        assert_eq!(date("soon"), None);
    }

    #[test]
    fn zoneless_instants_are_utc() {
        let utc = Some("2026-01-02T03:04:05.000Z");
        assert_eq!(date_time("2026-01-02 03:04:05").as_deref(), utc);
        assert_eq!(date_time("2026-01-02T03:04:05Z").as_deref(), utc);
        assert_eq!(date_time("2026-01-02T04:04:05+01:00").as_deref(), utc);
        assert_eq!(
            date_time("2026-01-02").as_deref(),
            Some("2026-01-02T00:00:00.000Z")
        );
    }
}
