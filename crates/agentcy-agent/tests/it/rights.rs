//! What a run may do: by role, realm, agent, effect, and what somebody agreed to.

use agentcy_agent::tools::{Judged, Standing, Toolbox, Verdict};
use agentcy_core::{
    Role,
    agent::StandingApproval,
    tool::{ApprovalDefaults, Effect},
};
use agentcy_store::tool_calls::PassedBy;
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::stage::{Stage, at_source, call, failure, grants, realm, result, run, user_of};

async fn judged(tools: &Toolbox, tool: &str, tainted: bool) -> Judged {
    tools.judge(at_source("lab", tool, json!({ "target": "a" })), tainted).await.unwrap()
}

fn word(judged: &Judged) -> &'static str {
    match &judged.verdict {
        Verdict::Run(how) => how.name(),
        Verdict::Ask { .. } => "ask",
        Verdict::Refuse { .. } => "refuse",
    }
}

#[tokio::test]
async fn a_viewer_reads_and_never_writes() {
    let stage = Stage::new().await;
    stage.source("lab", "lab", "data", json!({})).await;
    let viewer = stage.member(Role::Viewer).await;
    let tools = stage.tools(&viewer).await;
    assert_eq!(word(&judged(&tools, "peek", true).await), "default");
    for tool in ["poke", "wipe"] {
        assert_eq!(word(&judged(&tools, tool, false).await), "refuse");
    }
    let node = json!({ "key": "a", "realm": "data" });
    let (code, _) = failure(&tools, call("upsert_node", node)).await;
    assert_eq!(code, "insufficient_role");
    assert_eq!(stage.lab.effects(), 0);
}

#[tokio::test]
async fn the_effect_of_an_inner_tool_and_what_the_run_has_read_decide() {
    let stage = Stage::new().await;
    stage.source("lab", "lab", "data", json!({})).await;
    let conversation = stage.conversation(&stage.owner).await;
    let tools = stage.tools_with(&stage.owner, grants(conversation)).await;
    for (tool, effect, clean, tainted) in [
        ("peek", Effect::Read, "default", "default"),
        ("poke", Effect::Write, "default", "ask"),
        ("wipe", Effect::Destructive, "default", "ask"),
    ] {
        let one = judged(&tools, tool, false).await;
        assert_eq!((one.effect, word(&one)), (effect, clean), "{tool}");
        assert_eq!(one.label, format!("lab.{tool}"));
        assert_eq!(word(&judged(&tools, tool, true).await), tainted, "{tool}");
    }
    let mut asking = grants(conversation);
    asking.own_defaults = Some(ApprovalDefaults::default());
    let tools = stage.tools_with(&stage.owner, asking).await;
    let poke = judged(&tools, "poke", false).await;
    assert_eq!(word(&poke), "ask");
    // What waits does not run.
    let outcome = tools.run(&poke, &CancellationToken::new()).await;
    assert_eq!(outcome.result["error"]["code"], "policy_denied");
    assert_eq!(stage.lab.effects(), 0);
}

#[tokio::test]
async fn an_agent_uses_its_tools_and_no_others() {
    let stage = Stage::new().await;
    stage.source("lab", "lab", "data", json!({})).await;
    let mut some = grants(stage.conversation(&stage.owner).await);
    some.allowed = vec!["search_graph".to_owned(), "expand_node".to_owned()];
    let tools = stage.tools_with(&stage.owner, some).await;
    let names: Vec<_> = tools.specs().iter().map(|spec| spec.name.clone()).collect();
    assert_eq!(names, ["search_graph", "expand_node"]);
    let (code, _) = failure(&tools, at_source("lab", "peek", json!({ "target": "a" }))).await;
    assert_eq!(code, "policy_denied");
    let (code, words) = failure(&tools, call("delete_everything", json!({}))).await;
    assert_eq!(code, "not_found");
    assert!(words.ends_with("search_graph, expand_node"), "{words}");
}

/// The tools of a run whose agent has these.
async fn allowed(stage: &Stage, tools: &[&str]) -> Toolbox {
    let mut some = grants(stage.conversation(&stage.owner).await);
    some.allowed = tools.iter().map(|&tool| tool.to_owned()).collect();
    stage.tools_with(&stage.owner, some).await
}

const READS: [&str; 3] = ["list_connectors", "search_connector_tools", "execute_connector_tool"];

