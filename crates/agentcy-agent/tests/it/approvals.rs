//! What waits for a person, who may decide it, and that it is decided once.

mod edited;

use std::sync::Arc;

use agentcy_agent::{
    approvals::{self, Decision, Which},
    tools::{Toolbox, Verdict},
};
use agentcy_core::{
    Caller, ErrorCode, Role,
    chat::ApprovalState,
    id::{ApprovalId, ConversationId},
    tool::{ApprovalDefaults, Effect},
};
use agentcy_platform::{Error, PageRequest, sources};
use agentcy_store::tool_calls::PassedBy;
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::stage::{Parked, Stage, at_source, call, grants, user_of};

const YES: Decision = Decision { approved: true, note: None, args: None, remember_secs: None };

/// A conversation whose run waits for somebody to let it call a tool of the laboratory.
struct Asking {
    stage: Stage,
    starter: Caller,
    conversation: ConversationId,
    tools: Toolbox,
    parked: Parked,
}

impl Asking {
    async fn about(tool: &str) -> Self {
        let stage = Stage::new().await;
        stage.source("lab", "lab", "data", json!({})).await;
        let starter = stage.member(Role::Member).await;
        Self::of(stage, starter, at_source("lab", tool, json!({ "target": "a" }))).await
    }

    async fn of(stage: Stage, starter: Caller, asked: agentcy_agent::tools::Call) -> Self {
        let conversation = stage.conversation(&starter).await;
        let mut some = grants(conversation);
        some.defaults = ApprovalDefaults::default();
        let tools = stage.tools_with(&starter, some).await;
        let judged = tools.judge(asked, true).await.unwrap();
        assert!(matches!(judged.verdict, Verdict::Ask { .. }), "{:?}", judged.verdict);
        let parked = stage.parked(&starter, conversation, &judged).await;
        Self { stage, starter, conversation, tools, parked }
    }

    async fn decide(&self, caller: &Caller, decision: Decision) -> Result<ApprovalState, Error> {
        let (platform, at) = (&self.stage.platform, self.conversation);
        let decided = approvals::decide(platform, caller, at, self.parked.id, decision).await?;
        Ok(decided.state)
    }

    async fn refused(&self, caller: &Caller, decision: Decision) -> ErrorCode {
        self.decide(caller, decision).await.unwrap_err().code().unwrap()
    }

    /// What the run would do when it wakes.
    async fn resumed(&self) -> agentcy_agent::tools::Judged {
        let approval = self.stage.approval(self.parked.id).await;
        self.tools.resume(self.parked.call.clone(), &approval, true).await.unwrap()
    }

    async fn inbox(&self, caller: &Caller) -> Vec<ApprovalId> {
        self.listed(caller, Which::Waiting).await
    }

    async fn listed(&self, caller: &Caller, which: Which) -> Vec<ApprovalId> {
        let page = PageRequest::default();
        let found = approvals::inbox(&self.stage.platform, caller, which, page).await.unwrap();
        assert_eq!(found.total, i64::try_from(found.items.len()).unwrap());
        found.items.into_iter().map(|one| one.id).collect()
    }

    async fn run_row(&self) -> Value {
        let id = uuid::Uuid::from(self.parked.run);
        let rows = self.stage.database.rows(&format!("select * from runs where id = '{id}'")).await;
        rows[0].clone()
    }
}

