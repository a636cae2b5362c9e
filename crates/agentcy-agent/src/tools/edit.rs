//! Other arguments for a call that waits for a person.

use agentcy_core::{ErrorCode, tool::Effect};
use agentcy_platform::{Error, Result, sources};
use agentcy_store::approvals::Approval;
use serde_json::{Value, json};

use super::{
    Toolbox,
    args::{Args, Tool},
    digest::{CallDigest, of_own, of_source},
    read::faults,
};

/// A call with the arguments that a decider gave it.
pub(crate) struct Edited {
    /// The arguments, as the run makes them of what was given.
    pub(crate) args: Value,
    /// What the decision is bound to.
    pub(crate) digest: CallDigest,
    /// What the call changes.
    pub(crate) effect: Effect,
}

impl Toolbox {
    /// What the run would make of other arguments, of the source's tool `inner` where it is one's.
    ///
    /// Errors: `invalid` (also what the run would refuse), `in_use` (the source was changed since the approval was asked
    /// for), those of the source.
    pub(crate) async fn edit(
        &self,
        approval: &Approval,
        inner: Option<&str>,
        args: &Value,
    ) -> Result<Edited> {
        if let Some(message) = faults(&approval.args_schema, args) {
            return Err(Error::invalid_field("args", message));
        }
        match approval.connector.as_deref().zip(inner) {
            Some((connector, inner)) => self.edit_at(approval, connector, inner, args).await,
            None => self.edit_own(approval, args).await,
        }
    }

    async fn edit_at(
        &self,
        approval: &Approval,
        connector: &str,
        inner: &str,
        args: &Value,
    ) -> Result<Edited> {
        let asked =
            |args| sources::judge_tool(&self.platform, &self.caller, connector, inner, args);
        let before = asked(approval.args.clone()).await?;
        if of_source(&before).as_slice() != approval.digest {
            let message =
                "the source was changed since; deny the call, and it will be asked for anew";
            return Err(Error::refused(ErrorCode::InUse, message));
        }
        let after = asked(args.clone()).await?;
        if let Some(message) = faults(&after.input_schema, args) {
            return Err(Error::invalid_field("args", message));
        }
        Ok(Edited { digest: of_source(&after), effect: after.effect, args: after.args })
    }

    async fn edit_own(&self, approval: &Approval, args: &Value) -> Result<Edited> {
        let tool = Tool::named(&approval.tool).ok_or_else(|| Error::not_found("tool"))?;
        let of = |path: &str| format!("args.{path}");
        let read = tool.read(args);
        let read = read.map_err(|fault| Error::invalid_field(&of(&fault.path), fault.message))?;
        let mut args = args.clone();
        if let Args::UpsertNode(asked) = read {
            let realm = self.realm_of(asked.realm).await?;
            let refused = |(_, message)| Error::invalid_field(&of("realm"), message);
            args["realm"] = json!(realm.map_err(refused)?);
        }
        Ok(Edited { digest: of_own(tool, &args), effect: tool.effect(), args })
    }
}
