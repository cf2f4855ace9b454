//! How long to wait before a retry.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};

use super::Jitter;
use crate::core::config::RETRY_AFTER_MAX;

/// The wait before retry number `repeat` (from 0): full jitter on `min(initial * 2^repeat, max)`, but at least as long
/// as the server asked for, up to [`RETRY_AFTER_MAX`].
pub(super) fn delay(
    repeat: u32,
    initial: Duration,
    max: Duration,
    retry_after: Option<Duration>,
    jitter: &dyn Jitter,
) -> Duration {
    let doubled = initial.saturating_mul(2u32.saturating_pow(repeat));
    let own = jitter.spread(doubled.min(max));
    retry_after.map_or(own, |asked| own.max(asked.min(RETRY_AFTER_MAX)))
}

/// The `Retry-After` header: seconds, or a date. A date is compared with the answer's own `Date` header if it has one,
/// so that clock differences do no harm. Not limited yet.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = httpdate::parse_http_date(text).ok()?;
    let wait = until.duration_since(server_now(headers, now));
    Some(wait.unwrap_or_default())
}

/// The server's time from the answer's `Date` header, otherwise our own.
pub(super) fn server_now(headers: &HeaderMap, now: SystemTime) -> SystemTime {
    headers
        .get(header::DATE)
        .and_then(|date| date.to_str().ok())
        .and_then(|date| httpdate::parse_http_date(date).ok())
        .unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    struct Share(f64);

    impl Jitter for Share {
        fn spread(&self, ceiling: Duration) -> Duration {
            ceiling.mul_f64(self.0)
        }
    }

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    http::HeaderName::from_static(name),
                    HeaderValue::from_str(value).expect("a header value"),
                )
            })
            .collect()
    }

    #[test]
    fn ceilings_double_up_to_the_maximum() {
        let ceilings: Vec<u64> = (0..7)
            .map(|repeat| delay(repeat, ms(200), ms(5_000), None, &Share(1.0)))
            .map(|delay| u64::try_from(delay.as_millis()).expect("small"))
            .collect();
        assert_eq!(ceilings, [200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
        assert_eq!(
            delay(3, ms(200), ms(5_000), None, &Share(0.0)),
            Duration::ZERO
        );
    }

    #[test]
    fn a_server_that_asks_for_more_gets_it_up_to_the_bound() {
        let with = |asked| delay(0, ms(200), ms(5_000), Some(asked), &Share(1.0));
        assert_eq!(with(ms(50)), ms(200));
        assert_eq!(with(ms(7_000)), ms(7_000));
        assert_eq!(with(Duration::from_secs(86_400)), RETRY_AFTER_MAX);
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let now = httpdate::parse_http_date("Mon, 23 Nov 2026 12:00:00 GMT").expect("a date");
        let read = |pairs: &[(&'static str, &str)]| retry_after(&headers(pairs), now);
        let date = "Mon, 23 Nov 2026 12:00:30 GMT";
        assert_eq!(read(&[("retry-after", "7")]), Some(ms(7_000)));
        assert_eq!(read(&[("retry-after", "0.5")]), Some(ms(500)));
        assert_eq!(read(&[("retry-after", date)]), Some(ms(30_000)));
        assert_eq!(
            read(&[
                ("retry-after", date),
                ("date", "Mon, 23 Nov 2026 12:00:25 GMT")
            ]),
            Some(ms(5_000))
        );
        assert_eq!(
            read(&[("retry-after", "Mon, 23 Nov 2026 11:00:00 GMT")]),
            Some(Duration::ZERO)
        );
        for nonsense in ["soon", "-1", "NaN", "inf", ""] {
            assert_eq!(read(&[("retry-after", nonsense)]), None, "{nonsense}");
        }
        assert_eq!(read(&[]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_wait_is_longer_than_its_bound(
            repeat in 0u32..=u32::MAX, initial in 0u64..10_000, max in 0u64..10_000, share in 0.0f64..=1.0,
        ) {
            prop_assert!(delay(repeat, ms(initial), ms(max), None, &Share(share)) <= ms(max));
        }
    }
}