#[tokio::test]
async fn an_agent_runs_those_tools_of_sources_that_it_names_and_is_offered_no_others() {
    let stage = Stage::new().await;
    stage.source("lab", "lab", "data", json!({})).await;
    let other = stage.source("Lab.two", "lab", "data", json!({})).await.to_string();
    // One that calls itself by the id of another has nothing of what is meant for that.
    stage.source(&other, "lab", "data", json!({})).await;
    let by_id = format!("{other}.*");
    for (named, runs) in [
        (vec!["lab.*"], "lab:peek lab:wipe"),
        (vec!["LAB.peek"], "lab:peek"),
        (vec!["lab.two.wipe", "lab.peek"], "lab:peek two:wipe"),
        (vec!["*.peek"], "lab:peek two:peek"),
        (vec![by_id.as_str()], "two:peek two:wipe"),
        (vec!["crm.*"], ""),
        (vec![], "lab:peek lab:wipe two:peek two:wipe"),
    ] {
        let entries: Vec<&str> = READS.into_iter().chain(named.iter().copied()).collect();
        let tools = allowed(&stage, &entries).await;
        let listed = result(&tools, call("list_connectors", json!({}))).await;
        let every = json!({ "query": "", "top_k": 20 });
        let found = result(&tools, call("search_connector_tools", every)).await;
        let mut ran = Vec::new();
        for (short, source) in [("lab", "lab"), ("two", "Lab.two")] {
            for tool in ["peek", "wipe"] {
                let judged = tools.judge(at_source(source, tool, json!({ "target": "a" })), false);
                let judged = judged.await.unwrap();
                let runs = matches!(judged.verdict, Verdict::Run(_));
                let code = match judged.verdict {
                    Verdict::Refuse { code, .. } => code.name(),
                    _ => "",
                };
                assert_eq!(
                    code,
                    if runs { "" } else { "policy_denied" },
                    "{named:?} {source}.{tool}"
                );
                assert_eq!(is_listed(&listed, source, tool), runs, "{named:?} {listed}");
                assert_eq!(is_found(&found, source, tool), runs, "{named:?} {found}");
                if runs {
                    ran.push(format!("{short}:{tool}"));
                }
            }
        }
        assert_eq!(ran.join(" "), runs, "{named:?}");
    }
}

fn is_listed(listed: &Value, source: &str, tool: &str) -> bool {
    let all = listed["connectors"].as_array().unwrap();
    let tools = all.iter().filter(|one| one["name"] == source).map(|one| &one["tools"]);
    tools.flat_map(|tools| tools.as_array().unwrap()).any(|one| one == tool)
}

fn is_found(found: &Value, source: &str, tool: &str) -> bool {
    let all = found["tools"].as_array().unwrap();
    all.iter().any(|one| one["connector"] == source && one["tool"] == tool)
}

#[tokio::test]
async fn a_tool_of_a_source_that_is_named_alone_is_run_all_the_same() {
    let stage = Stage::new().await;
    stage.source("lab", "lab", "data", json!({})).await;
    let tools = allowed(&stage, &["search_graph", "lab.peek"]).await;
    let names: Vec<_> = tools.specs().iter().map(|spec| spec.name.clone()).collect();
    assert_eq!(names, ["search_graph", "execute_connector_tool"]);
    result(&tools, at_source("lab", "peek", json!({ "target": "a" }))).await;
    let (code, words) = failure(&tools, at_source("lab", "poke", json!({ "target": "a" }))).await;
    assert_eq!(code, "policy_denied", "{words}");
    assert_eq!(stage.lab.effects(), 0);
    // Nobody is told of tools that could not be run.
    let tools = allowed(&stage, &["list_connectors"]).await;
    let listed = result(&tools, call("list_connectors", json!({}))).await;
    assert_eq!(listed["connectors"][0]["tools"], json!([]));
}

