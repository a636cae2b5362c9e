//! Agents: who defines them, what they may be, and what only an admin gives.

mod removal;

use std::sync::Arc;

use agentcy_core::{
    Caller, ErrorCode, Limit, Role, Timestamp,
    agent::{RunLimits, StandingApproval},
    tool::{ApprovalDefault, ApprovalDefaults, Effect},
};
use agentcy_platform::{
    Change, PageRequest, Platform,
    agents::{self, Agent, AgentUpdate, NewAgent},
};
use agentcy_sources::{Catalog, Connector, Job, Record, Tool};
use agentcy_store::sources::{self, Source};
use agentcy_testkit::{platform::TestPlatform, postgres::TestDb};
use chrono::TimeDelta;
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::BoxStream};
use schemars::Schema;
use serde_json::{Value, json};

use crate::stage::{Stage, as_key, code, only, refusal};

fn scout() -> NewAgent {
    NewAgent { name: "Scout".into(), instructions: "Be brief.".into(), ..NewAgent::default() }
}

fn named(name: &str) -> NewAgent {
    NewAgent { name: name.into(), ..scout() }
}

async fn create(platform: &Platform, caller: &Caller, new: NewAgent) -> Agent {
    agents::create(platform, caller, new).await.unwrap().commit().await.unwrap()
}

async fn refused(platform: &Platform, caller: &Caller, new: NewAgent) -> (ErrorCode, Vec<String>) {
    refusal(agents::create(platform, caller, new).await)
}

fn standing(connector: &str, tool: &str, args_schema: Value, until: Timestamp) -> StandingApproval {
    let (connector, tool) = (connector.to_owned(), tool.to_owned());
    StandingApproval { connector, tool, args_schema, max_per_day: 5, expires_at: until }
}

fn with(standing: StandingApproval) -> NewAgent {
    NewAgent { standing_approvals: vec![standing], ..scout() }
}

fn allow_writes() -> ApprovalDefaults {
    ApprovalDefaults { write: ApprovalDefault::Allow, ..ApprovalDefaults::default() }
}

#[tokio::test]
async fn a_member_defines_changes_and_removes_an_agent_and_each_is_audited() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let member = stage.member(org, Role::Member).await;
    let viewer = stage.member(org, Role::Viewer).await;
    let platform = &stage.platform;
    let new = NewAgent {
        model: Some("small".into()),
        tools: vec!["search_graph".into(), "crm.*".into()],
        realm: Some("crm".parse().unwrap()),
        limits: RunLimits { steps: Some(3), cost_usd: Some(0.5), ..RunLimits::default() },
        ..scout()
    };
    let made = create(platform, &member, new).await;
    assert_eq!(made.created_by, member.principal.to_string());
    assert_eq!(agents::read(platform, &viewer, made.id).await.unwrap(), made);
    stage.clock.advance(TimeDelta::seconds(5));
    let change = AgentUpdate {
        name: Some("Guide".into()),
        model: Change::Clear,
        realm: Change::Clear,
        tools: Some(Vec::new()),
        ..AgentUpdate::default()
    };
    let changed = agents::update(platform, &member, made.id, change).await.unwrap();
    assert_eq!((changed.name.as_str(), &changed.model, &changed.realm), ("Guide", &None, &None));
    assert_eq!((changed.limits, &changed.instructions), (made.limits, &made.instructions));
    assert!(changed.updated_at > made.updated_at);
    assert_eq!(agents::read(platform, &viewer, made.id).await.unwrap(), changed);
    let same = AgentUpdate { name: Some("Guide".into()), ..AgentUpdate::default() };
    assert_eq!(agents::update(platform, &member, made.id, same).await.unwrap(), changed);
    agents::remove(platform, &member, made.id).await.unwrap();
    assert_eq!(code(agents::read(platform, &viewer, made.id).await), ErrorCode::NotFound);
    assert_eq!(code(agents::remove(platform, &member, made.id).await), ErrorCode::NotFound);
    for action in ["agent.create", "agent.update", "agent.delete"] {
        assert_eq!(stage.audit(action).await.len(), 1, "{action}");
    }
}

#[tokio::test]
async fn a_viewer_reads_agents_and_changes_none() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let member = stage.member(org, Role::Member).await;
    let viewer = stage.member(org, Role::Viewer).await;
    let platform = &stage.platform;
    let made = create(platform, &member, scout()).await;
    let denied = ErrorCode::InsufficientRole;
    assert_eq!(code(agents::create(platform, &viewer, scout()).await), denied);
    let change = AgentUpdate { name: Some("Mine".into()), ..AgentUpdate::default() };
    assert_eq!(code(agents::update(platform, &viewer, made.id, change).await), denied);
    assert_eq!(code(agents::remove(platform, &viewer, made.id).await), denied);
    assert_eq!(agents::list(platform, &viewer, PageRequest::default()).await.unwrap().total, 1);
}

