//! The tools that a model sees, and what they take.

use std::sync::{Arc, LazyLock};

use agentcy_core::{
    FieldError, Realm,
    id::{BatchId, NodeId},
    tool::Effect,
};
use agentcy_llm::ToolSpec;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// Searches the knowledge graph by words in names and properties. An empty query with labels lists everything with
/// those labels, the newest first. `total` says how many match in all.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchGraph {
    /// Words of which all must be there; "a phrase", -not and or work. Empty for everything.
    #[schemars(length(max = 1000))]
    pub(super) query: String,
    /// Only nodes with any of these labels, such as Service and Person.
    #[serde(default)]
    pub(super) labels: Option<Vec<String>>,
    /// How many nodes, 1 to 50; 10 unless said.
    #[serde(default)]
    #[schemars(range(min = 1, max = 50))]
    pub(super) limit: Option<u16>,
}

/// Shows what a node of the knowledge graph is connected to, and how. Use the id of a node that another tool gave.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpandNode {
    /// The node.
    pub(super) node_id: NodeId,
    /// How many steps away, 1 to 4; 1 unless said.
    #[serde(default)]
    #[schemars(range(min = 1, max = 4))]
    pub(super) depth: Option<u8>,
}

/// Asks the knowledge graph a question in openCypher, for counts, paths and comparisons. It only reads, gives at most
/// 100 rows, and needs a user who sees every realm.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RunCypher {
    /// The query, such as `MATCH (s:Service)-[:OWNED_BY]->(t:Team) WHERE t.name = $team RETURN s.name`.
    pub(super) query: String,
    /// What stands for its $names.
    #[serde(default)]
    pub(super) params: Option<Map<String, Value>>,
}

/// Lists the connected systems (connectors) with the names of their tools.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListConnectors {}

/// Finds tools of the connected systems by what they do, with the arguments that they take.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchConnectorTools {
    /// What the tool should do, in a few words.
    #[schemars(length(max = 1000))]
    pub(super) query: String,
    /// How many tools, 1 to 20; 5 unless said.
    #[serde(default)]
    #[schemars(range(min = 1, max = 20))]
    pub(super) top_k: Option<u8>,
}

/// Runs a tool of a connected system. Find it and its arguments with search_connector_tools first. A call that changes
/// something may wait until a person has agreed to it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExecuteConnectorTool {
    /// The name or id of the connector.
    pub(super) connector: String,
    /// The name of the tool.
    pub(super) tool: String,
    /// The arguments of the tool, an object that fits its input_schema.
    pub(super) args: Map<String, Value>,
}

/// Makes a node in the knowledge graph, or says more of the one with this key. It may wait until a person has agreed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UpsertNode {
    /// What the thing is called wherever it is known, such as service:payments; the same key is the same node.
    #[schemars(length(min = 1, max = 1024))]
    pub(super) key: String,
    /// What it is, such as Service.
    #[serde(default)]
    pub(super) labels: Option<Vec<String>>,
    /// What is known of it, such as {"name": "payments"}; null hides what others say.
    #[serde(default)]
    pub(super) properties: Map<String, Value>,
    /// The realm that it lies in; must be said where there is more than one.
    #[serde(default)]
    pub(super) realm: Option<Realm>,
    /// Only if it was not changed since this version, which a refusal of `in_use` tells.
    #[serde(default)]
    pub(super) expected_version: Option<BatchId>,
}

/// Connects two nodes of the knowledge graph. It may wait until a person has agreed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkNodes {
    /// The node that it leads from.
    pub(super) from: NodeId,
    /// The node that it leads to.
    pub(super) to: NodeId,
    /// How they are connected, such as DEPENDS_ON.
    #[serde(rename = "type")]
    #[schemars(length(min = 1, max = 64))]
    pub(super) edge_type: String,
    /// What is known of the connection.
    #[serde(default)]
    pub(super) properties: Option<Map<String, Value>>,
}

// A macro, since name, arguments and effect of a tool belong together and the rest follows from them.
macro_rules! tools {
    ($($tool:ident = $name:literal, $effect:ident;)*) => {
        /// A tool that a model sees.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Tool {
            $(#[doc = concat!("`", $name, "`.")] $tool,)*
        }

        /// A tool with its arguments.
        #[derive(Debug)]
        pub(super) enum Args {
            $($tool($tool),)*
        }

        impl Tool {
            /// Every tool, in the order in which models are told of them.
            pub const ALL: &[Self] = &[$(Self::$tool,)*];

            /// The name by which a model calls it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$tool => $name,)* }
            }

            /// What it changes itself; of a connector's tool the connector says.
            pub const fn effect(self) -> Effect {
                match self { $(Self::$tool => Effect::$effect,)* }
            }

            /// What it takes, as a JSON Schema.
            pub fn input_schema(self) -> Value {
                match self { $(Self::$tool => schema::<$tool>(),)* }
            }

            /// Reads arguments, or says what is wrong with them.
            pub(super) fn read(self, args: &Value) -> Result<Args, FieldError> {
                match self { $(Self::$tool => read(args).map(Args::$tool),)* }
            }
        }
    };
}