#[tokio::test]
async fn a_run_sees_what_starter_agent_and_conversation_all_see() {
    let stage = Stage::new().await;
    let crm = stage.node("crm", "a:crm", json!({ "name": "alpha crm" })).await;
    stage.node("data", "a:data", json!({ "name": "alpha data" })).await;
    stage.source("lab", "lab", "data", json!({})).await;
    stage.source("crm lab", "lab", "crm", json!({})).await;
    let member = stage.limited(Role::Member, &["crm", "data"]).await;
    let conversation = stage.conversation(&member).await;
    for (realms, seen) in [
        (vec![], "crm data"),
        (vec!["crm"], "crm"),
        (vec!["crm", "data"], ""),
        (vec!["design"], ""),
    ] {
        let mut narrow = grants(conversation);
        narrow.realms = realms.iter().map(|slug| realm(slug)).collect();
        let tools = stage.tools_with(&member, narrow).await;
        let found = result(&tools, call("search_graph", json!({ "query": "alpha" }))).await;
        let mut realms: Vec<_> = found["nodes"].as_array().unwrap().iter().map(of_realm).collect();
        realms.sort_unstable();
        assert_eq!(realms.join(" "), seen);
        let listed = result(&tools, call("list_connectors", json!({}))).await;
        let mut realms: Vec<_> =
            listed["connectors"].as_array().unwrap().iter().map(of_realm).collect();
        realms.sort_unstable();
        assert_eq!(realms.join(" "), seen);
        let expanded = run(&tools, call("expand_node", json!({ "node_id": crm }))).await;
        assert_eq!(!expanded.is_error, seen.contains("crm"));
        let called = run(&tools, at_source("lab", "peek", json!({ "target": "a" }))).await;
        assert_eq!(!called.is_error, seen.contains("data"));
        let (code, _) = failure(&tools, call("run_cypher", json!({ "query": "RETURN 1" }))).await;
        assert_eq!(code, "cypher_needs_all_realms");
    }
}

fn of_realm(thing: &Value) -> &str {
    thing["realm"].as_str().unwrap()
}

#[tokio::test]
async fn a_starter_acts_as_they_are_by_now() {
    let stage = Stage::new().await;
    let member = stage.member(Role::Member).await;
    let (id, starter) = (user_of(&member), member.principal.to_string());
    let now = async || stage.platform.stand_in(stage.org, &starter, "run_1").await.unwrap();
    let before = now().await.unwrap();
    assert_eq!(
        (before.role, before.can_approve, before.platform_admin),
        (Role::Member, false, false)
    );
    let set = |what: &str| format!("update memberships set {what} where user_id = '{id}'");
    stage.database.execute(&set("role = 'viewer', realms = '{crm}'")).await;
    let after = now().await.unwrap();
    assert_eq!((after.role, after.realms.to_slugs()), (Role::Viewer, vec!["crm".to_owned()]));
    stage.database.execute(&set("disabled_at = now()")).await;
    assert!(now().await.is_none());
    let other =
        stage.platform.stand_in(agentcy_core::id::OrgId::from(Uuid::nil()), &starter, "run_1");
    assert!(other.await.unwrap().is_none());
    assert!(stage.platform.stand_in(stage.org, "somebody", "run_1").await.is_err());
}

