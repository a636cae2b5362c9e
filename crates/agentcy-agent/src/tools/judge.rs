//! Whether a call runs, waits for a person or is refused.

use agentcy_core::{Action, Caller, ErrorCode, Realm, chat::ApprovalState, tool::Effect};
use agentcy_platform::{
    Error, Platform, Result, realms,
    schema::ArgsSchema,
    sources::{self, ToolCall},
};
use agentcy_store::{
    approvals::{self, Approval},
    tool_calls::PassedBy,
};
use serde_json::{Value, json};

use super::{
    Call, Judged, Toolbox, Verdict,
    args::{Args, ExecuteConnectorTool, Tool, UpsertNode},
    digest::{CallDigest, digest},
    failure::{told, words},
};
use crate::gate::{Gate, Starter, Why, gate};

/// The most that a call takes, in bytes of JSON.
const MAX_ARGS: usize = 64 << 10;
/// The version of the tools that are no source's.
const OWN_VERSION: &str = "1";

impl Toolbox {
    /// Judges a call as a model wrote it. Errors are faults of the server.
    pub async fn judge(&self, call: Call, tainted: bool) -> Result<Judged> {
        self.judge_with(call, tainted, None).await
    }

    /// Judges a call anew that a person agreed to, with the arguments that they agreed to. It runs only if it is still
    /// the very same call.
    pub async fn resume(&self, call: Call, approval: &Approval, tainted: bool) -> Result<Judged> {
        let call = as_decided(call, approval);
        self.judge_with(call, tainted, Some(approval)).await
    }

    async fn judge_with(
        &self,
        call: Call,
        tainted: bool,
        approval: Option<&Approval>,
    ) -> Result<Judged> {
        let mut judged = match self.read(call).await? {
            Read::Call(judged) => *judged,
            Read::Refused(judged) => return Ok(*judged),
        };
        let starter = Starter { role: self.caller.role, is_tainted: tainted };
        let defaults = self.grants.own_defaults.unwrap_or(self.grants.defaults);
        let of = |agreed| gate(judged.effect, starter, agreed, &defaults);
        let is_approved = |one: &Approval| one.state == ApprovalState::Approved;
        let decision = match approval {
            Some(one) if is_approved(one) && one.digest == judged.digest => {
                of(Some(PassedBy::Approval))
            }
            // What somebody agreed to is not what would run now, so no default lets it pass either.
            Some(_) if of(None) != Gate::Refuse => Gate::Ask(Why::Changed),
            _ => of(None),
        };
        let decision = match decision {
            Gate::Ask(Why::Default | Why::Tainted) => {
                match self.agreed_before(&mut judged).await? {
                    Some(how) => gate(judged.effect, starter, Some(how), &defaults),
                    None => decision,
                }
            }
            other => other,
        };
        judged.verdict = match decision {
            Gate::Run(how) => Verdict::Run(how),
            Gate::Ask(why) => Verdict::Ask { reason: reason(why, judged.effect) },
            Gate::Refuse => Verdict::Refuse {
                code: ErrorCode::InsufficientRole,
                message: "whoever started this run only reads; tell them what you would do".into(),
            },
        };
        Ok(judged)
    }

    /// Whether an admin agreed to calls like it, or a person of this conversation to the same.
    async fn agreed_before(&self, judged: &mut Judged) -> Result<Option<PassedBy>> {
        let by = self.platform.permit(&self.caller, Action::MessageSend).await?;
        let mut reader = self.platform.read(&by).await?;
        judged.standing = self.standing(&mut reader, judged).await?;
        if judged.standing.is_some() {
            return Ok(Some(PassedBy::Standing));
        }
        let now = self.platform.now();
        let conversation = self.grants.conversation;
        let found = approvals::remembered(&mut reader, conversation, &judged.digest, now).await?;
        Ok(found.map(|_| PassedBy::Remembered))
    }

