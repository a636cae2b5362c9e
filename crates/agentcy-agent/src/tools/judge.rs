//! Whether a call runs, waits for a person or is refused.

use agentcy_core::{Action, ErrorCode, chat::ApprovalState, tool::Effect};
use agentcy_platform::Result;
use agentcy_store::{
    approvals::{self, Approval},
    tool_calls::PassedBy,
};

use super::{Call, Judged, Toolbox, Verdict, read::Read};
use crate::gate::{Gate, Starter, Why, gate};

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