#[tokio::test]
async fn a_standing_approval_passes_what_fits_it_as_often_as_it_says() {
    let stage = Stage::new().await;
    stage.source("lab", "lab", "data", json!({})).await;
    let standing = |tool: &str, args_schema: Value, max_per_day: u32, days: i64| Standing {
        subject: Uuid::from_u128(5),
        approval: StandingApproval {
            connector: "lab".to_owned(),
            tool: tool.to_owned(),
            args_schema,
            max_per_day,
            expires_at: stage.platform.now() + TimeDelta::days(days),
        },
    };
    let target =
        json!({ "properties": { "target": { "enum": ["a", "b"] } }, "required": ["target"] });
    let pinned = json!({
        "type": "object", "additionalProperties": false,
        "properties": { "target": { "const": "a" } }, "required": ["target"],
    });
    let mut some = grants(stage.conversation(&stage.owner).await);
    some.own_defaults = Some(ApprovalDefaults::default());
    some.standing =
        vec![standing("poke", target.clone(), 2, 1), standing("lost", target.clone(), 9, -1)];
    let tools = stage.tools_with(&stage.owner, some.clone()).await;
    assert_eq!(word(&judged(&tools, "lost", true).await), "ask", "it is over");
    let c = at_source("lab", "poke", json!({ "target": "c" }));
    assert_eq!(word(&tools.judge(c, true).await.unwrap()), "ask", "it does not fit");
    let by = stage.platform.permit(&stage.owner, agentcy_core::Action::MessageSend).await.unwrap();
    let early = judged(&tools, "poke", true).await;
    for _ in 0..2 {
        let poke = judged(&tools, "poke", true).await;
        assert_eq!(poke.verdict, Verdict::Run(PassedBy::Standing));
        let mut tx = stage.platform.begin(&by).await.unwrap();
        assert!(tools.spend(&mut tx, &poke).await.unwrap());
        tx.commit().await.unwrap();
        assert!(!tools.run(&poke, &CancellationToken::new()).await.is_error);
    }
    assert_eq!(word(&judged(&tools, "poke", true).await), "ask", "the day's uses are taken");
    let mut tx = stage.platform.begin(&by).await.unwrap();
    assert!(!tools.spend(&mut tx, &early).await.unwrap(), "somebody was faster");
    drop(tx);
    let rows = stage.audit("source.tool.run").await;
    let standing_rows = rows.iter().filter(|row| row["details"]["passed_by"] == "standing");
    assert_eq!(standing_rows.count(), 2);

    some.standing = vec![standing("wipe", target, 9, 1)];
    let tools = stage.tools_with(&stage.owner, some.clone()).await;
    assert_eq!(word(&judged(&tools, "wipe", true).await), "ask", "an argument is left open");
    some.standing = vec![standing("wipe", pinned, 9, 1)];
    let tools = stage.tools_with(&stage.owner, some.clone()).await;
    assert_eq!(word(&judged(&tools, "wipe", true).await), "standing");
    let viewer = stage.member(Role::Viewer).await;
    let tools = stage.tools_with(&viewer, some).await;
    assert_eq!(word(&judged(&tools, "wipe", false).await), "refuse");
}

#[tokio::test]
async fn standing_approvals_of_one_tool_with_other_arguments_are_used_up_apart() {
    let stage = Stage::new().await;
    stage.source("lab", "lab", "data", json!({})).await;
    let standing = |target: &str, max_per_day: u32| Standing {
        subject: Uuid::from_u128(5),
        approval: StandingApproval {
            connector: "lab".to_owned(),
            tool: "poke".to_owned(),
            args_schema: json!({ "properties": { "target": { "const": target } } }),
            max_per_day,
            expires_at: stage.platform.now() + TimeDelta::days(1),
        },
    };
    let mut some = grants(stage.conversation(&stage.owner).await);
    some.own_defaults = Some(ApprovalDefaults::default());
    some.standing = vec![standing("a", 2), standing("b", 1)];
    let tools = stage.tools_with(&stage.owner, some).await;
    let by = stage.platform.permit(&stage.owner, agentcy_core::Action::MessageSend).await.unwrap();
    let passes = async |target: &str| {
        let poke = at_source("lab", "poke", json!({ "target": target }));
        let poke = tools.judge(poke, true).await.unwrap();
        let mut tx = stage.platform.begin(&by).await.unwrap();
        let taken = tools.spend(&mut tx, &poke).await.unwrap();
        tx.commit().await.unwrap();
        taken && word(&poke) == "standing"
    };
    assert!(passes("a").await && passes("a").await);
    assert!(passes("b").await, "those of the other are not taken");
    assert!(!passes("a").await && !passes("b").await);
}

#[tokio::test]
async fn a_source_that_calls_itself_graph_has_no_standing_approval_of_the_graph() {
    let stage = Stage::new().await;
    stage.source("graph", "lab", "data", json!({})).await;
    let mut some = grants(stage.conversation(&stage.owner).await);
    some.own_defaults = Some(ApprovalDefaults::default());
    let of_graph = |tool: &str| Standing {
        subject: Uuid::from_u128(5),
        approval: StandingApproval {
            connector: "graph".to_owned(),
            tool: tool.to_owned(),
            args_schema: json!({}),
            max_per_day: 9,
            expires_at: stage.platform.now() + TimeDelta::days(1),
        },
    };
    some.standing = vec![of_graph("poke"), of_graph("upsert_node")];
    let tools = stage.tools_with(&stage.owner, some).await;
    let poke = tools.judge(at_source("graph", "poke", json!({ "target": "a" })), true).await;
    assert_eq!(word(&poke.unwrap()), "ask");
    let node = call("upsert_node", json!({ "key": "a", "realm": "data" }));
    assert_eq!(word(&tools.judge(node, true).await.unwrap()), "standing");
}
