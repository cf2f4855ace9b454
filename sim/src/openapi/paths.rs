//! The eight paths of every object.

use serde_json::{Value, json};

use super::parts::{answers, body, data_of, list_of, page_of, parameter, reference};
use crate::schema::Object;

/// Names of one object as the document uses them.
struct Names<'a> {
    one: &'a str,
    many: &'a str,
    pascal_one: String,
    pascal_many: String,
}

impl Names<'_> {
    fn response(&self) -> String {
        format!("{}ForResponse", self.pascal_one)
    }

    fn operation(&self, summary: &str, id: String, parameters: &[&str]) -> Value {
        let parameters: Vec<Value> = parameters.iter().map(|name| parameter(name)).collect();
        json!({
            "tags": [self.many],
            "summary": summary,
            "operationId": id,
            "parameters": parameters,
        })
    }
}

/// Path and content, in the document's order.
pub fn of_object(object: &Object) -> Vec<(String, Value)> {
    let names = Names {
        one: &object.name_singular,
        many: &object.name_plural,
        pascal_one: object.pascal_singular(),
        pascal_many: object.pascal_plural(),
    };
    let many = names.many;
    vec![
        (format!("/{many}"), many_records(&names)),
        (
            format!("/batch/{many}"),
            json!({ "post": create_many(&names) }),
        ),
        (format!("/{many}/{{id}}"), one_record(&names)),
        (
            format!("/{many}/duplicates"),
            json!({ "post": duplicates(&names) }),
        ),
        (
            format!("/restore/{many}/{{id}}"),
            json!({ "patch": restore_one(&names) }),
        ),
        (
            format!("/restore/{many}"),
            json!({ "patch": restore_many(&names) }),
        ),
        (format!("/{many}/merge"), json!({ "patch": merge(&names) })),
        (
            format!("/{many}/groupBy"),
            json!({ "get": group_by(&names) }),
        ),
    ]
}

/// The one path that only one object has.
pub fn duplicate_dashboard() -> Value {
    let mut responses = answers("201", reference("DashboardForResponse"));
    responses["201"]["description"] = Value::from("The copy");
    json!({ "post": {
        "tags": ["dashboards"],
        "summary": "Duplicate a dashboard",
        "description": "Makes a copy of a dashboard",
        "operationId": "duplicateDashboard",
        "parameters": [parameter("idPath")],
        "responses": responses,
    } })
}

fn id_only() -> Value {
    json!({ "type": "object", "properties": { "id": { "type": "string", "format": "uuid" } } })
}

fn many_records(n: &Names) -> Value {
    let (one, many, pascal) = (n.one, n.many, &n.pascal_many);
    let mut list = n.operation(
        &format!("Find Many {many}"),
        format!("findMany{pascal}"),
        &[
            "orderBy",
            "filter",
            "limit",
            "depth",
            "startingAfter",
            "endingBefore",
        ],
    );
    list["description"] = Value::from(format!(
        "**order_by**, **filter**, **limit**, **depth**, and one of **starting_after** and **ending_before** choose the **{many}** of the answer"
    ));
    list["responses"] = answers("200", page_of(many, &n.response()));

    let mut create = n.operation(
        &format!("Create One {one}"),
        format!("createOne{}", n.pascal_one),
        &["depth", "upsert"],
    );
    create["requestBody"] = body(reference(&n.pascal_one));
    create["responses"] = answers(
        "201",
        data_of(&format!("create{}", n.pascal_one), reference(&n.response())),
    );

    let mut delete = n.operation(
        &format!("Delete Many {many}"),
        format!("deleteMany{pascal}"),
        &["filter", "softDelete"],
    );
    let ids = json!({ "type": "array", "items": id_only() });
    delete["responses"] = answers("200", data_of(&format!("delete{pascal}"), ids));

    let mut update = n.operation(
        &format!("Update Many {many}"),
        format!("updateMany{pascal}"),
        &["depth", "filter"],
    );
    update["requestBody"] = body(reference(&format!("{}ForUpdate", n.pascal_one)));
    update["responses"] = answers(
        "200",
        data_of(&format!("update{pascal}"), list_of(&n.response())),
    );

    json!({ "get": list, "post": create, "delete": delete, "patch": update })
}

fn create_many(n: &Names) -> Value {
    let mut create = n.operation(
        &format!("Create Many {}", n.many),
        format!("createMany{}", n.pascal_many),
        &["depth", "upsert"],
    );
    create["requestBody"] = json!({
        "required": true,
        "content": { "application/json": { "schema": list_of(&n.pascal_one) } },
    });
    create["responses"] = answers(
        "201",
        data_of(&format!("create{}", n.pascal_many), list_of(&n.response())),
    );
    create
}

