//! What tells records of a run apart: their external ids, their e-mails or domains, and who they are.

use std::borrow::Cow;

use super::order::{Key, Order};
use crate::core::sync::mappings::cache::MappingCache;
use crate::core::sync::mappings::who::Who;
use crate::core::sync::record::input::Input;
use crate::core::twenty::domain::Domain;
use crate::core::twenty::{email, name};

/// What tells a record from others.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// What keeps the chunks of its external id in order.
    pub id: Key,
    /// What keeps the chunks of its e-mail or domain in order.
    pub value: Option<Key>,
    /// Who it is.
    pub who: Who,
}

impl Identity {
    /// Of one input.
    pub fn of(order: &Order, cache: &MappingCache, input: &Input) -> Self {
        let value = unique_value(input);
        // What is no address is left out of the record, and is nobody's.
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

    /// Of both together, where a later input of the same id joins this one; `None` where they are two.
    pub fn joined_by(self, later: Self) -> Option<Self> {
        Some(Self {
            value: later.value.or(self.value),
            who: self.who.joined_by(later.who)?,
            ..self
        })
    }
}

/// What keeps the chunks of one external id in order.
pub fn id_key(order: &Order, external_id: &str) -> Key {
    order.key(("id", external_id))
}

/// What only one record of a workspace can have.
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

/// What it is called, in the form that all spellings of that share.
fn called(input: &Input) -> String {
    match input {
        Input::Person(person) => name::folded(&person.name),
        Input::Company(company) | Input::CompanyStub(company) => {
            name::collapse(&company.name).to_uppercase()
        }
    }
}
