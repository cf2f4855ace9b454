//! Rows of the `dev` preset: as many people and companies as in the server's dev seed, with made-up names.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock::iso;
use crate::schema::stable_id;
use crate::search;
use crate::store::Record;
use crate::world::World;

const PEOPLE: usize = 1200;
const COMPANIES: usize = 599;

const FIRST: &[&str] = &[
    "Ada", "Bruno", "Chloe", "Dmitri", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kira",
    "Liam", "Maya", "Noor", "Otto", "Priya", "Quentin", "Rosa", "Sven", "Tara",
];
const LAST: &[&str] = &[
    "Almeida",
    "Becker",
    "Costa",
    "Dubois",
    "Eriksen",
    "Fischer",
    "Garcia",
    "Haddad",
    "Ivanova",
    "Jensen",
    "Kovacs",
    "Lindqvist",
    "Moreau",
    "Novak",
    "Okafor",
    "Petrov",
    "Quinn",
    "Rossi",
    "Schmidt",
    "Tanaka",
];
const JOBS: &[&str] = &[
    "Engineer",
    "Buyer",
    "Accountant",
    "Designer, print",
    "Head of Sales",
];
const CITIES: &[&str] = &["Paris", "Berlin", "Lisbon", "Denver", "Osaka"];

/// Inserts the rows.
pub fn fill(world: &mut World, now_ms: i64) {
    let now = iso(now_ms);
    for n in 0..COMPANIES {
        let name = format!("{} Works {n}", LAST[n % LAST.len()]);
        let domain = format!("{}-{n}.example", LAST[n % LAST.len()].to_lowercase());
        let row = json!({
            "name": name,
            "domainName": { "primaryLinkUrl": domain },
            "address": { "addressCity": CITIES[n % CITIES.len()] },
        });
        put(world, "company", company_id(n), n, &now, row);
    }
    for n in 0..PEOPLE {
        let (first, last) = (FIRST[n % FIRST.len()], LAST[(n / FIRST.len()) % LAST.len()]);
        let address = format!(
            "{}.{}.{n}@example.com",
            first.to_lowercase(),
            last.to_lowercase()
        );
        let row = json!({
            "name": { "firstName": first, "lastName": last },
            "emails": { "primaryEmail": address },
            "phones": {
                "primaryPhoneNumber": format!("61{:07}", n),
                "primaryPhoneCountryCode": "FR",
                "primaryPhoneCallingCode": "+33",
            },
            "jobTitle": JOBS[n % JOBS.len()],
            "companyId": company_id(n / 2 % COMPANIES),
        });
        put(
            world,
            "person",
            stable_id(&format!("dev:person.{n}")),
            n,
            &now,
            row,
        );
    }
}

fn company_id(n: usize) -> Uuid {
    stable_id(&format!("dev:company.{n}"))
}

fn put(world: &mut World, singular: &str, id: Uuid, n: usize, now: &str, row: Value) {
    let Some(object) = world.schema.by_singular(singular).cloned() else {
        return;
    };
    let Value::Object(columns) = row else { return };
    let actor =
        json!({ "source": "MANUAL", "workspaceMemberId": null, "name": "Seed", "context": null });
    let mut record = Record::new();
    record.insert("id".to_owned(), json!(id));
    record.insert("createdAt".to_owned(), json!(now));
    record.insert("updatedAt".to_owned(), json!(now));
    record.insert("position".to_owned(), json!(n + 1));
    record.insert("createdBy".to_owned(), actor.clone());
    record.insert("updatedBy".to_owned(), actor);
    record.extend(columns);
    let vector = search::vector(&object, &record);
    record.insert("searchVector".to_owned(), json!(vector));
    // Ids, addresses and domains contain a running number, so no two rows collide.
    let _ = world.table_mut(singular).insert(record);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Preset;
    use crate::schema_seed::seed;

    #[test]
    fn every_row_gets_in_and_every_company_exists() {
        let mut world = World::new(seed(Preset::Dev, 0));
        fill(&mut world, 0);
        assert_eq!(world.table("person").live(), PEOPLE);
        assert_eq!(world.table("company").live(), COMPANIES);
        let employed = world.table("person").referring("companyId", company_id(0));
        assert!(!employed.is_empty());
    }
}