#[tokio::test]
async fn agents_of_another_org_or_realm_are_unknown() {
    let stage = Stage::new().await;
    let (org, other) = (stage.org().await, stage.org().await);
    let member = stage.member(org, Role::Member).await;
    let platform = &stage.platform;
    let in_crm = NewAgent { realm: Some("crm".parse().unwrap()), ..named("Seller") };
    let seller = create(platform, &member, in_crm.clone()).await;
    let common = create(platform, &member, scout()).await;
    let stranger = stage.member(other, Role::Owner).await;
    let limited = stage.member_of(org, Role::Member, only(&["data"])).await;
    for caller in [&stranger, &limited] {
        let change = AgentUpdate { name: Some("Mine".into()), ..AgentUpdate::default() };
        let unknown = ErrorCode::NotFound;
        assert_eq!(code(agents::read(platform, caller, seller.id).await), unknown);
        assert_eq!(code(agents::update(platform, caller, seller.id, change).await), unknown);
        assert_eq!(code(agents::remove(platform, caller, seller.id).await), unknown);
    }
    let listed = agents::list(platform, &limited, PageRequest::default()).await.unwrap();
    assert_eq!((listed.total, &listed.items), (1, &vec![common.clone()]));
    assert_eq!(agents::list(platform, &stranger, PageRequest::default()).await.unwrap().total, 0);
    let beyond = refused(platform, &limited, NewAgent { name: "Other".into(), ..in_crm }).await;
    assert_eq!(beyond.0, ErrorCode::InsufficientRole);
    let moved =
        AgentUpdate { realm: Change::Set("crm".parse().unwrap()), ..AgentUpdate::default() };
    let outcome = agents::update(platform, &limited, common.id, moved).await;
    assert_eq!(code(outcome), ErrorCode::InsufficientRole);
    let nowhere = NewAgent { realm: Some("attic".parse().unwrap()), ..named("Other") };
    assert_eq!(refused(platform, &member, nowhere).await.0, ErrorCode::UnknownRealm);
    create(platform, &stranger, scout()).await;
}

#[tokio::test]
async fn a_name_is_taken_once_whatever_its_case() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let member = stage.member(org, Role::Member).await;
    let platform = &stage.platform;
    create(platform, &member, scout()).await;
    let taken = (ErrorCode::Taken, vec!["name".to_owned()]);
    assert_eq!(refused(platform, &member, named("SCOUT")).await, taken);
    let other = create(platform, &member, named("Guide")).await;
    let change = AgentUpdate { name: Some("scout".into()), ..AgentUpdate::default() };
    assert_eq!(refusal(agents::update(platform, &member, other.id, change).await), taken);
}

#[tokio::test]
async fn every_fault_of_an_agent_is_told_with_its_path() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let member = stage.member(org, Role::Member).await;
    let platform = &stage.platform;
    let bad = NewAgent {
        name: " ".into(),
        instructions: "a".repeat((32 << 10) + 1),
        model: Some(String::new()),
        tools: vec!["search_graph".into(), "rm".into(), "crm.".into(), ".x".into()],
        limits: RunLimits {
            steps: Some(0),
            tokens: Some(999),
            cost_usd: Some(f64::NAN),
            secs: Some(86_401),
        },
        ..NewAgent::default()
    };
    let paths = [
        "name",
        "instructions",
        "model",
        "tools[1]",
        "tools[2]",
        "tools[3]",
        "limits.steps",
        "limits.tokens",
        "limits.cost_usd",
        "limits.secs",
    ];
    let (code, found) = refused(platform, &member, bad).await;
    assert_eq!((code, found), (ErrorCode::Invalid, paths.map(str::to_owned).to_vec()));
    let bounds = RunLimits {
        steps: Some(100),
        tokens: Some(10_000_000),
        cost_usd: Some(1000.0),
        secs: Some(86_400),
    };
    let edge = NewAgent {
        name: "ä".repeat(100),
        instructions: "ä".repeat(16 << 10),
        model: Some("m".repeat(200)),
        tools: agents::TOOLS.map(str::to_owned).to_vec(),
        limits: bounds,
        ..NewAgent::default()
    };
    create(platform, &member, edge).await;
    let hostile = NewAgent { instructions: "a\0b".into(), ..named("Nul") };
    assert_eq!(refused(platform, &member, hostile).await.1, ["instructions"]);
}

