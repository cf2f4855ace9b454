//! The flat snake_case entities of callers, parsed from JSON text and checked before any request.

use serde_json::{Map, Value};

use super::patch::Patch;
use super::{email, values};
use crate::core::error::CrmError;

mod forms;
mod raw;
#[cfg(test)]
mod tests;

pub use forms::Forms;
use raw::{RawObject, blank, nul};

/// Parses an external id from the JSON text of an object that has it as `external_id`.
///
/// # Errors
/// VALIDATION_ERROR if it cannot be an external id.
pub fn external_id_from_json(json: &str) -> Result<String, CrmError> {
    RawObject::parse(json, "record")?.required("external_id")
}

/// The public `UpsertPersonInput`. Some fields may also be given in Twenty's nested form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PersonInput {
    /// The caller's id of the person; kept byte for byte, never blank.
    pub external_id: String,
    /// The full name; never blank.
    pub name: String,
    /// Trimmed and lower-cased. `EmailPolicy` decides whether it is valid and whether it may be missing.
    pub email: Patch<String>,
    /// Any spelling of a phone number.
    pub phone: Patch<String>,
    /// Job title.
    pub job_title: Patch<String>,
    /// Name of the linked company, used only by the call that creates the company.
    pub company_name: Patch<String>,
    /// The person's own website.
    pub website: Patch<String>,
    /// City.
    pub city: Patch<String>,
    /// One of individual, business, enterprise.
    pub account_type: Patch<String>,
    /// One of free, standard, premium.
    pub plan: Patch<String>,
    /// Number of submissions; finite.
    pub total_submissions: Patch<f64>,
    /// The caller's id of the company that the person belongs to.
    pub company_external_id: Patch<String>,
    /// The fields that were given in Twenty's nested form.
    pub forms: Forms,
}

/// The public `UpsertCompanyInput`. Some fields may also be given in Twenty's nested form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CompanyInput {
    /// The caller's id of the company; kept byte for byte, never blank.
    pub external_id: String,
    /// The company's name; never blank.
    pub name: String,
    /// Any spelling of the company's domain.
    pub domain_name: Patch<String>,
    /// The company's website.
    pub website: Patch<String>,
    /// One of active, inactive.
    pub status: Patch<String>,
    /// The fields that were given in Twenty's nested form.
    pub forms: Forms,
}

impl PersonInput {
    /// Parses one person from JSON text. Unknown keys are ignored; every error names its field.
    pub fn parse(json: &str) -> Result<Self, CrmError> {
        let mut raw = RawObject::parse(json, "person")?;
        let mut forms = raw.take_forms(forms::PERSON)?;
        Ok(Self {
            external_id: raw.required("external_id")?,
            name: raw.person_name(&mut forms)?,
            email: match raw.text("email")? {
                Patch::Value(text) => Patch::Value(email::normalize(&text)),
                none => none,
            },
            phone: raw.text("phone")?,
            job_title: raw.text("job_title")?,
            company_name: raw.text("company_name")?,
            website: raw.text("website")?,
            city: raw.text("city")?,
            account_type: raw.text("account_type")?,
            plan: raw.text("plan")?,
            total_submissions: raw.number("total_submissions")?,
            company_external_id: raw.text("company_external_id")?.blank_is_null(),
            forms,
        })
    }

    /// Merges a later input of the same external id, as if both were written one after the other.
    pub fn merge(&mut self, later: Self) {
        let kept = [
            ("email", !self.takes_email(&later.email)),
            ("phone", later.phone.is_absent()),
            ("website", later.website.is_absent()),
        ];
        if self.takes_email(&later.email) {
            self.email = later.email;
        }
        self.forms.merge(later.forms, &kept_of(kept));
        self.name = later.name;
        self.phone.merge(later.phone);
        self.job_title.merge(later.job_title);
        self.company_name.merge(later.company_name);
        self.website.merge(later.website);
        self.city.merge(later.city);
        self.account_type.merge(later.account_type);
        self.plan.merge(later.plan);
        self.total_submissions.merge(later.total_submissions);
        self.company_external_id.merge(later.company_external_id);
    }

