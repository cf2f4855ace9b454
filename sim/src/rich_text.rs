//! RICH_TEXT values: the server keeps an editor document beside the markdown.

use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Creates the document from the markdown if only the markdown was sent (headings, paragraphs, bold words), and the
/// other way round.
pub fn complete(text: &mut Map<String, Value>, mut new_id: impl FnMut() -> Uuid) {
    let markdown = text
        .get("markdown")
        .and_then(Value::as_str)
        .filter(|m| !m.is_empty());
    if let Some(document) = text.get("blocknote").and_then(Value::as_str) {
        if markdown.is_none() {
            let markdown = markdown_of(document);
            text.insert("markdown".to_owned(), Value::from(markdown));
        }
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
                "content": spans(words),
                "children": [],
            })
        })
        .collect();
    let document = Value::Array(blocks).to_string();
    text.insert("blocknote".to_owned(), Value::from(document));
}

/// Words and bold words.
fn spans(words: &str) -> Vec<Value> {
    let parts: Vec<&str> = words.split("**").collect();
    // A mark without its partner is normal text.
    if parts.len().is_multiple_of(2) {
        return vec![json!({ "type": "text", "text": words, "styles": {} })];
    }
    parts
        .iter()
        .enumerate()
        .filter(|(_, text)| !text.is_empty())
        .map(|(index, text)| match index % 2 {
            0 => json!({ "type": "text", "text": text, "styles": {} }),
            _ => json!({ "type": "text", "text": text, "styles": { "bold": true } }),
        })
        .collect()
}

/// The text of a document, one line per block.
fn markdown_of(document: &str) -> String {
    let blocks: Value = serde_json::from_str(document).unwrap_or_default();
    let mut markdown = String::new();
    for block in blocks.as_array().into_iter().flatten() {
        for span in block["content"].as_array().into_iter().flatten() {
            markdown.push_str(span["text"].as_str().unwrap_or_default());
        }
        markdown.push('\n');
    }
    markdown
}
