//! The parts of a diagnosis.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::core::error::{CrmError, ErrorCode};
use crate::core::twenty::advice::advice;

/// What was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Base URL, key and options are well-formed.
    Config,
    /// A server answers.
    Reachable,
    /// It is a Twenty server.
    Twenty,
    /// The server's version.
    Version,
    /// The server accepts the key, and when the key expires.
    ApiKey,
    /// The key may read people.
    ReadPeople,
    /// The key may read companies.
    ReadCompanies,
    /// The key may write people.
    WritePeople,
    /// The key may write companies.
    WriteCompanies,
    /// The key may read the data model.
    Metadata,
    /// The custom fields exist.
    Schema,
    /// Whether the workspace's rate limit was reached.
    RateLimit,
}

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// No problem.
    Ok,
    /// Works with a restriction, or could not be checked.
    Warning,
    /// Does not work.
    Error,
}

/// One finding.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// What was checked.
    pub check: Check,
    /// The severity.
    pub status: Status,
    /// For people: what was found.
    pub message: String,
    /// For people: what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// Facts for programs.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub details: Map<String, Value>,
}

/// All findings.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnosis {
    /// Whether syncing can work: no finding is an error.
    pub ok: bool,
    /// For people, in one or two sentences.
    pub summary: String,
    /// Ordered so that each check builds on the ones before it.
    pub findings: Vec<Finding>,
}

impl Finding {
    /// No problem.
    pub fn ok(check: Check, message: impl Into<String>) -> Self {
        Self {
            check,
            status: Status::Ok,
            message: message.into(),
            advice: None,
            details: Map::new(),
        }
    }

    /// Works with a restriction, or could not be checked.
    pub fn warning(check: Check, message: impl Into<String>) -> Self {
        Self {
            status: Status::Warning,
            ..Self::ok(check, message)
        }
    }

    /// An error, with what to do about it.
    pub fn failed(check: Check, error: &CrmError) -> Self {
        let mut finding = Self {
            status: Status::Error,
            ..Self::ok(check, error.message.trim_end_matches('.'))
        };
        finding.advice = advice(error).map(str::to_owned);
        finding
            .details
            .insert("code".into(), error.code.as_str().into());
        if let Some(status) = error.status {
            finding.details.insert("status".into(), status.into());
        }
        for key in ["reason", "limit", "windowMs", "location", "field"] {
            if let Some(value) = error.details.get(key) {
                finding.details.insert(key.into(), value.clone());
            }
        }
        finding
    }

    /// An error if the answer is conclusive, a warning if it is not (a timeout, the rate limit).
    pub fn unless_certain(check: Check, error: &CrmError) -> Self {
        let mut finding = Self::failed(check, error);
        if matches!(
            error.code,
            ErrorCode::RateLimit | ErrorCode::ValidationError
        ) {
            finding.status = Status::Warning;
            finding.message = format!("Could not be checked: {}", finding.message);
        }
        finding
    }

    /// Sets what to do.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }
}

impl Diagnosis {
    /// Summarises the findings.
    pub fn new(findings: Vec<Finding>) -> Self {
        let of = |status: Status| -> Vec<&str> {
            findings
                .iter()
                .filter(|finding| finding.status == status)
                .map(|finding| finding.message.as_str())
                .collect()
        };
        let (errors, warnings) = (of(Status::Error), of(Status::Warning));
        let summary = match (errors.as_slice(), warnings.as_slice()) {
            ([], []) => "Everything is in order.".to_owned(),
            ([], [warning]) => format!("It works, with one warning: {warning}."),
            ([], warnings) => format!(
                "It works, with {} warnings: {}.",
                warnings.len(),
                warnings.join(". ")
            ),
            ([error], _) => format!("It does not work: {error}."),
            (errors, _) => format!(
                "It does not work, for {} reasons: {}.",
                errors.len(),
                errors.join(". ")
            ),
        };
        Self {
            ok: errors.is_empty(),
            summary,
            findings,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_says_whether_it_works() {
        let good = Diagnosis::new(vec![Finding::ok(Check::Twenty, "fine")]);
        assert_eq!(
            (good.ok, good.summary.as_str()),
            (true, "Everything is in order.")
        );
        let warned = Diagnosis::new(vec![Finding::warning(Check::Schema, "no city")]);
        assert!(warned.ok && warned.summary.contains("one warning: no city."));
        let error = CrmError::new(ErrorCode::Timeout, "too slow.");
        let bad = Diagnosis::new(vec![
            Finding::failed(Check::ReadPeople, &error),
            Finding::warning(Check::Schema, "no city"),
        ]);
        assert!(!bad.ok && bad.summary.ends_with("too slow."));
    }

    #[test]
    fn an_answer_about_another_row_decides_nothing() {
        let error = CrmError::new(ErrorCode::RateLimit, "wait").with_detail("limit", 100);
        let finding = Finding::unless_certain(Check::WritePeople, &error);
        assert_eq!(finding.status, Status::Warning);
        assert_eq!(finding.details["limit"], 100);
        assert!(finding.advice.is_some());
    }
}