#[tokio::test]
async fn of_sixty_four_decisions_exactly_one_wins() {
    let asking = Arc::new(Asking::about("poke").await);
    let admin = asking.stage.member(Role::Admin).await;
    let mut racing = tokio::task::JoinSet::new();
    for n in 0..64 {
        let asking = Arc::clone(&asking);
        let caller = if n % 2 == 0 { asking.starter.clone() } else { admin.clone() };
        racing.spawn(async move {
            let note = Some(format!("number {n}"));
            let decision = Decision { approved: n % 3 == 0, note, ..Decision::default() };
            asking.decide(&caller, decision).await.map(|_| n).map_err(|error| error.code().unwrap())
        });
    }
    let ended = racing.join_all().await;
    let won: Vec<_> = ended.iter().filter_map(|end| end.as_ref().ok()).collect();
    assert_eq!(won.len(), 1, "{ended:?}");
    let lost = ended.iter().filter_map(|end| end.as_ref().err());
    assert!(lost.clone().all(|code| *code == ErrorCode::ApprovalDecided), "{ended:?}");
    let kept = asking.stage.approval(asking.parked.id).await;
    assert_eq!(kept.note, Some(format!("number {}", won[0])));
    assert_eq!(kept.state == ApprovalState::Approved, won[0] % 3 == 0);
    assert_eq!(asking.stage.audit("approval.decide").await.len(), 1);
    // Each look of an admin into somebody's conversation is noted.
    assert_eq!(asking.stage.audit("approval.read").await.len(), 32);
    let told = "select * from outbox where event = 'approval.resolved'";
    assert_eq!(asking.stage.database.rows(told).await.len(), 1);
}

#[tokio::test]
async fn an_approved_call_runs_as_it_was_agreed_to_and_wakes_its_run() {
    let asking = Asking::about("poke").await;
    let before = asking.run_row().await;
    assert_eq!(before["state"], "waiting_approval");
    let decided = asking.decide(&asking.starter, YES).await;
    assert_eq!(decided.unwrap(), ApprovalState::Approved);
    assert_ne!(asking.run_row().await["wake_at"], before["wake_at"]);
    let judged = asking.resumed().await;
    assert_eq!(judged.verdict, Verdict::Run(PassedBy::Approval));
    let outcome = asking.tools.run(&judged, &CancellationToken::new()).await;
    assert!(!outcome.is_error, "{}", outcome.result);
    assert_eq!(asking.stage.lab.effects(), 1);
    assert_eq!(asking.refused(&asking.starter, YES).await, ErrorCode::ApprovalDecided);
    let told = "select * from outbox where event = 'approval.resolved'";
    let told = &asking.stage.database.rows(told).await[0];
    assert_eq!((&told["topic"], &told["data"]["state"]), (&json!("approvals"), &json!("approved")));
    assert!(told["data"].get("args").is_none());
}

#[tokio::test]
async fn a_denial_keeps_the_note_and_nothing_runs() {
    let asking = Asking::about("poke").await;
    let no = Decision { note: Some("not on a friday".to_owned()), ..Decision::default() };
    assert_eq!(asking.decide(&asking.starter, no).await.unwrap(), ApprovalState::Denied);
    let kept = asking.stage.approval(asking.parked.id).await;
    let told = agentcy_agent::tools::denied(kept.note.as_deref());
    assert_eq!(told["error"]["code"], "policy_denied");
    assert!(told["error"]["message"].as_str().unwrap().contains("not on a friday"));
    assert!(!matches!(asking.resumed().await.verdict, Verdict::Run(_)));
    for bad in [
        Decision { remember_secs: Some(60), ..Decision::default() },
        Decision { args: Some(json!({})), ..Decision::default() },
        Decision { remember_secs: Some(86_401), ..YES },
        Decision { remember_secs: Some(0), ..YES },
        Decision { note: Some("x".repeat(2001)), ..YES },
        Decision { note: Some("a\0".to_owned()), ..YES },
    ] {
        assert_eq!(asking.refused(&asking.starter, bad).await, ErrorCode::Invalid);
    }
}

#[tokio::test]
async fn a_decision_after_the_time_is_too_late() {
    let asking = Asking::about("poke").await;
    assert_eq!(asking.inbox(&asking.starter).await, [asking.parked.id]);
    asking.stage.clock.advance(TimeDelta::seconds(300));
    assert_eq!(asking.refused(&asking.starter, YES).await, ErrorCode::ApprovalExpired);
    assert!(asking.inbox(&asking.starter).await.is_empty());
    assert_eq!(asking.stage.approval(asking.parked.id).await.state, ApprovalState::Pending);
}

