//! What is asked to be done. Whether it may be done, and who has to agree, is not for a model to say.

use serde_json::{Map, Value, json};

use crate::builtin::{
    find,
    node::{Node, one},
    plan::{Next, Plan},
    question::Name,
    text::plain,
};

/// How much of what a tool gave is shown, in characters.
const SHOWN: usize = 2000;

pub(super) fn create(
    plan: &mut Plan<'_>,
    label: &str,
    name: &str,
    realm: Option<&str>,
    mut properties: Map<String, Value>,
) -> Result<String, Next> {
    let key = format!("{}:{name}", label.to_lowercase());
    properties.insert("name".to_owned(), name.into());
    let mut args = json!({ "key": key, "labels": [label], "properties": properties });
    if let Some(realm) = realm {
        args["realm"] = realm.to_lowercase().into();
    }
    let [done] = plan.ask([("upsert_node", args)])?;
    let done = match done {
        Ok(done) => done,
        Err(failure) if failure.message.starts_with("realm") => {
            let said = failure.said("upsert_node");
            return Ok(format!("{said} Say “add a {label} named … in the realm …”."));
        }
        Err(failure) => return Ok(failure.said("upsert_node")),
    };
    let node: Option<Node> = done.get("node").and_then(one);
    Ok(match node {
        Some(node) => {
            let realm = plain(&node.realm, 40);
            format!(
                "Done: {} is in the graph, in the realm {realm}, under the key `{}`.",
                node.told(),
                plain(&key, 200)
            )
        }
        None => format!("Done: it is in the graph under the key `{}`.", plain(&key, 200)),
    })
}

pub(super) fn link(
    plan: &mut Plan<'_>,
    from: &Name,
    to: &Name,
    kind: Option<String>,
) -> Result<String, Next> {
    let Some(kind) = kind else {
        let text = "In which way? Say “link A to B as TYPE”, such as “link `payments` to `orders` as USES”.";
        return Ok(text.to_owned());
    };
    let (from, to) = find::two(plan, from, to)?;
    let kind = kind.trim().replace(' ', "_").to_uppercase();
    plan.need("link_nodes", json!({ "from": from.id, "to": to.id, "type": kind }))?;
    Ok(format!("Done: {} leads to {} by `{}`.", from.told(), to.told(), plain(&kind, 80)))
}

pub(super) fn run(
    plan: &mut Plan<'_>,
    tool: &str,
    connector: &str,
    args: Option<Value>,
) -> Result<String, Next> {
    let Some(args) = args else {
        return Ok(
            "I cannot read the arguments: they have to be one JSON object, such as {\"limit\": 5}."
                .to_owned(),
        );
    };
    let call = json!({ "connector": connector, "tool": tool, "args": args });
    let (tool, connector) = (plain(tool, 80), plain(connector, 80));
    let [outcome] = plan.ask([("execute_connector_tool", call)])?;
    let done = match outcome {
        Ok(done) => done,
        Err(failure) => {
            let said = failure.said("execute_connector_tool");
            return Ok(if matches!(failure.code.as_str(), "not_found" | "unknown_tool") {
                format!("{said} Ask “which sources are connected?” for what there is.")
            } else {
                said
            });
        }
    };
    let result = done.get("result").unwrap_or(&done);
    let written = match result {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    let mut shown: String =
        written.chars().filter(|c| *c == '\n' || !c.is_control()).take(SHOWN).collect();
    let cut = if shown.len() < written.len() {
        "\n\nThat is the beginning; the whole result is with the call."
    } else {
        ""
    };
    // No line of a result ends the block that it is shown in.
    shown = shown.replace("```", "'''").replace("](", "] (");
    Ok(format!("`{tool}` of {connector} gave:\n\n```\n{shown}\n```{cut}"))
}
