//! Which sources are connected, what tools they have, and which are missing.

use serde_json::{Value, json};

use crate::builtin::{
    noun,
    plan::{Next, Plan},
    text::{and, bullets, plain},
    words::{Word, text},
};

/// The types of sources that this release has.
const SHIPPED: [&str; 5] = ["git", "postgres", "http", "json", "csv"];

/// What other types of sources bring, by what people call it.
const ELSEWHERE: &[(&str, &[&str])] = &[
    (
        "kubernetes",
        &[
            "pod",
            "deployment",
            "container",
            "cluster",
            "namespace",
            "replicaset",
            "statefulset",
            "daemonset",
            "ingress",
            "configmap",
            "cronjob",
            "kubernetes",
            "k8s",
        ],
    ),
    (
        "github",
        &["pull request", "pr", "merge request", "issue", "workflow", "code review", "github"],
    ),
    ("jira", &["ticket", "epic", "sprint", "story", "jira"]),
    ("slack", &["channel", "slack message", "slack"]),
    ("aws", &["bucket", "ec2 instance", "instance", "lambda", "aws"]),
    ("grafana", &["dashboard", "alert", "grafana"]),
    ("hubspot", &["deal", "contact", "lead", "hubspot"]),
];

/// Which type of source brings such things, where that is known, and their kind without its name: `kubernetes pods` are pods.
pub(super) fn brings(kind: &[Word]) -> (Option<&'static str>, &[Word]) {
    let of = |kind: &[Word]| {
        let (one, typed) = (noun::singular(kind).join(" "), text(kind).to_lowercase());
        let is = |name: &&str| **name == *one || **name == *typed;
        ELSEWHERE.iter().find(|(source, names)| is(source) || names.iter().any(is)).map(|it| it.0)
    };
    let [first @ .., last] = kind else { return (None, kind) };
    let (last, before) = (std::slice::from_ref(last), first.last().map(std::slice::from_ref));
    match before.and_then(of) {
        Some(source) => (Some(source), last),
        None => (of(kind).or_else(|| of(last)), kind),
    }
}

pub(super) fn connected(plan: &mut Plan<'_>) -> Result<String, Next> {
    let found = plan.need("list_connectors", json!({}))?;
    let sources = items(&found, "connectors");
    if sources.is_empty() {
        return Ok(format!("No source is connected. {}", how_to_add("git")));
    }
    let many =
        if sources.len() == 1 { "1 source is" } else { &format!("{} sources are", sources.len()) };
    let told = sources.iter().map(|source| {
        let tools = items(source, "tools").iter().filter_map(Value::as_str);
        let tools: Vec<String> = tools.map(|tool| format!("`{}`", plain(tool, 80))).collect();
        let tools = if tools.is_empty() {
            "no tools".to_owned()
        } else {
            format!("the tools {}", and(&tools))
        };
        let [name, kind, realm, state] =
            ["name", "source_type", "realm", "state"].map(|it| part(source, it));
        format!("{name}, of type `{kind}`, in the realm {realm}, {state}, with {tools}")
    });
    Ok(bullets(&format!("{many} connected"), told, sources.len()))
}

pub(super) fn tools(plan: &mut Plan<'_>, about: &str) -> Result<String, Next> {
    let found = plan.need("search_connector_tools", json!({ "query": about, "top_k": 10 }))?;
    let tools = items(&found, "tools");
    let about = plain(about, 100);
    let about = if about.is_empty() { about } else { format!(" for “{about}”") };
    if tools.is_empty() {
        return Ok(format!("The connected sources have no tool{about}."));
    }
    let told = tools.iter().map(|tool| {
        let [name, source, effect, what] =
            ["tool", "connector", "effect", "description"].map(|it| part(tool, it));
        format!("`{name}` of {source} ({effect}): {what}")
    });
    let list = bullets(&format!("These are tools{about}"), told, tools.len());
    Ok(format!("{list}\n\nRun one with “run TOOL of SOURCE with {{…}}”."))
}

/// Why there is nothing of a kind, and what to do about it.
pub(super) fn missing(kind: &str, source: Option<&str>, connected: Option<&Value>) -> String {
    let none = format!("The graph has nothing of the kind “{}”", plain(kind, 80));
    let sources = connected.map_or(&[][..], |found| items(found, "connectors"));
    let listed =
        sources.iter().map(|it| format!("{} (`{}`)", part(it, "name"), part(it, "source_type")));
    let listed = match (connected, sources) {
        (None, _) => String::new(),
        (_, []) => " No source is connected.".to_owned(),
        _ => format!(" Connected are {}.", and(&listed.collect::<Vec<_>>())),
    };
    let Some(source) = source else {
        return format!(
            "{none} that I may see.{listed} What is in a JSON or CSV file can be brought in with a source of type `json` or `csv`, \
             under any label."
        );
    };
    if sources.iter().any(|one| one.get("source_type").and_then(Value::as_str) == Some(source)) {
        return format!(
            "{none}, although a {source} source is connected; has it been synced?{listed}"
        );
    }
    let how = how_to_add(source);
    format!("{none}: that is what a {source} source brings, and none is connected.{listed} {how}")
}

fn items<'v>(found: &'v Value, name: &str) -> &'v [Value] {
    found.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn part(item: &Value, name: &str) -> String {
    plain(item.get(name).and_then(Value::as_str).unwrap_or("?"), 200)
}

fn how_to_add(source_type: &str) -> String {
    let post = |source_type: &str| {
        format!(
            "`POST /api/v1/sources` with `\"source_type\": \"{source_type}\"`, a name, a realm and its config, then sync it"
        )
    };
    if SHIPPED.contains(&source_type) {
        return format!("To add one: {}.", post(source_type));
    }
    let shipped = and(&SHIPPED.map(|one| format!("`{one}`")));
    format!(
        "A source of type `{source_type}` is not part of this release, which has {shipped}. Until it is, what {source_type} \
         exports as JSON can be brought in with a `json` source ({}), and its API can be read through an `http` source.",
        post("json")
    )
}
