//! How errors quote text of any length.

use std::fmt::{self, Display, Formatter};

/// Longer than any real name or id.
const MAX_CHARS: usize = 200;

/// A text in quotation marks, escaped. Of a text longer than 200 characters it shows only the length: cut, it could end
/// in half of a key.
pub struct Quoted<'a>(pub &'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0.chars().count() {
            0..=MAX_CHARS => write!(f, "{:?}", self.0),
            chars => write!(f, "(a text of {chars} characters)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Quoted;

    #[test]
    fn a_long_text_is_replaced_by_its_length() {
        assert_eq!(Quoted("a\"b").to_string(), r#""a\"b""#);
        let whole = "é".repeat(200);
        assert_eq!(Quoted(&whole).to_string(), format!("\"{whole}\""));
        assert_eq!(
            Quoted(&format!("{whole}x")).to_string(),
            "(a text of 201 characters)"
        );
    }
}
