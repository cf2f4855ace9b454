//! Cells with several values, as address books and spreadsheets export them.

use super::invisible;

/// Whether a character always separates values: addresses, domains and links never contain it.
fn parts_values(c: char) -> bool {
    matches!(c, '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether the text contains a line break or a tab.
pub fn is_folded(text: &str) -> bool {
    invisible::trim(text).contains(parts_values)
}

/// Whether the text looks like several e-mail addresses.
pub fn has_several_addresses(text: &str) -> bool {
    let parts = |c: char| c.is_whitespace() || ",;|:/".contains(c);
    let is_address = |part: &&str| {
        part.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.contains('@')
        })
    };
    text.split(parts).filter(is_address).count() > 1
}

/// The first link of a text, and whether more follow.
///
/// After its host, a link may contain `;`, `,`, `|` and (typed by hand) spaces. There they only separate values if
/// another link follows.
pub fn first_link(text: &str) -> (&str, bool) {
    let text = invisible::trim(text);
    let end = text.char_indices().find_map(|(at, c)| {
        let rest = text[at..].trim_start_matches(is_divider);
        let parts = match c {
            _ if parts_values(c) => true,
            ';' | ',' | '|' => {
                !is_behind_host(&text[..at]) || begins_link(rest, &text[..at], &text[at..])
            }
            ':' => text[at..].starts_with(":::"),
            ' ' => begins_link(rest, &text[..at], &text[at..]),
            _ => false,
        };
        parts.then_some((at, rest))
    });
    match end {
        Some((at, rest)) => (text[..at].trim_end(), !rest.is_empty()),
        None => (text, false),
    }
}

fn is_divider(c: char) -> bool {
    c.is_whitespace() || ";,|:".contains(c)
}

/// Whether `before` already contains the start of a path, a query or a fragment.
fn is_behind_host(before: &str) -> bool {
    let host = before.split_once("//").map_or(before, |(_, rest)| rest);
    host.contains(['/', '?', '#'])
}

/// Whether a new link starts here: after a separator with spaces, or within a path. A query may contain links.
fn begins_link(rest: &str, before: &str, from_divider: &str) -> bool {
    let lower = rest.get(..8).unwrap_or(rest).to_ascii_lowercase();
    let has_scheme = ["http://", "https://", "www."]
        .iter()
        .any(|start| lower.starts_with(start));
    let is_apart = from_divider.starts_with(char::is_whitespace)
        || from_divider[1..].starts_with(char::is_whitespace);
    has_scheme && (is_apart || !before.contains(['?', '#']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_several_links_is_found() {
        for (text, first, is_several) in [
            ("a.example\nb.example", "a.example", true),
            (
                "https://a.example/x\r\nhttps://b.example",
                "https://a.example/x",
                true,
            ),
            ("a.example\tb.example", "a.example", true),
            ("a.example\u{2028}b.example", "a.example", true),
            ("\na.example\n", "a.example", false),
            ("a.example;b.example", "a.example", true),
            ("a.example, b.example", "a.example", true),
            ("a.example | b.example", "a.example", true),
            ("a.example ::: b.example", "a.example", true),
            (
                "https://a.example ::: https://b.example",
                "https://a.example",
                true,
            ),
            (
                "https://a.example/x, https://b.example",
                "https://a.example/x",
                true,
            ),
            (
                "https://a.example/x;https://b.example",
                "https://a.example/x",
                true,
            ),
            (
                "https://a.example https://b.example",
                "https://a.example",
                true,
            ),
            ("a.example www.b.example", "a.example", true),
            ("a.example;", "a.example", false),
            ("\u{feff}a.example\u{200b}", "a.example", false),
            // These are parts of one link.
            (
                "https://a.example/x;v=1,2|3",
                "https://a.example/x;v=1,2|3",
                false,
            ),
            (
                "https://a.example/my page, two",
                "https://a.example/my page, two",
                false,
            ),
            (
                "https://a.example/?u=1,https://b.example",
                "https://a.example/?u=1,https://b.example",
                false,
            ),
            ("a.example:8080/x", "a.example:8080/x", false),
            ("not a url", "not a url", false),
        ] {
            assert_eq!(first_link(text), (first, is_several), "{text:?}");
        }
    }
}