    /// An invalid address that is left out counts like a blank one: it does not replace an earlier value.
    fn takes_email(&self, later: &Patch<String>) -> bool {
        let says_something = match later {
            Patch::Absent => false,
            Patch::Null => true,
            Patch::Value(address) => email::is_valid(address),
        };
        let is_settled = match &self.email {
            Patch::Absent => false,
            Patch::Null => true,
            Patch::Value(address) => email::is_valid(address),
        };
        says_something || !is_settled && !later.is_absent()
    }

    /// Like [`Self::to_value`], but always with an address, `""` if there is none: entities always have one.
    pub fn to_entity(&self) -> Value {
        let mut entity = self.to_flat();
        if self.email.value().is_none() {
            entity.insert("email".into(), "".into());
        }
        Value::Object(entity)
    }

    /// The input as given (which `platform` mode passes on): absent fields stay absent, nested forms stay nested.
    pub fn to_value(&self) -> Value {
        let mut object = self.to_flat();
        self.forms.write_into(&mut object);
        Value::Object(object)
    }

    /// The input as a flat entity: absent fields stay absent.
    pub fn to_flat(&self) -> Map<String, Value> {
        let mut object = Map::new();
        object.insert("external_id".into(), self.external_id.clone().into());
        object.insert("name".into(), self.name.clone().into());
        self.email.put(&mut object, "email");
        self.phone.put(&mut object, "phone");
        self.job_title.put(&mut object, "job_title");
        self.company_name.put(&mut object, "company_name");
        self.website.put(&mut object, "website");
        self.city.put(&mut object, "city");
        self.account_type.put(&mut object, "account_type");
        self.plan.put(&mut object, "plan");
        match &self.total_submissions {
            Patch::Absent => {}
            Patch::Null => drop(object.insert("total_submissions".into(), Value::Null)),
            Patch::Value(number) => {
                drop(object.insert("total_submissions".into(), values::number(*number)))
            }
        }
        self.company_external_id
            .put(&mut object, "company_external_id");
        object
    }
}

impl CompanyInput {
    /// Parses one company from JSON text. Unknown keys are ignored; every error names its field.
    pub fn parse(json: &str) -> Result<Self, CrmError> {
        let mut raw = RawObject::parse(json, "company")?;
        let forms = raw.take_forms(forms::COMPANY)?;
        Ok(Self {
            external_id: raw.required("external_id")?,
            name: raw.required("name")?,
            domain_name: raw.text("domain_name")?,
            website: raw.text("website")?,
            status: raw.text("status")?,
            forms,
        })
    }

    /// Merges a later input of the same external id, as if both were written one after the other.
    pub fn merge(&mut self, later: Self) {
        let kept = [
            ("domain_name", later.domain_name.is_absent()),
            ("website", later.website.is_absent()),
        ];
        self.forms.merge(later.forms, &kept_of(kept));
        self.name = later.name;
        self.domain_name.merge(later.domain_name);
        self.website.merge(later.website);
        self.status.merge(later.status);
    }

    /// The input as given (which `platform` mode passes on): absent fields stay absent, nested forms stay nested.
    pub fn to_value(&self) -> Value {
        let mut object = self.to_flat();
        self.forms.write_into(&mut object);
        Value::Object(object)
    }

    /// The input as a flat entity: absent fields stay absent.
    pub fn to_flat(&self) -> Map<String, Value> {
        let mut object = Map::new();
        object.insert("external_id".into(), self.external_id.clone().into());
        object.insert("name".into(), self.name.clone().into());
        self.domain_name.put(&mut object, "domain_name");
        self.website.put(&mut object, "website");
        self.status.put(&mut object, "status");
        object
    }
}

/// The fields that keep their earlier value.
fn kept_of<const N: usize>(fields: [(&'static str, bool); N]) -> Vec<&'static str> {
    let kept = fields.into_iter().filter(|(_, is_kept)| *is_kept);
    kept.map(|(field, _)| field).collect()
}

/// Checks an external id (of find and delete): a string that is not blank and contains no NUL.
pub fn check_external_id(external_id: &str) -> Result<(), CrmError> {
    if external_id.trim().is_empty() {
        return Err(blank("external_id"));
    }
    if external_id.contains('\0') {
        return Err(nul("external_id"));
    }
    Ok(())
}
