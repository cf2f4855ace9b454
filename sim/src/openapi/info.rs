//! The introduction of the documents.

use serde_json::{Value, json};

const GUIDE: &str = "Everything the **REST API** of this workspace can do.\n\n## Authentication\n\nEvery request carries an API key:\n\n```http\nAuthorization: Bearer <key>\n```\n\nA key belongs to one workspace. Keep it out of URLs: they end up in logs and histories.\n\n## Filters\n\nThe `filter` parameter narrows a list.\n\n- One condition is `field[COMPARATOR]:value`, several are separated by commas and must all hold.\n- A subfield is written `field.subField[COMPARATOR]:value`.\n- Comparators: `eq`, `neq`, `in`, `containsAny`, `is`, `gt`, `gte`, `lt`, `lte`, `startsWith`, `endsWith`, `like`, `ilike`.\n- `%` in `like` and `ilike` stands for any text.\n- `and(...)`, `or(...)` and `not(...)` combine conditions.\n\n```text\nfilter=createdAt[gte]:\"2025-01-01\"\nfilter=emails.primaryEmail[eq]:ada@example.com\nfilter=or(stage[eq]:\"NEW\",ownerId[is]:NULL)\n```\n\n## Pages and order\n\nLists come in pages. `limit` is the size of a page, `starting_after` takes the `endCursor` of the page before, `ending_before` the `startCursor` of the page after. `order_by` takes fields with a direction in brackets: AscNullsFirst (the default), AscNullsLast, DescNullsFirst, DescNullsLast.\n\n```text\norder_by=createdAt[DescNullsLast],id\n```\n";

/// The `info` part of the document called `name`.
pub fn info(server: &str, name: &str) -> Value {
    let fetch = format!(
        "\n## This document\n\n```bash\ncurl -H 'Authorization: Bearer <key>' \\\n  {server}/rest/open-api/{name} > twenty-{name}.json\n```\n"
    );
    json!({
        "title": "Twenty Api",
        "description": format!("{GUIDE}{fetch}"),
        "termsOfService": "https://twenty.com/legal/terms",
        "contact": { "email": "contact@example.com" },
        "license": { "name": "AGPL-3.0", "url": "https://www.gnu.org/licenses/agpl-3.0.html" },
        "version": "v0.1",
    })
}
