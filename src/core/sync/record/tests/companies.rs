//! Companies, and those that a person names: created if missing, otherwise not written.

use super::*;
use crate::core::sync::record::collision::reason::{LINK_KEPT, LINKED, REVIVED, VALUE_TAKEN};

fn on_companies(options: &Value) -> Rules {
    rules_on(usual_schema(), ObjectKind::Company, options)
}

fn fields() -> Value {
    json!({ "external_id": "acme", "name": "Acme", "domain_name": "acme.example" })
}

fn stub(options: &Value) -> Record {
    let input = Input::CompanyStub(company_input(&fields()));
    let mut record = Record::new(on_companies(options), input);
    record.begin(Recalled::default(), Start::Alone);
    record
}

fn company(further: Value) -> Record {
    let mut all = map(fields());
    all.extend(map(further));
    let input = Input::Company(company_input(&all.into()));
    Record::new(on_companies(&json!({})), input)
}

fn company_row(id: &str, external_id: &str, domain: &str) -> Row {
    map(json!({
        "id": id,
        "createdAt": EARLIER,
        "updatedAt": EARLIER,
        "deletedAt": null,
        "externalId": external_id,
        "name": "As people call it",
        "domainName": { "primaryLinkUrl": domain },
    }))
}

#[test]
fn a_named_company_is_made_only_after_a_look_at_its_domain() {
    let mut record = stub(&json!({}));
    let Want::Create(sent) = record.see(&[]) else {
        panic!("{:?}", record.want());
    };
    assert_eq!(
        (&sent["name"], &sent["externalId"]),
        (&"Acme".into(), &"acme".into())
    );
    assert_eq!(record.finish().status, Status::Created);
}

#[test]
fn a_named_company_that_exists_is_not_written() {
    let own = company_row(KEPT, "acme", "acme.example");
    let anothers = company_row(OTHER, "them", "https://acme.example");
    for (row, learnt) in [(own, vec![format!("learn {KEPT}")]), (anothers, vec![])] {
        let mut record = stub(&json!({}));
        assert_eq!(
            record.see(std::slice::from_ref(&row)),
            Want::Done(Status::Unchanged)
        );
        let end = record.end();
        assert_eq!(end.id.as_deref(), Some(id_of(&row)));
        assert_eq!(end.effects, learnt, "another's may be given another domain");
    }
}

#[test]
fn a_named_company_without_an_owner_is_claimed_and_keeps_its_name() {
    for options in [
        json!({}),
        json!({ "collisions": { "unclaimedMatch": "adopt" } }),
    ] {
        let mut record = stub(&options);
        let want = record.see(&[company_row(OTHER, "", "acme.example")]);
        let sent = json!({ "externalId": "acme" });
        assert_eq!(want, Want::Update(OTHER.to_owned(), sent), "{options}");
        assert_eq!(record.finish().reasons(), [LINKED], "{options}");
    }
}

#[test]
fn a_named_company_that_was_deleted_meanwhile_comes_back_and_says_so() {
    let mut record = stub(&json!({}));
    let want = record.see(&[deleted(company_row(KEPT, "acme", "acme.example"))]);
    let sent = json!({ "deletedAt": null });
    assert_eq!(want, Want::Update(KEPT.to_owned(), sent));
    assert_eq!(record.finish().reasons(), [REVIVED]);
}

#[test]
fn a_remembered_company_need_not_be_looked_at_to_be_named() {
    let input = Input::CompanyStub(company_input(&fields()));
    let mut record = Record::new(on_companies(&json!({})), input);
    record.begin(remembered(KEPT), Start::Alone);
    assert_eq!(record.want(), Want::Done(Status::Unchanged));
}

#[test]
fn a_domain_in_another_spelling_is_one_domain() {
    let mut record = company(json!({})).looking();
    let rows = [company_row(OTHER, "them", "https://www.acme.example/")];
    let Want::Create(sent) = record.see(&rows) else {
        panic!("{:?}", record.want());
    };
    assert!(sent.get("domainName").is_none());
    let end = record.finish();
    assert_eq!(end.reasons(), [VALUE_TAKEN]);
    assert!(!end.is_remembered);
}

#[test]
fn rows_keep_their_own_spelling() {
    let mut record = company(json!({})).looking();
    let own = company_row(KEPT, "acme", "www.acme.example");
    let want = record.see(&[own, company_row(OTHER, "them", "acme.example")]);
    assert_eq!(
        want,
        Want::Update(KEPT.to_owned(), json!({ "name": "Acme" }))
    );
    let end = record.finish();
    assert!(end.warnings.is_empty() && end.is_remembered);
}

#[test]
fn a_remembered_company_is_looked_up_where_its_domain_is_new() {
    for (holds_domain, is_sent) in [(false, false), (true, true)] {
        let mut record = company(json!({}));
        let recalled = Recalled {
            holds_domain,
            ..remembered(KEPT)
        };
        record.begin(recalled, Start::Alone);
        assert_eq!(record.want().sent().is_some(), is_sent);
    }
}

#[test]
fn a_link_with_additional_ones_is_not_cleared() {
    let mut record = company(json!({ "website": null })).looking();
    let website = json!({
        "primaryLinkUrl": "https://a.example",
        "secondaryLinks": [{ "url": "https://b.example", "label": "" }],
    });
    let own = with(
        company_row(KEPT, "acme", "acme.example"),
        json!({ "website": website }),
    );
    let want = record.see(&[own]);
    assert_eq!(
        want,
        Want::Update(KEPT.to_owned(), json!({ "name": "Acme" }))
    );
    let end = record.finish();
    assert_eq!(end.warnings, [("website".to_owned(), LINK_KEPT)]);
    assert!(!end.is_remembered);
}
