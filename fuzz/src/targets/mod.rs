//! The targets: each takes bytes, makes an input of them, and panics where a property does not hold.
//!
//! Also part of the crate's own tests (`tests/fuzz.rs`), so nothing here but `twenty_crm_native` and what it depends on.

mod answers;
mod calls;
mod engine;
mod exchange;
mod inputs;
mod source;
mod text;

/// One target.
pub struct Target {
    /// Its name, and that of its file of kept inputs.
    pub name: &'static str,
    /// Takes one input.
    pub run: fn(&[u8]),
}

macro_rules! targets {
    ($($module:ident: $($name:ident),+;)+) => {
        /// All of them.
        pub const ALL: &[Target] = &[$($(Target { name: stringify!($name), run: $module::$name },)+)+];
    };
}

targets! {
    text: names, phones, domains, emails, links, external_ids, paths, api_keys, certificates, proxies;
    inputs: person_input, company_input, person_mapping, company_mapping, configs, service_options, request_options;
    answers: error_bodies, rest_answers, rate_headers, redirects, secrets, requests, lookup_answers, lookup_queries,
        metadata, openapi, entities;
    engine: single_answers, bulk_answers, same_payload;
    calls: find_answers, delete_answers, plan_answers, webhook_events;
}
