//! The webhooks in the document: three events per object.

use serde_json::{Value, json};

use crate::schema::Object;

const SIGNATURE: &str = "Proof that the request comes from the server and was not changed on its way. To check it:\n1. Join the value of `X-Twenty-Webhook-Timestamp`, a colon, and the body exactly as it came in.\n2. Compute the HMAC-SHA256 of that with the webhook's secret as the key.\n3. Compare its lower-case hex digits with this header, in constant time.\nIn Node.js:\n```javascript\nconst { createHmac } = require(\"node:crypto\");\n\nfunction signatureOf(secret, timestamp, rawBody) {\n  return createHmac(\"sha256\", secret)\n    .update(`${timestamp}:${rawBody}`)\n    .digest(\"hex\");\n}\n```\nDo not parse the body and print it again before the check: the bytes would differ.";

/// Name and content of the events of one object.
pub fn of_object(object: &Object) -> Vec<(String, Value)> {
    ["created", "updated", "deleted"]
        .into_iter()
        .map(|action| {
            let title = format!(
                "{} {}",
                object.pascal_singular(),
                crate::schema::capitalise(action)
            );
            (title, event(object, action))
        })
        .collect()
}

fn header(name: &str, description: &str) -> Value {
    json!({
        "in": "header",
        "name": name,
        "schema": { "type": "string" },
        "description": description,
        "required": false,
    })
}

fn event(object: &Object, action: &str) -> Value {
    let name = &object.name_singular;
    let example = |value: &str| json!({ "type": "string", "example": value });
    let record = format!(
        "#/components/schemas/{}ForResponse",
        object.pascal_singular()
    );
    let mut properties = json!({
        "targetUrl": example("https://example.com/twenty-events"),
        "eventName": example(&format!("{name}.{action}")),
        "objectMetadata": { "type": "object", "properties": {
            "id": example("5a1d2c3b-4e5f-4a6b-8c7d-9e0f1a2b3c4d"),
            "nameSingular": { "type": "string", "enum": [name] },
        } },
        "workspaceId": example("6b2e3d4c-5f60-4b7c-9d8e-0f1a2b3c4d5e"),
        "userId": example("7c3f4e5d-6071-4c8d-8e9f-1a2b3c4d5e6f"),
        "workspaceMemberId": example("8d405f6e-7182-4d9e-9fa0-2b3c4d5e6f70"),
        "webhookId": example("9e51607f-8293-4eaf-80b1-3c4d5e6f7081"),
        "eventDate": example("2026-01-31T09:30:00.000Z"),
        "record": { "$ref": record },
    });
    if action == "updated" {
        properties["updatedFields"] = json!({ "type": "array", "items": { "type": "string" } });
    }
    json!({ "post": {
        "tags": [name],
        "security": [],
        "parameters": [
            header("X-Twenty-Webhook-Signature", SIGNATURE),
            header(
                "X-Twenty-Webhook-Timestamp",
                "When the request was sent, in milliseconds since 1970. It is part of what was signed, so that an old request cannot be sent again as a new one.",
            ),
            header(
                "X-Twenty-Webhook-Nonce",
                "A value that no other request of this server carries. It is not part of what was signed.",
            ),
        ],
        "requestBody": { "content": { "application/json": {
            "schema": { "type": "object", "properties": properties },
        } } },
        "responses": { "200": { "description": "Any 2xx status says that the event has arrived" } },
    } })
}