#[tokio::test]
async fn only_an_admin_lets_an_agent_do_what_the_org_asks_a_person_for() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let admin = stage.member(org, Role::Admin).await;
    let member = stage.member(org, Role::Member).await;
    let platform = &stage.platform;
    let looser = NewAgent { approval_defaults: Some(allow_writes()), ..scout() };
    let denied = ErrorCode::InsufficientRole;
    assert_eq!(refused(platform, &member, looser.clone()).await.0, denied);
    let key = Caller { can_approve: false, ..as_key(&admin) };
    assert_eq!(refused(platform, &key, looser.clone()).await.0, denied);
    let made = create(platform, &admin, looser).await;
    let rename = AgentUpdate { name: Some("Guide".into()), ..AgentUpdate::default() };
    agents::update(platform, &member, made.id, rename).await.unwrap();
    let stricter =
        ApprovalDefaults { read: ApprovalDefault::Approve, ..ApprovalDefaults::default() };
    let change = AgentUpdate { approval_defaults: Change::Set(stricter), ..AgentUpdate::default() };
    let made = agents::update(platform, &member, made.id, change).await.unwrap();
    assert_eq!(made.approval_defaults, Some(stricter));
    let back =
        AgentUpdate { approval_defaults: Change::Set(allow_writes()), ..AgentUpdate::default() };
    assert_eq!(code(agents::update(platform, &member, made.id, back).await), denied);
}

#[tokio::test]
async fn only_an_admin_agrees_to_calls_beforehand() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let admin = stage.member(org, Role::Admin).await;
    let member = stage.member(org, Role::Member).await;
    let platform = &stage.platform;
    let soon = stage.platform.now() + TimeDelta::hours(1);
    let new = with(standing("graph", "upsert_node", json!({ "type": "object" }), soon));
    let denied = ErrorCode::InsufficientRole;
    assert_eq!(refused(platform, &member, new.clone()).await.0, denied);
    let key = Caller { can_approve: false, ..as_key(&admin) };
    assert_eq!(refused(platform, &key, new.clone()).await.0, denied);
    let made = create(platform, &admin, new).await;
    let rename = AgentUpdate { name: Some("Guide".into()), ..AgentUpdate::default() };
    let made = agents::update(platform, &member, made.id, rename).await.unwrap();
    assert_eq!(made.standing_approvals.len(), 1, "it stays when something else changes");
    let less = AgentUpdate { standing_approvals: Some(Vec::new()), ..AgentUpdate::default() };
    assert_eq!(code(agents::update(platform, &member, made.id, less).await), denied);
    // One that has run out stays where it is, and bars no other change of the list.
    stage.clock.advance(TimeDelta::seconds(7200));
    let later = stage.platform.now() + TimeDelta::hours(1);
    let mut more = made.standing_approvals.clone();
    more.push(standing("graph", "link_nodes", json!({}), later));
    let change = AgentUpdate { standing_approvals: Some(more), ..AgentUpdate::default() };
    let made = agents::update(platform, &admin, made.id, change).await.unwrap();
    assert_eq!(made.standing_approvals.len(), 2);
    let row = &stage.audit("agent.create").await[2]["details"]["standing_approvals"][0];
    assert_eq!((&row["tool"], &row["max_per_day"]), (&json!("upsert_node"), &json!(5)));
}

#[tokio::test]
async fn what_is_agreed_to_beforehand_is_a_tool_that_there_is_within_a_schema() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let admin = stage.member(org, Role::Admin).await;
    let soon = stage.platform.now() + TimeDelta::hours(1);
    let object = json!({ "type": "object" });
    let good = standing("graph", "upsert_node", object.clone(), soon);
    let past = stage.platform.now();
    let bad = [
        (StandingApproval { max_per_day: 0, ..good.clone() }, "max_per_day"),
        (StandingApproval { max_per_day: 10_001, ..good.clone() }, "max_per_day"),
        (StandingApproval { expires_at: past, ..good.clone() }, "expires_at"),
        (
            StandingApproval { args_schema: json!({ "type": "nothing" }), ..good.clone() },
            "args_schema",
        ),
        (StandingApproval { args_schema: json!("object"), ..good.clone() }, "args_schema"),
        (standing("graph", "search_graph", object.clone(), soon), "tool"),
        (standing("crm", "request", object.clone(), soon), "tool"),
        (standing("", "", object, soon), "tool"),
    ];
    for (standing, field) in bad {
        let told = refused(&stage.platform, &admin, with(standing.clone())).await;
        let path = format!("standing_approvals[0].{field}");
        assert_eq!(told, (ErrorCode::Invalid, vec![path]), "{standing:?}");
    }
    let many = NewAgent { standing_approvals: vec![good; 51], ..scout() };
    assert_eq!(refused(&stage.platform, &admin, many).await.1, ["standing_approvals"]);
}