tools! {
    SearchGraph = "search_graph", Read;
    ExpandNode = "expand_node", Read;
    RunCypher = "run_cypher", Read;
    ListConnectors = "list_connectors", Read;
    SearchConnectorTools = "search_connector_tools", Read;
    ExecuteConnectorTool = "execute_connector_tool", Destructive;
    UpsertNode = "upsert_node", Write;
    LinkNodes = "link_nodes", Write;
}

impl Tool {
    /// The tool of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|tool| tool.name() == name)
    }

    /// What models are told of each, in order; made once, since a schema takes longer to make than to send.
    pub(super) fn specs() -> impl Iterator<Item = (Self, &'static Arc<ToolSpec>)> {
        static SPECS: LazyLock<Vec<Arc<ToolSpec>>> =
            LazyLock::new(|| Tool::ALL.iter().map(|tool| Arc::new(tool.spec())).collect());
        Self::ALL.iter().copied().zip(SPECS.iter())
    }

    fn spec(self) -> ToolSpec {
        let mut input_schema = self.input_schema();
        let description = input_schema.as_object_mut().and_then(|map| map.remove("description"));
        ToolSpec {
            name: self.name().to_owned(),
            description: description.as_ref().and_then(Value::as_str).unwrap_or_default().into(),
            input_schema,
        }
    }
}

fn schema<T: JsonSchema>() -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        })
        .into_generator();
    let mut schema = generator.root_schema_for::<T>();
    schema.remove("title");
    schema.to_value()
}

fn read<T: DeserializeOwned>(args: &Value) -> Result<T, FieldError> {
    if !args.is_object() {
        return Err(FieldError::new("$", "the arguments are one JSON object"));
    }
    serde_path_to_error::deserialize(args).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { "$".to_owned() } else { path };
        FieldError::new(path, error.inner().to_string())
    })
}

#[cfg(test)]
mod tests {
    use agentcy_platform::schema::ArgsSchema;
    use serde_json::json;

    use super::*;

    #[test]
    fn models_are_told_of_eight_tools_in_words_and_schemas() {
        let specs: Vec<_> = Tool::specs().map(|(_, spec)| spec).collect();
        assert_eq!(specs.len(), 8);
        for spec in &specs {
            assert!(spec.description.len() > 40, "{}", spec.name);
            assert_eq!(spec.input_schema["type"], "object", "{}", spec.name);
            assert_eq!(spec.input_schema["additionalProperties"], false, "{}", spec.name);
            assert!(ArgsSchema::compile(&spec.input_schema).is_ok(), "{}", spec.name);
            let text = spec.input_schema.to_string();
            assert!(!text.contains("$ref") && !text.contains("$schema"), "{text}");
            let fields = spec.input_schema["properties"].as_object().into_iter().flatten();
            for (name, field) in fields {
                assert!(field["description"].is_string(), "{}.{name}", spec.name);
            }
        }
        let bytes: usize = specs.iter().map(|spec| spec.input_schema.to_string().len()).sum();
        assert!(bytes < 6000, "{bytes} bytes of schemas go with every turn");
    }

    #[test]
    fn what_the_schema_refuses_is_refused_and_the_field_named() {
        let node = NodeId::from(uuid::Uuid::from_u128(1));
        for (tool, args, path) in [
            (Tool::SearchGraph, json!({}), "$"),
            (Tool::SearchGraph, json!([]), "$"),
            (Tool::SearchGraph, json!("{\"query\":\"a\"}"), "$"),
            (Tool::SearchGraph, json!({ "query": 1 }), "query"),
            (Tool::SearchGraph, json!({ "query": "a", "limit": "10" }), "limit"),
            (Tool::SearchGraph, json!({ "query": "a", "org": "x" }), "org"),
            (Tool::ExpandNode, json!({ "node_id": "src_1" }), "node_id"),
            (Tool::ExpandNode, json!({ "node_id": node, "depth": -1 }), "depth"),
            (
                Tool::ExecuteConnectorTool,
                json!({ "connector": "a", "tool": "b", "args": "{}" }),
                "args",
            ),
            (Tool::UpsertNode, json!({ "key": "a", "realm": "Not one" }), "realm"),
            (Tool::LinkNodes, json!({ "from": node, "to": "n_1", "type": "A" }), "to"),
        ] {
            let schema = ArgsSchema::compile(&tool.input_schema()).unwrap();
            assert!(!schema.fits(&args), "{} {args}", tool.name());
            let fault = tool.read(&args).unwrap_err();
            assert_eq!(fault.path, path, "{} {args}: {}", tool.name(), fault.message);
        }
        for (tool, args) in [
            (Tool::SearchGraph, json!({ "query": "", "labels": null, "limit": null })),
            (Tool::ListConnectors, json!({})),
            (Tool::UpsertNode, json!({ "key": "a" })),
            (Tool::ExpandNode, json!({ "node_id": node })),
        ] {
            assert!(tool.read(&args).is_ok(), "{} {args}", tool.name());
            assert!(ArgsSchema::compile(&tool.input_schema()).unwrap().fits(&args));
        }
    }
}
