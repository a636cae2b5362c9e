//! Calls that an admin has agreed to before they are made.

use agentcy_core::{Action, Timestamp, agent::StandingApproval, tool::Effect};
use agentcy_platform::{
    Result,
    schema::{ArgsSchema, pins_every_argument},
};
use agentcy_store::{
    Reader, Tx, audit,
    standing_counts::{self, Of},
    tool_calls::PassedBy,
};
use chrono::NaiveDate;
use serde_json::json;
use uuid::Uuid;

use super::{
    Judged, Standing, Toolbox, Verdict,
    digest::{effect_name, of_schema},
};

/// What stands for the tools of the graph, which no source has.
const GRAPH: &str = "graph";

/// One use of a standing approval that was found, and is not taken yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Use {
    subject: Uuid,
    connector: String,
    tool: String,
    args_schema: [u8; 32],
    most: u32,
}

impl Use {
    fn of(&self) -> Of<'_> {
        let Self { subject, connector, tool, args_schema, .. } = self;
        Of { subject: *subject, connector, tool, args_schema }
    }
}

impl Toolbox {
    /// The standing approval that the call fits and that has uses left today.
    pub(super) async fn standing(
        &self,
        reader: &mut Reader,
        judged: &Judged,
    ) -> Result<Option<Use>> {
        let now = self.platform.now();
        for Standing { subject, approval: one } in &self.grants.standing {
            if !fits(one, judged, now) {
                continue;
            }
            let found = Use {
                subject: *subject,
                connector: judged.connector.clone().unwrap_or_else(|| GRAPH.to_owned()),
                tool: one.tool.clone(),
                args_schema: of_schema(&one.args_schema),
                most: one.max_per_day,
            };
            let used = standing_counts::uses(reader, found.of(), day(now)).await?;
            if u32::try_from(used).is_ok_and(|used| used < found.most) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Takes what the call needs to pass, in the transaction that claims its effect: one of the day's uses of its
    /// standing approval. False when somebody else took the last one meanwhile.
    pub async fn spend(&self, tx: &mut Tx, judged: &Judged) -> Result<bool> {
        let Verdict::Run(how @ (PassedBy::Standing | PassedBy::Remembered)) = judged.verdict else {
            return Ok(true);
        };
        if let (PassedBy::Standing, Some(one)) = (how, &judged.standing) {
            let today = day(self.platform.now());
            if !standing_counts::take(tx, one.of(), today, one.most).await? {
                return Ok(false);
            }
        }
        let action = match (&judged.connector, judged.effect) {
            (Some(_), _) => Action::SourceToolRun,
            (None, Effect::Read) => Action::GraphRead,
            (None, _) => Action::GraphWrite,
        };
        let by = self.platform.permit(&self.caller, action).await?;
        let details = json!({
            "passed_by": how.name(),
            "tool": judged.label,
            "effect": effect_name(judged.effect),
            "conversation_id": self.grants.conversation,
        });
        let target = judged.connector.clone().unwrap_or_default();
        audit::record(tx, &self.platform.done(&by, target, details)).await?;
        Ok(true)
    }
}

/// Days are those of UTC.
fn day(now: Timestamp) -> NaiveDate {
    now.date_naive()
}

fn fits(one: &StandingApproval, judged: &Judged, now: Timestamp) -> bool {
    let of_source = judged.at_source.as_ref();
    let is_there = match of_source {
        // A source that calls itself so does not get what is meant for the graph.
        Some(call) => {
            one.connector != GRAPH
                && (one.connector == call.source.to_string()
                    || one.connector.to_lowercase() == call.source_name.to_lowercase())
        }
        None => one.connector == GRAPH,
    };
    let tool = of_source.map_or(judged.label.as_str(), |call| call.tool.as_str());
    is_there
        && one.tool == tool
        && one.expires_at > now
        && (judged.effect != Effect::Destructive || pins_every_argument(&one.args_schema))
        && ArgsSchema::compile(&one.args_schema).is_ok_and(|schema| schema.fits(&judged.args))
}