#[tokio::test]
async fn who_may_decide_depends_on_effect_role_and_conversation() {
    let asking = Asking::about("poke").await;
    let stage = &asking.stage;
    let viewer = stage.member(Role::Viewer).await;
    let other = stage.member(Role::Member).await;
    let admin = stage.member(Role::Admin).await;
    let away = stage.limited(Role::Admin, &["crm"]).await;
    let foreign = {
        let org = stage.org().await;
        stage.caller(org, Role::Owner).await
    };
    let key = stage.as_key(&asking.starter);
    assert_eq!(asking.refused(&viewer, YES).await, ErrorCode::InsufficientRole);
    for stranger in [&other, &away, &foreign, &key] {
        assert_eq!(asking.refused(stranger, YES).await, ErrorCode::NotFound);
        assert!(asking.inbox(stranger).await.is_empty());
    }
    assert_eq!(asking.inbox(&asking.starter).await, [asking.parked.id]);
    assert_eq!(asking.inbox(&admin).await, [asking.parked.id]);
    assert_eq!(stage.audit("approval.read").await.len(), 1, "an admin's look at another's");
    assert!(asking.listed(&asking.starter, Which::Decided).await.is_empty());
    assert!(asking.decide(&admin, YES).await.is_ok());
    assert!(asking.inbox(&admin).await.is_empty());
    for sees in [&asking.starter, &admin] {
        assert_eq!(asking.listed(sees, Which::Decided).await, [asking.parked.id]);
    }
    for stranger in [&other, &away, &foreign, &key] {
        assert!(asking.listed(stranger, Which::Decided).await.is_empty());
    }
}

#[tokio::test]
async fn what_destroys_is_decided_by_admins() {
    let asking = Asking::about("wipe").await;
    let admin = asking.stage.member(Role::Admin).await;
    assert!(asking.inbox(&asking.starter).await.is_empty());
    assert_eq!(asking.refused(&asking.starter, YES).await, ErrorCode::InsufficientRole);
    assert_eq!(asking.inbox(&admin).await, [asking.parked.id]);
    let key = Caller { can_approve: false, ..asking.stage.as_key(&admin) };
    assert!(asking.inbox(&key).await.is_empty());
    assert_eq!(asking.refused(&key, YES).await, ErrorCode::InsufficientRole);
    let key = Caller { can_approve: true, ..key };
    assert_eq!(asking.inbox(&key).await, [asking.parked.id]);
    assert!(asking.decide(&key, YES).await.is_ok());
}

#[tokio::test]
async fn where_another_must_decide_nobody_decides_their_own() {
    let asking = Asking::about("poke").await;
    asking.stage.database.execute("update orgs set require_other = true").await;
    assert!(asking.inbox(&asking.starter).await.is_empty());
    assert_eq!(asking.refused(&asking.starter, YES).await, ErrorCode::InsufficientRole);
    let admin = asking.stage.member(Role::Admin).await;
    assert!(asking.decide(&admin, YES).await.is_ok());
}

#[tokio::test]
async fn the_orgs_own_conversations_wait_for_members_who_see_the_realm() {
    let asking = Asking::about("poke").await;
    let own = "update conversations set owner = null, realm = 'data'";
    asking.stage.database.execute(own).await;
    let inside = asking.stage.limited(Role::Member, &["data"]).await;
    let outside = asking.stage.limited(Role::Member, &["crm"]).await;
    assert_eq!(asking.inbox(&inside).await, [asking.parked.id]);
    assert!(asking.inbox(&outside).await.is_empty());
    assert_eq!(asking.refused(&outside, YES).await, ErrorCode::NotFound);
    assert!(asking.decide(&inside, YES).await.is_ok());
}

