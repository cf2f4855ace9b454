//! What the modes that write nothing need of the core: text in, text out, at once.

use napi::bindgen_prelude::*;
use napi_derive::napi;
use serde_json::json;

use super::rest_client::thrown;
use crate::core::sync::normalise::normalise;
use crate::core::sync::options::ServiceOptions;
use crate::core::twenty::ids::ObjectKind;

/// Internal: checks options and inputs for services that send nothing to Twenty.
#[napi]
pub struct Normaliser {
    options: ServiceOptions,
}

#[napi]
impl Normaliser {
    /// From the options as JSON text.
    #[napi(constructor, catch_unwind)]
    pub fn new(options: String) -> Result<Self> {
        Ok(Self {
            options: ServiceOptions::from_json(&options).map_err(thrown)?,
        })
    }

    /// `{id, data}` as JSON text: the id of a new record, and the input normalised. `kind` 0 is a person, 1 a company.
    #[napi(catch_unwind)]
    pub fn normalise(&self, kind: u8, input: String) -> Result<String> {
        let kind = match kind {
            0 => ObjectKind::Person,
            _ => ObjectKind::Company,
        };
        let normalised = normalise(kind, &input, &self.options).map_err(thrown)?;
        Ok(json!({"id": normalised.id.to_string(), "data": normalised.data}).to_string())
    }
}
