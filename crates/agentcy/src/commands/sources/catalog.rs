//! `agentcy sources catalog`: the kinds, their settings and their tools.

use agentcy_sdk::{Client, Effect, SourceKind, SourceTool};
use serde_json::Value;

use crate::{cli::SourceCatalog, exit::NotThere, output, profile::Profile, table};

/// Lists the kinds, or shows one.
pub(super) async fn run(options: SourceCatalog, json: bool) -> anyhow::Result<()> {
    let client = Profile::client(options.server.url).await?;
    if let Some(name) = options.kind {
        let kind = kind(&client, &name).await?;
        if json {
            return output::print_json(&kind);
        }
        return show(&kind);
    }
    let kinds = client.source_catalog().await?;
    if json {
        return output::print_json(&kinds);
    }
    let rows = kinds.into_iter().map(|kind| [kind.source_type, kind.title, kind.description]);
    table::print(["KIND", "TITLE", "WHAT IT BRINGS"], rows)
}

/// The kind of this name.
pub(super) async fn kind(client: &Client, name: &str) -> anyhow::Result<SourceKind> {
    let kinds = client.source_catalog().await?;
    let found = kinds.into_iter().find(|kind| kind.source_type == name);
    let hint = "`agentcy sources catalog` says which there are";
    Ok(found.ok_or_else(|| NotThere(format!("there is no kind {name}; {hint}")))?)
}

/// The JSON types that a setting may have, as far as its schema says.
pub(super) fn types<'a>(schema: &'a Value, name: &str) -> Vec<&'a str> {
    match schema.pointer("/properties").and_then(|all| all.get(name)) {
        Some(property) => types_of(property),
        None => Vec::new(),
    }
}

fn types_of(property: &Value) -> Vec<&str> {
    match &property["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => {
            let either = property["anyOf"].as_array().or_else(|| property["oneOf"].as_array());
            either.into_iter().flatten().flat_map(types_of).collect()
        }
    }
}

fn show(kind: &SourceKind) -> anyhow::Result<()> {
    output::print(&format!("{}: {}", kind.title, kind.description))?;
    let rows =
        rows(&kind.config_schema, "--set").chain(rows(&kind.credential_schema, "--credential"));
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        output::print("")?;
        table::print(["OPTION", "TYPE", "NEEDED", "MEANING"], rows)?;
    }
    if !kind.tools.is_empty() {
        output::print("")?;
        tools(&kind.tools)?;
    }
    Ok(())
}

fn rows<'a>(schema: &'a Value, option: &'a str) -> impl Iterator<Item = [String; 4]> + 'a {
    let needed = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    schema["properties"].as_object().into_iter().flatten().map(move |(name, property)| {
        let is_needed = needed.iter().any(|one| one.as_str() == Some(name));
        let types = types_of(property).into_iter().filter(|one| *one != "null");
        let types: Vec<_> = types.collect();
        let meaning = property["description"].as_str().unwrap_or_default();
        let needed = if is_needed { "yes" } else { "" };
        [format!("{option} {name}"), types.join(" or "), needed.to_owned(), meaning.to_owned()]
    })
}

/// What can be done with a live source.
pub(super) fn tools(tools: &[SourceTool]) -> anyhow::Result<()> {
    if tools.is_empty() {
        output::say("it has no tools");
        return Ok(());
    }
    let rows = tools.iter().map(|tool| {
        let effect = match &tool.effect {
            Effect::Read => "read",
            Effect::Write => "write",
            Effect::Destructive => "destructive",
            Effect::Other(name) => name,
            _ => "",
        };
        let asks = if tool.requires_approval { "yes" } else { "" };
        [tool.name.clone(), effect.to_owned(), asks.to_owned(), tool.description.clone()]
    });
    table::print(["TOOL", "EFFECT", "ASKS", "WHAT IT DOES"], rows)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_types_of_a_setting_are_read_from_each_form_of_schema() {
        let schema = json!({ "properties": {
            "a": { "type": "string" },
            "b": { "type": ["integer", "null"] },
            "c": { "anyOf": [{ "type": "array" }, { "type": "null" }] },
        } });
        assert_eq!(types(&schema, "a"), ["string"]);
        assert_eq!(types(&schema, "b"), ["integer", "null"]);
        assert_eq!(types(&schema, "c"), ["array", "null"]);
        assert!(types(&schema, "d").is_empty());
    }
}
