//! Why a text is not written as a phone number, for people.

use crate::core::twenty::warning::reason;

/// What a text is that gives no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPhone {
    /// Nothing that the server would take.
    NotANumber,
    /// A national number, and no country to read it in.
    NoDefaultCountry,
    /// `4.91512E+11`: what a spreadsheet makes of a long number.
    Exponent,
    /// A date, with or without a time.
    Date,
    /// Two numbers, or one and what to put in place of its end.
    Several,
    /// More digits than a number of its country can have.
    TooManyDigits,
    /// Digits that are one number in one reading and another one in another.
    Ambiguous,
    /// A link that holds no international number.
    WebAddress,
    /// A number and a calling code or country, given apart, that do not belong together.
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

    /// What the text looks like and what to do, to follow `phone was left out: `.
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
                "it can be read as two different numbers. Write it with + and the calling code, as +49 30 123456"
            }
            Self::WebAddress => "it looks like a link that holds no international phone number",
            Self::Conflict => "the number, its calling code and its country do not belong together",
        }
    }
}
