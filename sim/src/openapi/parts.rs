//! Parts that all paths of the documents share.

use serde_json::{Value, json};

/// The server's only authentication scheme.
pub fn security_schemes() -> Value {
    json!({ "bearerAuth": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The API key, after the word `Bearer` and a blank.",
    } })
}

/// Link to the product's documentation.
pub fn external_docs() -> Value {
    json!({ "description": "More about **Twenty**", "url": "https://twenty.com" })
}

/// A reference to a shared parameter.
pub fn parameter(name: &str) -> Value {
    json!({ "$ref": format!("#/components/parameters/{name}") })
}

fn query(name: &str, description: &str, schema: Value) -> Value {
    json!({
        "name": name,
        "in": "query",
        "description": description,
        "required": false,
        "schema": schema,
    })
}

fn query_with_examples(name: &str, description: &str, examples: &[(&str, &str, &str)]) -> Value {
    let mut parameter = query(name, description, json!({ "type": "string" }));
    let mut shown = json!({});
    for (key, value, summary) in examples {
        shown[key] = json!({ "value": value, "summary": summary });
    }
    parameter["examples"] = shown;
    parameter
}

/// The shared parameters; `limit_maximum` is the largest page, `limit_default`
/// the usual one.
pub fn parameters(limit_maximum: u64, limit_default: u64) -> Value {
    let cursor = "An opaque cursor out of **startCursor** or **endCursor** in the **pageInfo** of an earlier answer; the list goes on from there";
    let switch = || json!({ "type": "boolean", "default": false });
    let mut group_by = query_with_examples(
        "group_by",
        "A JSON list of the fields to group by, each with an optional subfield or, for dates, a granularity.",
        &[
            ("simple", "[{\"updatedAt\": true}]", "One field"),
            (
                "subfield",
                "[{\"assignee\": {\"name\": true}}]",
                "A field of a relation",
            ),
            (
                "dateGranularity",
                "[{\"createdAt\": {\"granularity\": \"MONTH\"}}]",
                "A date by day, week, month or year",
            ),
        ],
    );
    group_by["required"] = Value::Bool(true);
    json!({
        "idPath": {
            "name": "id",
            "in": "path",
            "description": "Id of the record.",
            "required": true,
            "schema": { "type": "string", "format": "uuid" },
        },
        "startingAfter": query("starting_after", cursor, json!({ "type": "string" })),
        "endingBefore": query("ending_before", cursor, json!({ "type": "string" })),
        "filter": query_with_examples(
            "filter",
            "Conditions of the form field[COMPARATOR]:value, separated by commas. In like and ilike, % stands for anything. The section on filters above says more.",
            &[
                ("simple", "createdAt[gte]:\"2023-01-01\"", "One condition"),
                ("simpleNested", "emails.primaryEmail[eq]:ada@example.com", "A subfield"),
                (
                    "complex",
                    "or(createdAt[gte]:\"2024-01-01\",createdAt[lte]:\"2023-01-01\",not(id[is]:NULL))",
                    "Conjunctions",
                ),
                ("like", "name[like]:\"%value%\"", "A pattern"),
            ],
        ),
        "depth": query(
            "depth",
            "How much of the related records the answer holds: 0 the record alone, 1 its direct relations as well.",
            json!({ "type": "integer", "enum": [0, 1], "default": 1 }),
        ),
        "upsert": query(
            "upsert",
            "Whether a record that exists already is updated instead of refused.",
            switch(),
        ),
        "softDelete": query(
            "soft_delete",
            "Whether the records can be restored afterwards; they are gone for good otherwise.",
            switch(),
        ),
        "orderBy": query_with_examples(
            "order_by",
            "Fields to order by, each with an optional direction in brackets.",
            &[
                ("simple", "createdAt", "One field"),
                ("complex", "id[AscNullsFirst],createdAt[DescNullsLast]", "Two directions"),
            ],
        ),
        "limit": query(
            "limit",
            "The largest number of records in one answer.",
            json!({ "type": "integer", "minimum": 0, "maximum": limit_maximum, "default": limit_default }),
        ),
        "groupBy": group_by,
        "viewId": query(
            "view_id",
            "A view whose filters apply.",
            json!({ "type": "string", "format": "uuid" }),
        ),
        "aggregate": query_with_examples(
            "aggregate",
            "A JSON list of what to compute for each group.",
            &[
                ("count", "[\"countNotEmptyId\"]", "A count"),
                ("multiple", "[\"countNotEmptyId\", \"sumAmount\"]", "A count and a sum"),
            ],
        ),
        "includeRecordsSample": query(
            "include_records_sample",
            "Whether each group shows a few of its records.",
            switch(),
        ),
        "orderByForRecords": query_with_examples(
            "order_by_for_records",
            "Order of the records that a group shows.",
            &[("simple", "createdAt", "One field")],
        ),
    })
}

