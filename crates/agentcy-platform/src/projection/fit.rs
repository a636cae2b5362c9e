//! What several say of one thing may together be more than the engine takes of it. The ledger keeps all; the graph shows
//! what fits.

use agentcy_core::id::OrgId;
use agentcy_graph::{Edge, Node, Properties};
use serde_json::Value;

const MAX_LABELS: usize = 64;
const MAX_NAME: usize = 1024;
/// Below the engine's own bound, which counts a little differently.
const MAX_BYTES: usize = 3 << 20;

pub(super) fn node(org: OrgId, node: &mut Node) {
    let labels = node.labels.len();
    node.labels.retain(|label| label.len() <= MAX_NAME);
    node.labels.truncate(MAX_LABELS);
    if properties(&mut node.properties) || node.labels.len() < labels {
        tracing::warn!(org.id = %org, node.id = %node.id, "the graph does not show all of a node, which is too large");
    }
}

pub(super) fn edge(org: OrgId, edge: &mut Edge) {
    if properties(&mut edge.properties) {
        tracing::warn!(org.id = %org, edge.id = %edge.id, "the graph does not show all of an edge, which is too large");
    }
}

/// Leaves the heaviest out until the others fit; whether any was.
fn properties(properties: &mut Properties) -> bool {
    let count = properties.len();
    properties.retain(|name, _| name.len() <= MAX_NAME);
    let mut heavy: Vec<(usize, String)> =
        properties.iter().map(|(name, value)| (weight(name, value), name.clone())).collect();
    heavy.sort_unstable();
    let mut bytes: usize = heavy.iter().map(|(weight, _)| weight).sum();
    while bytes > MAX_BYTES
        && let Some((weight, name)) = heavy.pop()
    {
        properties.remove(&name);
        bytes -= weight;
    }
    properties.len() < count
}

fn weight(name: &str, value: &Value) -> usize {
    name.len() + value.to_string().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_properties_are_left_out_and_the_others_kept() {
        let text = |mib: usize| Value::String("x".repeat(mib << 20));
        let mut all = Properties::new();
        all.insert("name".into(), "a".into());
        all.insert("large".into(), text(2));
        all.insert("larger".into(), text(3));
        all.insert("n".repeat(2000), 1.into());
        assert!(properties(&mut all));
        assert_eq!(all.keys().collect::<Vec<_>>(), ["large", "name"]);
        assert!(!properties(&mut all));
    }
}
