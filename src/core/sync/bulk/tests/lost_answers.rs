//! What is said of records whose batch was carried out, and whose answer was lost.

use super::*;
use crate::core::sync::bulk::batch::{Entry, WriteMode, Written, write_batches};
use crate::core::sync::bulk::rows::Kept;
use crate::core::sync::bulk::schema_watch::SchemaWatch;
use crate::core::sync::upsert::is_outcome_unknown;

#[tokio::test(start_paused = true)]
async fn a_duplicate_after_a_lost_answer_leaves_the_outcome_open() {
    for is_last_try in [false, true] {
        let network = Arc::new(Network::new(SimOptions::default()));
        network.unanswered.store(1, Ordering::Relaxed);
        let service = service(&network, |_| {});
        let context = service.context();
        let schema = context.schema().await.expect("a schema");
        let entries = (0..60).map(|number| {
            let id = uuid::Uuid::from_u128(number as u128 + 1).to_string();
            Entry::new(number, id.clone(), &json!({ "id": id }))
        });
        let outcomes = write_batches(
            &context.http,
            ObjectKind::Person,
            WriteMode::Create,
            entries.collect(),
            &Kept::identity(&context.options.field_names),
            is_last_try,
            &mut SchemaWatch::new(context, Arc::clone(&schema)),
        )
        .await;
        assert_eq!(outcomes.len(), 60);
        for (number, outcome) in outcomes {
            let Written::Conflict(error) = outcome else {
                panic!("record {number} met its own row");
            };
            assert!(is_outcome_unknown(&error), "record {number}: {error:?}");
        }
    }
}