fn one_record(n: &Names) -> Value {
    let (one, pascal) = (n.one, &n.pascal_one);
    let mut find = n.operation(
        &format!("Find One {one}"),
        format!("findOne{pascal}"),
        &["idPath", "depth"],
    );
    find["description"] = Value::from(format!(
        "**depth** chooses how much the answer shows of your **{one}**"
    ));
    find["responses"] = answers("200", data_of(one, reference(&n.response())));

    let mut delete = n.operation(
        &format!("Delete One {one}"),
        format!("deleteOne{pascal}"),
        &["idPath", "softDelete"],
    );
    delete["responses"] = answers("200", data_of(&format!("delete{pascal}"), id_only()));

    let mut update = n.operation(
        &format!("Update One {one}"),
        format!("UpdateOne{pascal}"),
        &["idPath", "depth"],
    );
    update["requestBody"] = body(reference(&format!("{pascal}ForUpdate")));
    update["responses"] = answers(
        "200",
        data_of(&format!("update{pascal}"), reference(&n.response())),
    );

    json!({ "get": find, "delete": delete, "patch": update })
}

fn duplicates(n: &Names) -> Value {
    let (one, pascal) = (n.one, &n.pascal_one);
    let mut find = n.operation(
        &format!("Find {one} Duplicates"),
        format!("find{pascal}Duplicates"),
        &["depth"],
    );
    find["description"] = Value::from(format!(
        "**depth** chooses how much the answer shows of your **{one}**"
    ));
    let uuid = json!({ "type": "string", "format": "uuid" });
    find["requestBody"] = body(json!({
        "type": "object",
        "properties": {
            "data": list_of(pascal),
            "ids": { "type": "array", "items": uuid },
        },
        "example": { "ids": ["8d7f6a54-3c2b-4e1f-9a0b-1c2d3e4f5a6b"] },
    }));
    find["responses"] = answers(
        "200",
        json!({ "type": "object", "properties": { "data": { "type": "array", "items": {
            "type": "object",
            "properties": {
                "totalCount": { "type": "number" },
                "pageInfo": { "type": "object", "properties": {
                    "hasNextPage": { "type": "boolean" },
                    "startCursor": uuid,
                    "endCursor": uuid,
                } },
                format!("{one}Duplicates"): list_of(&n.response()),
            },
        } } } }),
    );
    find
}

fn restore_one(n: &Names) -> Value {
    let mut restore = n.operation(
        &format!("Restore One {}", n.one),
        format!("restoreOne{}", n.pascal_one),
        &["idPath", "depth"],
    );
    restore["responses"] = answers(
        "200",
        data_of(
            &format!("restore{}", n.pascal_one),
            reference(&n.response()),
        ),
    );
    restore
}

fn restore_many(n: &Names) -> Value {
    let mut restore = n.operation(
        &format!("Restore Many {}", n.many),
        format!("restoreMany{}", n.pascal_many),
        &["filter", "depth"],
    );
    restore["responses"] = answers(
        "200",
        data_of(&format!("restore{}", n.pascal_many), list_of(&n.response())),
    );
    restore
}

fn merge(n: &Names) -> Value {
    let mut merge = n.operation(
        &format!("Merge Many {}", n.many),
        format!("mergeMany{}", n.pascal_many),
        &["depth"],
    );
    merge["requestBody"] = body(json!({
        "type": "object",
        "properties": {
            "ids": {
                "type": "array",
                "description": "Ids of the records that become one",
                "items": { "type": "string", "format": "uuid" },
            },
            "conflictPriorityIndex": {
                "type": "number",
                "description": "Place, in the list of ids, of the record whose values win",
            },
            "dryRun": {
                "description": "Whether the answer is a preview and nothing is merged.",
                "type": "boolean",
                "default": false,
            },
        },
        "example": {
            "ids": ["2f1e0d9c-8b7a-4695-8473-6251403f2e1d"],
            "conflictPriorityIndex": 0,
            "dryRun": false,
        },
        "required": ["ids", "conflictPriorityIndex"],
    }));
    merge["responses"] = answers(
        "200",
        data_of(&format!("merge{}", n.pascal_many), reference(&n.response())),
    );
    merge
}

fn group_by(n: &Names) -> Value {
    let mut group = n.operation(
        &format!("Group By {}", n.many),
        format!("groupBy{}", n.pascal_many),
        &[
            "groupBy",
            "filter",
            "orderBy",
            "limit",
            "viewId",
            "aggregate",
            "includeRecordsSample",
            "orderByForRecords",
        ],
    );
    group["description"] = Value::from(format!(
        "Sorts the **{}** into groups by the given fields and computes aggregates for each.",
        n.many
    ));
    let groups = json!({ "type": "array", "items": {
        "type": "object",
        "properties": {
            "groupByDimensionValues": {
                "type": "array",
                "description": "The value of each field of the group",
                "items": { "type": "string" },
            },
            "records": {
                "type": "array",
                "description": "A few records of the group, where include_records_sample asks for them",
                "items": reference(&n.response()),
            },
        },
        "additionalProperties": {
            "type": "number",
            "description": "Aggregates such as countNotEmptyId",
        },
    } });
    group["responses"] = json!({ "200": {
        "description": "Successful operation",
        "content": { "application/json": {
            "schema": data_of(&format!("{}GroupBy", n.many), groups),
        } },
    } });
    group
}
