//! SQL's LIKE.

/// Whether a text matches a pattern of `%` (any run), `_` (any character) and `\` (escape).
pub fn like(text: &str, pattern: &str, ignore_case: bool) -> bool {
    let fold = |text: &str| -> Vec<char> {
        if ignore_case {
            text.to_lowercase().chars().collect()
        } else {
            text.chars().collect()
        }
    };
    matches(&fold(text), &fold(pattern))
}

/// Greedy matching that only backtracks to the last `%`: linear in practice, quadratic at worst.
fn matches(text: &[char], pattern: &[char]) -> bool {
    let (mut t, mut p) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        let matched = match pattern.get(p) {
            Some('%') => {
                retry = Some((p + 1, t));
                p += 1;
                continue;
            }
            Some('_') => Some(1),
            Some('\\') => (pattern.get(p + 1) == Some(&text[t])).then_some(2),
            Some(c) => (*c == text[t]).then_some(1),
            None => None,
        };
        match (matched, retry) {
            (Some(width), _) => {
                t += 1;
                p += width;
            }
            (None, Some((after, from))) => {
                retry = Some((after, from + 1));
                p = after;
                t = from + 1;
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|c| *c == '%')
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn patterns_match_as_in_sql() {
        assert!(like("Jeffery", "jeff%", true));
        assert!(!like("Jeffery", "jeff%", false));
        assert!(like("100% sure", "100\\%%", false));
        assert!(!like("1000 sure", "100\\%%", false));
        assert!(like("abcabd", "%ab_", false));
        assert!(like("", "%", false));
        assert!(!like("ab", "a", false));
    }
}
