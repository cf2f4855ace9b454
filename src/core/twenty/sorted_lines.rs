//! Sorted lists in text form, one entry per line, searched without parsing.

/// Searches `list` for the line `{prefix}{name}`, optionally followed by one of `marks`. The result is that mark, or
/// `None` inside `Some` if the line has none. Lines are sorted by their bytes without marks.
pub fn find(list: &str, marks: &[char], prefix: &str, name: &str) -> Option<Option<char>> {
    let wanted = || prefix.bytes().chain(name.bytes());
    let bytes = list.as_bytes();
    let (mut low, mut high) = (0, bytes.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = bytes[low..middle]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(low, |at| low + at + 1);
        let end = bytes[middle..high]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(high, |at| middle + at);
        let line = &list[start..end];
        let mark = line.chars().next_back().filter(|last| marks.contains(last));
        let line = line.strip_suffix(marks).unwrap_or(line);
        match line.bytes().cmp(wanted()) {
            std::cmp::Ordering::Equal => return Some(mark),
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_found_with_its_mark_and_nothing_else_is() {
        let list = "# head\na.b\na.c+\nb-\nbb";
        let of = |prefix, name| find(list, &['+', '-'], prefix, name);
        assert_eq!(of("", "a.b"), Some(None));
        assert_eq!(of("a.", "c"), Some(Some('+')));
        assert_eq!(of("", "b"), Some(Some('-')));
        assert_eq!(of("b", "b"), Some(None));
        for none in ["", "a", "a.", "a.d", "c", "a.c+", "bbb"] {
            assert_eq!(of("", none), None, "{none}");
        }
        assert_eq!(find("", &[], "", ""), None);
    }
}