/// A kind of source whose one tool destroys.
struct Axe;

impl Connector for Axe {
    fn source_type(&self) -> &'static str {
        "axe"
    }
    fn title(&self) -> &'static str {
        "Axe"
    }
    fn description(&self) -> &'static str {
        "Cuts."
    }
    fn config_schema(&self) -> Schema {
        Schema::default()
    }
    fn credential_schema(&self) -> Schema {
        Schema::default()
    }
    fn is_remote(&self, _: &Value) -> bool {
        false
    }
    fn validate<'a>(&'a self, _: Job<'a>) -> BoxFuture<'a, agentcy_sources::Result<()>> {
        std::future::ready(Ok(())).boxed()
    }
    fn collect<'a>(&'a self, _: Job<'a>) -> BoxStream<'a, agentcy_sources::Result<Record>> {
        futures_util::stream::empty().boxed()
    }
    fn tools(&self) -> Vec<Tool> {
        vec![Tool {
            name: "cut",
            description: "Cuts something off.",
            effect: Effect::Destructive,
            input_schema: Schema::default(),
        }]
    }
}

#[tokio::test]
async fn a_tool_that_destroys_is_agreed_to_only_with_every_argument_given() {
    let exchange = |_: &TestDb, engines: &mut agentcy_platform::Engines| {
        let axe: Arc<dyn Connector> = Arc::new(Axe);
        engines.connectors = Catalog::new([axe]).unwrap();
    };
    let stage = TestPlatform::over(TestDb::new().await, |_| {}, exchange);
    let org = stage.org().await;
    let admin = stage.caller(org, Role::Admin).await;
    let now = stage.platform.now();
    let source = Source {
        id: stage.platform.new_id(),
        name: "Wood".into(),
        source_type: "axe".into(),
        realm: "data".parse().unwrap(),
        config: json!({}),
        credentials: None,
        cursor: None,
        content: None,
        created_by: admin.principal.to_string(),
        created_at: now,
        updated_at: now,
    };
    let by = stage.platform.permit(&admin, agentcy_core::Action::SourceCreate).await.unwrap();
    let mut tx = stage.platform.begin(&by).await.unwrap();
    sources::insert(&mut tx, &source).await.unwrap();
    tx.commit().await.unwrap();
    let schema = |tree: Value| {
        json!({ "type": "object", "properties": { "tree": tree }, "required": ["tree"],
                "additionalProperties": false })
    };
    let soon = now + TimeDelta::hours(1);
    let id = source.id.to_string();
    let open = with(standing("wood", "cut", schema(json!({ "type": "string" })), soon));
    let told = refused(&stage.platform, &admin, open).await;
    assert_eq!(told.1, ["standing_approvals[0].args_schema"]);
    let unknown = with(standing(&id, "saw", schema(json!({ "const": "oak" })), soon));
    let told = refused(&stage.platform, &admin, unknown).await;
    assert_eq!(told.1, ["standing_approvals[0].tool"]);
    let elsewhere = Caller { realms: only(&["crm"]), ..admin.clone() };
    let pinned = with(standing(&id, "cut", schema(json!({ "const": "oak" })), soon));
    let told = refused(&stage.platform, &elsewhere, pinned.clone()).await;
    assert_eq!(told.1, ["standing_approvals[0].tool"], "a source of another realm is unknown");
    create(&stage.platform, &admin, pinned).await;
}

#[tokio::test]
async fn agents_are_listed_page_by_page_with_a_cursor_of_their_own() {
    let stage = Stage::new().await;
    let (org, other) = (stage.org().await, stage.org().await);
    let member = stage.member(org, Role::Member).await;
    let stranger = stage.member(other, Role::Member).await;
    let platform = &stage.platform;
    let mut names = Vec::new();
    for n in 0..5 {
        names.push(create(platform, &member, named(&format!("a{n}"))).await.name);
        stage.clock.advance(TimeDelta::seconds(1));
    }
    names.reverse();
    let limit = Limit::new(2).unwrap();
    let (mut cursor, mut seen) = (None, Vec::new());
    loop {
        let page = PageRequest { limit, cursor: cursor.clone() };
        let listed = agents::list(platform, &member, page.clone()).await.unwrap();
        if cursor.is_some() {
            let foreign = agents::list(platform, &stranger, page).await;
            assert_eq!(code(foreign), ErrorCode::InvalidCursor);
        }
        seen.extend(listed.items.into_iter().map(|agent| agent.name));
        cursor = listed.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, names);
}