#[tokio::test]
async fn other_arguments_are_checked_and_bound_anew() {
    let asking = Asking::about("poke").await;
    let with = |args: Value| Decision { args: Some(args), ..YES };
    for bad in [json!({}), json!({ "target": 1 }), json!({ "target": "a", "more": 1 }), json!("a")]
    {
        assert_eq!(asking.refused(&asking.starter, with(bad)).await, ErrorCode::Invalid);
    }
    let before = asking.stage.approval(asking.parked.id).await;
    asking.decide(&asking.starter, with(json!({ "target": "b", "count": 2 }))).await.unwrap();
    let after = asking.stage.approval(asking.parked.id).await;
    assert_ne!(before.digest, after.digest);
    let judged = asking.resumed().await;
    assert_eq!(judged.verdict, Verdict::Run(PassedBy::Approval));
    assert_eq!(judged.args, json!({ "target": "b", "count": 2 }));
    assert_eq!(asking.stage.audit("approval.decide").await[0]["details"]["edited"], true);
}

#[tokio::test]
async fn other_arguments_of_the_graphs_tools_are_bound_as_well() {
    let stage = Stage::new().await;
    let starter = stage.member(Role::Member).await;
    let asked =
        call("upsert_node", json!({ "key": "a", "realm": "data", "properties": { "n": 1.50e2 } }));
    let asking = Asking::of(stage, starter, asked).await;
    // What the database made of the numbers is still the same call.
    let approval = asking.stage.approval(asking.parked.id).await;
    let as_asked = asking.tools.judge(asking.parked.call.clone(), true).await.unwrap();
    assert_eq!(approval.digest, as_asked.digest);
    let edited = json!({ "key": "a", "realm": "data", "properties": { "n": 2 } });
    asking.decide(&asking.starter, Decision { args: Some(edited), ..YES }).await.unwrap();
    let judged = asking.resumed().await;
    assert_eq!(judged.verdict, Verdict::Run(PassedBy::Approval));
    assert_eq!(judged.call.args["properties"]["n"], 2);
}

#[tokio::test]
async fn arguments_cannot_be_changed_into_what_the_decider_may_not_decide() {
    let asking = Asking::about("poke").await;
    // As if the tool did more with other arguments: the call that was asked about becomes another tool of the source.
    let id = uuid::Uuid::from(asking.parked.id);
    let made = "update tool_calls set tool = 'wipe'";
    asking.stage.database.execute(made).await;
    let judged = asking.tools.judge(at_source("lab", "wipe", json!({ "target": "a" })), true).await;
    let digest = hex(&judged.unwrap().digest);
    let bound = format!("update approvals set digest = '\\x{digest}' where id = '{id}'");
    asking.stage.database.execute(&bound).await;
    let edited = Decision { args: Some(json!({ "target": "b" })), ..YES };
    assert_eq!(asking.refused(&asking.starter, edited.clone()).await, ErrorCode::InsufficientRole);
    let admin = asking.stage.member(Role::Admin).await;
    asking.decide(&admin, edited).await.unwrap();
    assert_eq!(asking.stage.approval(asking.parked.id).await.effect, Effect::Destructive);
}

fn hex(bytes: &[u8]) -> String {
    let digits =
        |byte: &u8| [byte >> 4, byte & 15].map(|half| b"0123456789abcdef"[usize::from(half)]);
    bytes.iter().flat_map(digits).map(char::from).collect()
}

#[tokio::test]
async fn what_was_agreed_to_does_not_run_at_a_source_that_was_changed_since() {
    let asking = Asking::about("poke").await;
    asking.decide(&asking.starter, YES).await.unwrap();
    let judged = asking.resumed().await;
    asking.stage.clock.advance(TimeDelta::seconds(1));
    let lab = judged.connector.clone().unwrap().parse().unwrap();
    let change =
        sources::SourceUpdate { config: Some(json!({ "to": "elsewhere" })), ..Default::default() };
    sources::update(&asking.stage.platform, &asking.stage.owner, lab, change).await.unwrap();
    // It was judged before, and is not run any more.
    let outcome = asking.tools.run(&judged, &CancellationToken::new()).await;
    assert_eq!(outcome.result["error"]["code"], "in_use");
    let anew = asking.resumed().await;
    let Verdict::Ask { reason } = &anew.verdict else { panic!("{:?}", anew.verdict) };
    assert!(reason.contains("changed"), "{reason}");
    assert_eq!(asking.stage.lab.effects(), 0);
}

