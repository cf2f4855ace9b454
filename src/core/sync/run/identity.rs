//! What identifies records within a run: external id, e-mail or domain, and name.

use std::borrow::Cow;

use super::order::{Key, Order};
use crate::core::sync::mappings::cache::MappingCache;
use crate::core::sync::mappings::who::Who;
use crate::core::sync::record::input::Input;
use crate::core::twenty::domain::Domain;
use crate::core::twenty::{email, name};

/// The identity of a record.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// Keeps the chunks with its external id in order.
    pub id: Key,
    /// Keeps the chunks with its e-mail or domain in order.
    pub value: Option<Key>,
    /// Its name and address, as digests.
    pub who: Who,
}

impl Identity {
    /// The identity of one input.
    pub fn of(order: &Order, cache: &MappingCache, input: &Input) -> Self {
        let value = unique_value(input);
        // An invalid address is left out of the record, so it identifies nothing.
        let is_address = |value: &&Cow<'_, str>| match input {
            Input::Person(_) => email::is_valid(value),
            Input::Company(_) | Input::CompanyStub(_) => true,
        };
        let address = value.as_ref().filter(is_address);
        Self {
            id: id_key(order, input.external_id()),
            value: value.as_ref().map(|value| order.key(("value", value))),
            who: Who::of_digests(
                cache.digest(called(input)).get(),
                address.map(|address| cache.digest(address).get()),
            ),
        }
    }

    /// The identity after a later input of the same id is merged into this one; `None` if they are two records.
    pub fn joined_by(self, later: Self) -> Option<Self> {
        Some(Self {
            value: later.value.or(self.value),
            who: self.who.joined_by(later.who)?,
            ..self
        })
    }
}

/// Keeps the chunks with one external id in order.
pub fn id_key(order: &Order, external_id: &str) -> Key {
    order.key(("id", external_id))
}

/// The value that is unique in a workspace: the e-mail or domain.
pub fn unique_value(input: &Input) -> Option<Cow<'_, str>> {
    match input {
        Input::Person(person) => {
            let address = person.email.value().filter(|address| !address.is_empty())?;
            Some(email::canonical(address))
        }
        Input::Company(company) | Input::CompanyStub(company) => {
            let domain = Domain::parse(company.domain_name.value()?).ok()?;
            Some(Cow::Owned(domain.host().to_owned()))
        }
    }
}

/// The name in normalised form.
fn called(input: &Input) -> String {
    match input {
        Input::Person(person) => name::folded(&person.name),
        Input::Company(company) | Input::CompanyStub(company) => {
            name::collapse(&company.name).to_uppercase()
        }
    }
}
