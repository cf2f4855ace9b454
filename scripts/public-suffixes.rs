//! Writes `src/core/twenty/public_suffix/list.txt` from the rules that crate `psl` carries:
//! `cargo run --example public-suffixes -- PATH_TO_PSL/data/rules.txt`.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;

use psl::{Psl, Type};
use url::Url;

const LIST: &str = "src/core/twenty/public_suffix/list.txt";

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("the rules' path is missing")?;
    let mut rules = BTreeSet::new();
    for rule in fs::read_to_string(path)?.lines() {
        let rule = rule.trim();
        if rule.is_empty() || rule.starts_with("//") {
            continue;
        }
        let name = rule.trim_start_matches(['!', '*', '.']);
        let prefix = &rule[..rule.len() - name.len()];
        let url = Url::parse(&format!("https://{name}"))?;
        let name = url.host_str().ok_or("a rule without a name")?;
        // A name under a wildcard has its kind.
        let below = if prefix == "*." { "a." } else { "" };
        let suffix = format!("{below}{name}");
        let kind = psl::List
            .suffix(suffix.as_bytes())
            .and_then(|found| found.typ());
        let mark = if kind == Some(Type::Private) { "+" } else { "" };
        rules.insert((format!("{prefix}{name}"), mark));
    }
    let text: String = rules
        .iter()
        .map(|(rule, mark)| format!("{rule}{mark}\n"))
        .collect();
    fs::write(LIST, text.trim_end())?;
    Ok(())
}
