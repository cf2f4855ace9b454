//! What is said of records whose batch was carried out, and whose answer was lost.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;
use twenty_sim::SimOptions;

use super::batch::{BatchWriter, Batches, WriteMode, Written};
use super::batch_answer::Kept;
use super::entry::Entry;
use super::schema_watch::SchemaWatch;
use crate::core::sync::record::errors::{is_conflict, is_outcome_unknown};
use crate::core::sync::tests::{Network, service};
use crate::core::twenty::ids::ObjectKind;

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
        let writer = BatchWriter {
            http: &context.http,
            kind: ObjectKind::Person,
            mode: WriteMode::Create,
            kept: &Kept::identity(&context.options.field_names),
            is_last_try,
        };
        let mut watch = SchemaWatch::new(context, Arc::clone(&schema));
        let batches = Batches::new(writer, entries.collect());
        let outcomes = batches.finish(&mut watch).await;
        assert_eq!(outcomes.len(), 60);
        for (number, outcome) in outcomes {
            let Written::Failed(error, _) = outcome else {
                panic!("record {number} met its own row");
            };
            assert!(is_conflict(&error), "record {number}: {error:?}");
            assert!(is_outcome_unknown(&error), "record {number}: {error:?}");
        }
    }
}
