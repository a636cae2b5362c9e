//! Other arguments for a call of the graph's tools: what is agreed to is what the run would make of them.

use agentcy_agent::{approvals::Decision, tools::Verdict};
use agentcy_core::{Caller, ErrorCode, Role};
use agentcy_platform::Error;
use agentcy_store::tool_calls::PassedBy;
use serde_json::{Value, json};

use super::{Asking, YES};
use crate::stage::{Stage, call};

/// A call that makes a node, by somebody who sees these realms.
async fn about_a_node(realms: &[&str], asked: Value) -> Asking {
    let stage = Stage::new().await;
    let starter = stage.limited(Role::Member, realms).await;
    Asking::of(stage, starter, call("upsert_node", asked)).await
}

fn with(args: Value) -> Decision {
    Decision { args: Some(args), ..YES }
}

impl Asking {
    /// The fields that are no good.
    async fn faulty(&self, caller: &Caller, args: Value) -> Vec<String> {
        match self.decide(caller, with(args)).await.unwrap_err() {
            Error::Refused { code: ErrorCode::Invalid, fields, .. } => {
                fields.into_iter().map(|field| field.path).collect()
            }
            other => vec![other.to_string()],
        }
    }
}

#[tokio::test]
async fn a_realm_that_is_left_out_is_the_only_one_that_the_run_sees() {
    let asking = about_a_node(&["crm"], json!({ "key": "a" })).await;
    let shown = asking.stage.approval(asking.parked.id).await.args;
    assert_eq!(shown, json!({ "key": "a", "realm": "crm" }));
    asking.decide(&asking.starter, with(json!({ "key": "b" }))).await.unwrap();
    let kept = asking.stage.approval(asking.parked.id).await.args;
    assert_eq!(kept, json!({ "key": "b", "realm": "crm" }));
    let judged = asking.resumed().await;
    assert_eq!(judged.verdict, Verdict::Run(PassedBy::Approval));
    assert_eq!(judged.call.args["key"], "b");
}

#[tokio::test]
async fn what_the_run_would_refuse_cannot_be_agreed_to() {
    let asking = about_a_node(&["crm", "data"], json!({ "key": "a", "realm": "crm" })).await;
    // Even of somebody who sees more than the run.
    let admin = asking.stage.member(Role::Admin).await;
    for bad in [
        json!({ "key": "a", "realm": "design" }),
        json!({ "key": "a", "realm": "attic" }),
        json!({ "key": "a" }),
    ] {
        assert_eq!(asking.faulty(&admin, bad.clone()).await, ["args.realm"], "{bad}");
    }
    assert_eq!(asking.faulty(&admin, json!({ "key": 1, "realm": "crm" })).await, ["args"]);
    let id = uuid::Uuid::from(asking.conversation);
    let moved = format!("update conversations set realm = 'crm' where id = '{id}'");
    asking.stage.database.execute(&moved).await;
    let elsewhere = json!({ "key": "a", "realm": "data" });
    assert_eq!(asking.faulty(&admin, elsewhere).await, ["args.realm"]);
    asking.decide(&admin, with(json!({ "key": "b", "realm": "crm" }))).await.unwrap();
    assert_eq!(asking.resumed().await.verdict, Verdict::Run(PassedBy::Approval));
}