/// The shared error answers. They differ from what the server really sends.
pub fn responses() -> Value {
    let answer = |description: &str, messages: &str, kind: Value, example: Value| {
        json!({
            "description": description,
            "content": { "application/json": { "schema": {
                "type": "object",
                "properties": {
                    "statusCode": { "type": "number" },
                    messages: kind,
                    "error": { "type": "string" },
                },
                "example": example,
            } } },
        })
    };
    json!({
        "400": answer(
            "Bad Request",
            "messages",
            json!({ "type": "array", "items": { "type": "string" } }),
            json!({ "statusCode": 400, "message": "error message", "error": "Bad Request" }),
        ),
        "401": answer(
            "Unauthorized",
            "message",
            json!({ "type": "string" }),
            json!({ "statusCode": 401, "message": "Token invalid.", "error": "Unauthorized" }),
        ),
    })
}

/// An answer whose `data` has `properties`, with the shared error answers.
pub fn answers(status: &str, schema: Value) -> Value {
    let mut all = json!({ status: {
        "description": "Successful operation",
        "content": { "application/json": { "schema": schema } },
    } });
    for error in ["400", "401"] {
        all[error] = json!({ "$ref": format!("#/components/responses/{error}") });
    }
    all
}

/// The schema `{data: {key: content}}`.
pub fn data_of(key: &str, content: Value) -> Value {
    json!({
        "type": "object",
        "properties": { "data": { "type": "object", "properties": { key: content } } },
    })
}

/// The schema of a list answer.
pub fn page_of(key: &str, item: &str) -> Value {
    let mut page = data_of(key, list_of(item));
    page["properties"]["pageInfo"] = json!({
        "type": "object",
        "properties": {
            "hasNextPage": { "type": "boolean" },
            "startCursor": { "type": "string" },
            "endCursor": { "type": "string" },
        },
    });
    page["properties"]["totalCount"] = json!({ "type": "integer" });
    page
}

/// A reference to a component schema.
pub fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// A list of a component schema.
pub fn list_of(name: &str) -> Value {
    json!({ "type": "array", "items": reference(name) })
}

/// A JSON request body.
pub fn body(schema: Value) -> Value {
    json!({
        "description": "body",
        "required": true,
        "content": { "application/json": { "schema": schema } },
    })
}

/// The path under which a document describes itself.
pub fn document_path(server: &str) -> Value {
    let text = || json!({ "type": "string" });
    let map = || json!({ "type": "object" });
    json!({ "get": {
        "tags": ["General"],
        "summary": "Get Open Api Schema",
        "operationId": "GetOpenApiSchema",
        "servers": [{ "url": server }],
        "responses": { "200": {
            "description": "Successful operation",
            "content": { "application/json": { "schema": {
                "type": "object",
                "properties": {
                    "openapi": text(),
                    "info": { "type": "object", "properties": {
                        "title": text(),
                        "description": text(),
                        "termsOfService": text(),
                        "contact": { "type": "object", "properties": { "email": text() } },
                        "license": { "type": "object", "properties": {
                            "name": text(), "url": text(),
                        } },
                    } },
                    "servers": { "type": "array", "items": {
                        "type": "object",
                        "properties": { "url": text(), "description": text() },
                    } },
                    "components": { "type": "object", "properties": {
                        "schemas": map(), "parameters": map(), "responses": map(),
                    } },
                    "paths": map(),
                    "tags": map(),
                },
            } } },
        } },
    } })
}
