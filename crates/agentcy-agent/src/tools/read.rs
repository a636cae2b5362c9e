//! What a call is, once nothing of it is left to be wrong: its tool, its effect, what a decision is bound to.

use agentcy_core::{ErrorCode, Realm, tool::Effect};
use agentcy_platform::{Result, realms, schema::ArgsSchema, sources};
use serde_json::{Value, json};

use super::{
    Call, Judged, Toolbox, Verdict,
    args::{Args, ExecuteConnectorTool, Tool, UpsertNode},
    digest::{of_own, of_source},
    failure::{told, words},
};

/// The most that a call takes, in bytes of JSON.
const MAX_ARGS: usize = 64 << 10;

/// What was read of a call.
pub(super) enum Read {
    /// Something that may be judged.
    Call(Box<Judged>),
    /// Something that cannot run as it is.
    Refused(Box<Judged>),
}

impl Toolbox {
    /// What the call is, once nothing of it is left to be wrong.
    pub(super) async fn read(&self, call: Call) -> Result<Read> {
        let Some(tool) = Tool::named(&call.name) else {
            let names: Vec<_> = self.specs().iter().map(|spec| spec.name.clone()).collect();
            let message = format!("there is no tool of this name; there are {}", names.join(", "));
            return Ok(refuse(call, None, ErrorCode::NotFound, message));
        };
        if !self.allows(tool) {
            let message = "this agent may not use that tool".to_owned();
            return Ok(refuse(call, Some(tool), ErrorCode::PolicyDenied, message));
        }
        let schema = tool.input_schema();
        if let Some(message) = faults(&schema, &call.args) {
            return Ok(refuse(call, Some(tool), ErrorCode::Invalid, message));
        }
        match tool.read(&call.args) {
            Err(fault) => {
                let message = format!("{}: {}", fault.path, fault.message);
                Ok(refuse(call, Some(tool), ErrorCode::Invalid, message))
            }
            Ok(Args::ExecuteConnectorTool(asked)) => self.at_source(call, asked).await,
            Ok(Args::UpsertNode(asked)) => self.in_realm(call, asked, schema).await,
            Ok(_) => Ok(own(tool, call, schema)),
        }
    }

    /// A call of a source's tool, by what the source makes of it.
    async fn at_source(&self, call: Call, asked: ExecuteConnectorTool) -> Result<Read> {
        let tool = Some(Tool::ExecuteConnectorTool);
        let args = Value::Object(asked.args);
        let found =
            sources::judge_tool(&self.platform, &self.caller, &asked.connector, &asked.tool, args);
        let found = match found.await {
            Ok(found) => found,
            Err(error) => {
                let Some((code, message, _)) = told(&error) else { return Err(error) };
                let message = format!(
                    "{message}; list_connectors names connectors and tools, search_connector_tools what they take"
                );
                return Ok(refuse(call, tool, code, message));
            }
        };
        if !self.allows_at(found.source, &found.source_name, &found.tool) {
            let message = "this agent may not use that tool of that connector".to_owned();
            return Ok(refuse(call, tool, ErrorCode::PolicyDenied, message));
        }
        if let Some(message) = faults(&found.input_schema, &found.args) {
            let message = format!("args: {message}");
            return Ok(refuse(call, tool, ErrorCode::Invalid, message));
        }
        let connector = found.source.to_string();
        Ok(Read::Call(Box::new(Judged {
            label: format!("{}.{}", found.source_name, found.tool),
            digest: of_source(&found),
            effect: found.effect,
            tool: Some(found.tool.clone()),
            args: found.args.clone(),
            args_schema: found.input_schema.clone(),
            connector: Some(connector),
            at_source: Some(found),
            ..blank(call)
        })))
    }

    /// A call that makes a node, in the realm that it is in.
    async fn in_realm(&self, mut call: Call, asked: UpsertNode, schema: Value) -> Result<Read> {
        let tool = Tool::UpsertNode;
        match self.realm_of(asked.realm).await? {
            Ok(realm) => call.args["realm"] = json!(realm),
            Err((code, message)) => {
                return Ok(refuse(call, Some(tool), code, format!("realm: {message}")));
            }
        }
        Ok(own(tool, call, schema))
    }

    /// The realm that a node is made in, one that the run may put things into: the one that the call names, or the only
    /// one. Or why there is none.
    pub(super) async fn realm_of(
        &self,
        named: Option<Realm>,
    ) -> Result<std::result::Result<Realm, (ErrorCode, String)>> {
        let available = realms::available(&self.platform, &self.caller).await?;
        let is_there = |one: &Realm| available.iter().any(|info| info.realm == *one);
        let list = || {
            let slugs = available.iter().map(|info| info.realm.as_str());
            slugs.collect::<Vec<_>>().join(", ")
        };
        Ok(match (named, available.as_slice()) {
            (Some(realm), _) if is_there(&realm) => Ok(realm),
            (Some(_), _) => {
                let message = format!("this run may write in these alone: {}", list());
                Err((ErrorCode::UnknownRealm, message))
            }
            (None, [only]) => Ok(only.realm.clone()),
            (None, _) => Err((ErrorCode::Invalid, format!("say in which of these: {}", list()))),
        })
    }
}

fn own(tool: Tool, call: Call, args_schema: Value) -> Read {
    Read::Call(Box::new(Judged {
        label: tool.name().to_owned(),
        digest: of_own(tool, &call.args),
        effect: tool.effect(),
        args: call.args.clone(),
        args_schema,
        ..blank(call)
    }))
}

fn refuse(call: Call, tool: Option<Tool>, code: ErrorCode, message: String) -> Read {
    let effect = tool.map_or(Effect::Destructive, Tool::effect);
    let verdict = Verdict::Refuse { code, message };
    Read::Refused(Box::new(Judged { effect, verdict, ..blank(call) }))
}

/// Nothing that runs.
fn blank(call: Call) -> Judged {
    Judged {
        effect: Effect::Destructive,
        connector: None,
        tool: None,
        label: call.name.clone(),
        args: call.args.clone(),
        args_schema: Value::Bool(false),
        digest: [0; 32],
        verdict: Verdict::Refuse { code: ErrorCode::Internal, message: String::new() },
        at_source: None,
        standing: None,
        call,
    }
}

/// What is wrong with arguments.
pub(super) fn faults(schema: &Value, args: &Value) -> Option<String> {
    let text = args.to_string();
    if text.len() > MAX_ARGS {
        return Some("the arguments are at most 64 KiB of JSON".to_owned());
    }
    if text.contains("\\u0000") && holds_nul(args) {
        return Some("the arguments hold a NUL character".to_owned());
    }
    let faults = match ArgsSchema::compile(schema) {
        Ok(schema) => schema.faults(args),
        // A tool whose schema is no schema takes nothing.
        Err(message) => return Some(format!("the tool has an unusable schema: {message}")),
    };
    let first = faults.first()?;
    let rest = faults.get(1..).unwrap_or_default();
    Some(words(&format!("{}: {}", first.path, first.message), rest))
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(map) => map.iter().any(|(name, one)| name.contains('\0') || holds_nul(one)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
