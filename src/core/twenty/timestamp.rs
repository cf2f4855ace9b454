//! Times in Twenty's format: ISO 8601 in UTC, `2026-11-23T12:31:26.547Z`.

/// Milliseconds since the epoch; `None` if the text is not such a time, or is before 1970.
pub fn parse_millis(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if bytes.len() < 20 || separators.iter().any(|(at, byte)| bytes[*at] != *byte) {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<u64> {
        bytes[from..to].iter().try_fold(0_u64, |number, byte| {
            byte.is_ascii_digit()
                .then(|| number * 10 + u64::from(byte - b'0'))
        })
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let is_time = year >= 1970
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 61;
    let fraction = match text.get(19..)?.strip_suffix('Z')? {
        "" => 0,
        rest => {
            let digits = rest.strip_prefix('.')?;
            let all = digits.bytes().all(|byte| byte.is_ascii_digit());
            if digits.is_empty() || !all {
                return None;
            }
            digits
                .bytes()
                .chain([b'0'; 3])
                .take(3)
                .fold(0, |millis, byte| millis * 10 + u64::from(byte - b'0'))
        }
    };
    is_time.then(|| {
        let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
        seconds * 1000 + fraction
    })
}

/// Days since the epoch. Years start in March here, so that a leap day is the last day of its year.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = year - u64::from(month < 3);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let to_epoch = 719_468;
    365 * year + year / 4 - year / 100 + year / 400 + day_of_year - to_epoch
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by `date -u +%s%3N -d …`.
    #[test]
    fn times_are_read_to_the_millisecond() {
        for (text, millis) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("2026-11-23T12:31:26.547Z", 1_795_437_086_547),
            ("2024-02-29T23:59:59.9Z", 1_709_251_199_900),
            ("2000-03-01T00:00:00Z", 951_868_800_000),
            ("2100-12-31T00:00:00.123456Z", 4_133_894_400_123),
        ] {
            assert_eq!(parse_millis(text), Some(millis), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "2026-11-23",
            "2026-11-23T12:31:26.547",
            "2026-11-23T12:31:26.547+01:00",
            "2026-13-23T12:31:26.547Z",
            "2026-11-23T24:31:26.547Z",
            "2026-11-23T12:31:26.Z",
            "2026-11-23T12:31:26.5x7Z",
            "1969-12-31T23:59:59.999Z",
            "2026-11-23T12:31:2é.547Z",
            "+026-11-23T12:31:26.547Z",
        ] {
            assert_eq!(parse_millis(text), None, "{text}");
        }
    }
}