    /// What the call is, once nothing of it is left to be wrong.
    async fn read(&self, call: Call) -> Result<Read> {
        let Some(tool) = Tool::named(&call.name) else {
            let names: Vec<_> = self.specs().into_iter().map(|spec| spec.name).collect();
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

    /// A call that makes a node, in a realm that the run may put things into: the one it names, or the only one.
    async fn in_realm(&self, mut call: Call, asked: UpsertNode, schema: Value) -> Result<Read> {
        let tool = Tool::UpsertNode;
        let available = realms::available(&self.platform, &self.caller).await?;
        let named = |one: &Realm| available.iter().any(|info| info.realm == *one);
        let names = || {
            let names = available.iter().map(|info| info.realm.as_str());
            names.collect::<Vec<_>>().join(", ")
        };
        match (&asked.realm, available.as_slice()) {
            (Some(realm), _) if named(realm) => {}
            (Some(_), _) => {
                let message = format!("realm: this run may write in these alone: {}", names());
                return Ok(refuse(call, Some(tool), ErrorCode::UnknownRealm, message));
            }
            (None, [only]) => call.args["realm"] = json!(only.realm),
            (None, _) => {
                let message = format!("realm: say in which of these: {}", names());
                return Ok(refuse(call, Some(tool), ErrorCode::Invalid, message));
            }
        }
        Ok(own(tool, call, schema))
    }
}

/// What was read of a call.
enum Read {
    /// Something that may be judged.
    Call(Box<Judged>),
    /// Something that cannot run as it is.
    Refused(Box<Judged>),
}

/// What a decider would have run with other arguments, of the source's tool `inner` where it is one's: its digest and
/// effect. It is judged as the starter, whose call it is. Errors: `invalid`, `in_use` (the source was changed since the approval was asked for), those of the source.
pub(crate) async fn rejudge(
    platform: &Platform,
    starter: &Caller,
    approval: &Approval,
    inner: Option<&str>,
    args: &Value,
) -> Result<(CallDigest, Effect)> {
    if let Some(message) = faults(&approval.args_schema, args) {
        return Err(Error::invalid_field("args", message));
    }
    let (Some(connector), Some(inner)) = (&approval.connector, inner) else {
        let tool = Tool::named(&approval.tool).ok_or_else(|| Error::not_found("tool"))?;
        let read = tool.read(args);
        read.map_err(|fault| Error::invalid_field(&format!("args.{}", fault.path), fault.message))?;
        return Ok((of_own(tool, args), tool.effect()));
    };
    let asked = |args| sources::judge_tool(platform, starter, connector, inner, args);
    let before = asked(approval.args.clone()).await?;
    if of_source(&before).as_slice() != approval.digest {
        let message = "the source was changed since; deny the call, and it will be asked for anew";
        return Err(Error::refused(ErrorCode::InUse, message));
    }
    let after = asked(args.clone()).await?;
    if let Some(message) = faults(&after.input_schema, args) {
        return Err(Error::invalid_field("args", message));
    }
    Ok((of_source(&after), after.effect))
}

/// The call as a person decided it: at that source and with those arguments, whatever the model wrote.
fn as_decided(mut call: Call, approval: &Approval) -> Call {
    match &approval.connector {
        Some(connector) if call.args.is_object() => {
            call.args["connector"] = connector.as_str().into();
            call.args["args"] = approval.args.clone();
        }
        Some(_) => {}
        None => call.args = approval.args.clone(),
    }
    call
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

fn of_own(tool: Tool, args: &Value) -> CallDigest {
    digest(tool.name(), None, OWN_VERSION, effect_name(tool.effect()), args)
}

fn of_source(call: &ToolCall) -> CallDigest {
    let (id, version) = (call.source.to_string(), call.version.timestamp_micros().to_string());
    digest(&call.tool, Some(&id), &version, effect_name(call.effect), &call.args)
}

/// What is wrong with arguments.
fn faults(schema: &Value, args: &Value) -> Option<String> {
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
    let Some(first) = faults.first() else { return None };
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

pub(super) const fn effect_name(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "read",
        Effect::Write => "write",
        Effect::Destructive => "destructive",
    }
}

fn reason(why: Why, effect: Effect) -> String {
    let does = match effect {
        Effect::Read => "reads",
        Effect::Write => "changes something",
        Effect::Destructive => "destroys something",
    };
    match why {
        Why::Default => format!("the call {does}, and by default a person decides that"),
        Why::Tainted => format!(
            "the call {does}, and the run has read text from outside, which may have led it to this"
        ),
        Why::Changed => {
            format!("the call {does}, and its source was changed after somebody agreed to it")
        }
    }
}
