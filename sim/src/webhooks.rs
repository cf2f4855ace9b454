//! Webhooks: their routes and deliveries (`docs/twenty/protocol.md#webhooks`).

pub mod deliver;
mod routes;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::clock::iso;
use crate::events::{EventAction, RecordEvent};
use crate::state::State;
use crate::workspace::WORKSPACE_ID;

use deliver::How;
pub use routes::{create, handle};

/// Sends events to the webhooks that subscribe to them: one request per record and webhook, in order for each webhook,
/// never twice.
pub fn dispatch(state: &Arc<State>, events: Vec<RecordEvent>) {
    let webhooks = state.world().webhooks.clone();
    if webhooks.is_empty() {
        return;
    }
    let now_ms = state.now_ms();
    let settings = state.settings();
    let how = How {
        now_ms,
        to_loopback: settings.deliver_webhooks_to_loopback,
        differences: settings.differences(),
    };
    for event in &events {
        let name = format!("{}.{}", event.object.name_singular, event.action.name());
        for webhook in webhooks.iter().filter(|webhook| asks_for(webhook, &name)) {
            if !state.takes_webhook() {
                continue;
            }
            let body = event_body(webhook, event, &name, now_ms);
            let nonce = state.random_bytes(16);
            state
                .deliveries
                .send(webhook, body.to_string(), &nonce, &how);
        }
    }
}

/// Whether one of the webhook's operations covers the event: `person.created`, `person.*`,
/// `*.created` or `*.*`.
fn asks_for(webhook: &Value, event: &str) -> bool {
    let Some((object, action)) = event.split_once('.') else {
        return false;
    };
    webhook["operations"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .any(|operation| {
            let (wanted_object, wanted_action) =
                operation.split_once('.').unwrap_or((operation, ""));
            (wanted_object == "*" || wanted_object == object)
                && (wanted_action == "*" || wanted_action == action)
        })
}

fn event_body(webhook: &Value, event: &RecordEvent, name: &str, now_ms: i64) -> Value {
    let mut body = json!({
        "targetUrl": webhook["targetUrl"],
        "eventName": name,
        "objectMetadata": {
            "id": event.object.id,
            "nameSingular": event.object.name_singular,
        },
        "workspaceId": WORKSPACE_ID,
        "webhookId": webhook["id"],
        "eventDate": iso(now_ms),
        "record": event.record,
    });
    match event.action {
        EventAction::Updated => body["updatedFields"] = json!(event.updated_fields),
        EventAction::Deleted | EventAction::Restored => {
            body["updatedFields"] = json!(["deletedAt"]);
        }
        EventAction::Created | EventAction::Destroyed => {}
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_cover_events_by_object_and_action() {
        let asks =
            |operation: &str| asks_for(&json!({ "operations": [operation] }), "person.created");
        assert!(asks("person.created"));
        assert!(asks("person.*"));
        assert!(asks("*.created"));
        assert!(asks("*.*"));
        assert!(!asks("person.updated"));
        assert!(!asks("company.*"));
        assert!(!asks("person"));
    }
}
