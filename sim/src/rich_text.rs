//! RICH_TEXT values: the server keeps an editor document beside the markdown.

use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Makes the document from the markdown where only the latter was sent: headings and paragraphs.
pub fn complete(text: &mut Map<String, Value>, mut new_id: impl FnMut() -> Uuid) {
    let markdown = text
        .get("markdown")
        .and_then(Value::as_str)
        .filter(|m| !m.is_empty());
    if text.get("blocknote").is_some_and(|b| !b.is_null()) {
        return;
    }
    let Some(markdown) = markdown else { return };
    let blocks: Vec<Value> = markdown
        .split("\n\n")
        .filter(|block| !block.trim().is_empty())
        .map(|block| {
            let heading = block.chars().take_while(|c| *c == '#').count();
            let words = block.trim_start_matches('#').trim();
            let mut props = json!({
                "backgroundColor": "default", "textColor": "default", "textAlignment": "left"
            });
            if heading > 0 {
                props["level"] = Value::from(heading);
                props["isToggleable"] = Value::from(false);
            }
            json!({
                "id": new_id(),
                "type": if heading > 0 { "heading" } else { "paragraph" },
                "props": props,
                "content": [{ "type": "text", "text": words, "styles": {} }],
                "children": [],
            })
        })
        .collect();
    let document = Value::Array(blocks).to_string();
    text.insert("blocknote".to_owned(), Value::from(document));
}