#[tokio::test]
async fn other_arguments_do_not_cover_a_source_that_was_changed_since() {
    let asking = Asking::about("poke").await;
    asking.stage.clock.advance(TimeDelta::seconds(1));
    let lab = asking.stage.approval(asking.parked.id).await.connector.unwrap().parse().unwrap();
    let change =
        sources::SourceUpdate { config: Some(json!({ "to": "elsewhere" })), ..Default::default() };
    sources::update(&asking.stage.platform, &asking.stage.owner, lab, change).await.unwrap();
    let edited = Decision { args: Some(json!({ "target": "b" })), ..YES };
    assert_eq!(asking.refused(&asking.starter, edited).await, ErrorCode::InUse);
}

#[tokio::test]
async fn an_agreement_does_not_outlast_the_rights_of_the_starter() {
    let asking = Asking::about("poke").await;
    asking.decide(&asking.starter, YES).await.unwrap();
    let id = user_of(&asking.starter);
    let lower = format!("update memberships set role = 'viewer' where user_id = '{id}'");
    asking.stage.database.execute(&lower).await;
    let tools = asking.stage.tools_with(&asking.starter, grants(asking.conversation)).await;
    let approval = asking.stage.approval(asking.parked.id).await;
    let judged = tools.resume(asking.parked.call.clone(), &approval, false).await.unwrap();
    assert!(matches!(judged.verdict, Verdict::Refuse { code: ErrorCode::InsufficientRole, .. }));
}

#[tokio::test]
async fn what_is_remembered_passes_in_its_conversation_for_its_time_and_nothing_else_does() {
    let asking = Asking::about("poke").await;
    let yes = Decision { remember_secs: Some(600), ..YES };
    asking.decide(&asking.starter, yes).await.unwrap();
    let verdict = async |tools: &Toolbox, target: &str| {
        let poke = at_source("lab", "poke", json!({ "target": target }));
        tools.judge(poke, true).await.unwrap().verdict
    };
    let asks = |verdict: Verdict| matches!(verdict, Verdict::Ask { .. });
    assert_eq!(verdict(&asking.tools, "a").await, Verdict::Run(PassedBy::Remembered));
    assert!(asks(verdict(&asking.tools, "b").await));
    let mut elsewhere = grants(asking.stage.conversation(&asking.starter).await);
    elsewhere.defaults = ApprovalDefaults::default();
    let elsewhere = asking.stage.tools_with(&asking.starter, elsewhere).await;
    assert!(asks(verdict(&elsewhere, "a").await));
    asking.stage.clock.advance(TimeDelta::seconds(600));
    assert!(asks(verdict(&asking.tools, "a").await));
}

#[tokio::test]
async fn what_a_conversation_has_asked_is_read_by_those_who_see_it() {
    let asking = Asking::about("poke").await;
    let read = async |caller: &Caller| {
        let (platform, at) = (&asking.stage.platform, asking.conversation);
        let page = PageRequest::default();
        approvals::of_conversation(platform, caller, at, page).await.map(|list| list.items.len())
    };
    assert_eq!(read(&asking.starter).await.unwrap(), 1);
    let other = asking.stage.member(Role::Member).await;
    assert_eq!(read(&other).await.unwrap_err().code(), Some(ErrorCode::NotFound));
    let at = asking.stage.conversation(&asking.starter).await;
    let platform = &asking.stage.platform;
    let foreign = approvals::decide(platform, &asking.starter, at, asking.parked.id, YES).await;
    assert_eq!(foreign.unwrap_err().code(), Some(ErrorCode::NotFound));
}
