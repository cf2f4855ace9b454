//! Why a text is not written as a phone number.

use crate::core::twenty::warning::reason;

/// What a text is instead of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPhone {
    /// Nothing that the server accepts.
    NotANumber,
    /// A national number without a country to read it in.
    NoDefaultCountry,
    /// `4.91512E+11`: how a spreadsheet shows a long number.
    Exponent,
    /// A date, with or without a time.
    Date,
    /// Two numbers, or one with an alternative ending.
    Several,
    /// More digits than numbers of its country can have.
    TooManyDigits,
    /// Digits that can be read as two different numbers.
    Ambiguous,
    /// A link without an international number.
    WebAddress,
    /// A number and a calling code or country that do not match.
    Conflict,
}

impl NoPhone {
    /// One of [`reason`].
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoDefaultCountry => reason::NO_DEFAULT_COUNTRY,
            Self::Conflict => reason::PHONE_CONFLICT,
            _ => reason::INVALID_PHONE,
        }
    }

    /// What the text looks like and what to do; it follows `phone was left out: `.
    pub fn because(self) -> &'static str {
        match self {
            Self::NotANumber => "it is not a phone number",
            Self::NoDefaultCountry => {
                "it has no country code, and the option defaultCountry is not set"
            }
            Self::Exponent => {
                "it looks like a number that a spreadsheet has rounded (with an exponent). Format the column as text and export it again"
            }
            Self::Date => "it looks like a date. Check which column is mapped to phone",
            Self::Several => "it looks like two numbers. Give one",
            Self::TooManyDigits => "it has too many digits for a phone number",
            Self::Ambiguous => {
                "it can be read as two different numbers. Write it with + and the calling code, for example +49 30 \
                123456"
            }
            Self::WebAddress => "it looks like a link that holds no international phone number",
            Self::Conflict => "the number, its calling code and its country do not belong together",
        }
    }
}
