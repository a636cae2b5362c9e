//! The finished document says what the tables say, and says it whole.

use std::collections::{BTreeMap, BTreeSet};

use agentcy_api::{document, inventory};
use agentcy_core::ErrorCode;
use serde_json::Value;

/// The groups that this release has; every other route of the table is not mounted.
const GROUPS: &[&str] = &[
    "health", "auth", "users", "api-keys", "settings", "realms", "platform", "graph", "sources",
    "chat", "agents", "hooks", "workers", "tasks",
];

/// Where nothing is counted, and nobody is turned away.
const PROBES: [&str; 4] = ["get /healthz", "get /readyz", "get /metrics", "get /api/v1/health"];

/// Method and path with its parameters unnamed, as both tables can be compared by.
fn key(method: &str, path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    format!("{method} {}", parts.collect::<Vec<_>>().join("/"))
}

#[test]
fn the_mounted_routes_are_those_of_the_table_with_their_classes() {
    let table: BTreeMap<String, String> = include_str!("routes.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .filter(|row| row[4] == "1" && GROUPS.contains(&row[3]))
        .map(|row| {
            let path = row[1].strip_prefix('/').filter(|rest| rest.starts_with('/'));
            let path = path.map_or_else(|| format!("/api/v1{}", row[1]), str::to_owned);
            (key(row[0], &path), row[2].to_owned())
        })
        .collect();
    let mounted: BTreeMap<String, String> = inventory::routes(&document())
        .into_iter()
        .map(|route| (key(&route.method, &route.path), route.auth))
        .collect();
    assert_eq!(mounted, table);
}

#[test]
fn the_codes_are_those_of_the_table() {
    let table: Vec<_> = include_str!("errors.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').take(3).map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let ours: Vec<_> = ErrorCode::ALL
        .iter()
        .map(|code| {
            let retryable = if code.is_retryable() { "yes" } else { "no" };
            vec![code.name().to_owned(), code.status().to_string(), retryable.to_owned()]
        })
        .collect();
    assert_eq!(ours, table);
}

#[test]
fn every_operation_says_what_it_is() {
    let document = serde_json::to_value(document()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            for field in ["operationId", "summary", "description"] {
                let text = operation[field].as_str().unwrap_or_default();
                assert!(!text.is_empty(), "{name} has no {field}");
            }
            assert!(ids.insert(operation["operationId"].to_string()), "{name}: id twice");
            let told = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
            let told = told.iter().filter(|parameter| parameter["in"] == "path");
            let told: Vec<_> = told.filter_map(|parameter| parameter["name"].as_str()).collect();
            let open = path.split('/').filter_map(|part| part.strip_prefix('{'));
            let named: Vec<_> = open.map(|part| part.trim_end_matches('}')).collect();
            assert_eq!(told, named, "{name}: the ids of its path");
            assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{name}: tag");
            responses(&name, operation);
        }
    }
}

#[test]
fn every_operation_names_the_refusals_of_what_stands_around_it() {
    let document = serde_json::to_value(document()).unwrap();
    let mut keyed = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            let codes: BTreeSet<&str> = operation["responses"]
                .as_object()
                .unwrap()
                .values()
                .filter_map(|it| it["content"]["application/json"]["examples"].as_object())
                .flat_map(|examples| examples.keys().map(String::as_str))
                .collect();
            let is_probe = PROBES.contains(&name.as_str());
            assert!(codes.contains("upstream_unavailable"), "{name}");
            assert_eq!(codes.contains("default_login_local_only"), !is_probe, "{name}");
            if operation["x-agentcy-action"].is_string() {
                assert!(codes.contains("csrf"), "{name}");
            }
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let mut names = parameters.filter_map(|parameter| parameter["name"].as_str());
            let takes_key = names.any(|name| name == "Idempotency-Key");
            assert_eq!(codes.contains("idempotency_in_progress"), takes_key, "{name}");
            assert_eq!(codes.contains("idempotency_key_reused"), takes_key, "{name}");
            keyed += usize::from(takes_key);
            let creates = operation["responses"]["201"].is_object();
            if method == "post" && creates && operation["x-agentcy-action"].is_string() {
                assert!(takes_key, "{name} creates");
            }
        }
    }
    assert_eq!(keyed, 12);
}

#[test]
fn every_event_of_a_stream_is_described() {
    let document = serde_json::to_value(document()).unwrap();
    let path = "/api/v1/chat/conversations/{conversation_id}/messages";
    let stream =
        &document["paths"][path]["post"]["responses"]["200"]["content"]["text/event-stream"];
    let place = stream["schema"]["$ref"].as_str().unwrap().strip_prefix('#').unwrap();
    let events = document.pointer(place).unwrap()["oneOf"].as_array().unwrap();
    let names: Vec<_> =
        events.iter().map(|it| it["properties"]["event"]["const"].as_str().unwrap()).collect();
    for name in ["message_start", "content_delta", "approval_required", "message_end", "error"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert_eq!(names.len(), 13);
}

fn responses(name: &str, operation: &Value) {
    let responses = operation["responses"].as_object().unwrap();
    let is_public = operation["x-agentcy-auth"] == "none";
    assert_eq!(
        responses.contains_key("401"),
        !is_public || name.ends_with("/login"),
        "{name}: 401"
    );
    assert_eq!(operation["security"].is_array(), !is_public, "{name}: security");
    for status in ["500", "503"] {
        assert!(responses.contains_key(status), "{name}: {status}");
    }
    let is_probe = PROBES.contains(&name);
    assert_eq!(responses.contains_key("429"), !is_probe, "{name}: 429");
    let success = responses.iter().find(|(status, _)| status.starts_with('2'));
    let (status, success) = success.unwrap_or_else(|| panic!("{name}: no success"));
    for (media, content) in success["content"].as_object().into_iter().flatten() {
        let has_example = !content["example"].is_null() || !content["examples"].is_null();
        assert!(has_example, "{name}: {status} {media} has no example");
    }
    for (status, response) in responses.iter().filter(|(status, _)| status.starts_with(['4', '5']))
    {
        let examples = response["content"]["application/json"]["examples"].as_object();
        for (code, example) in examples.unwrap_or_else(|| panic!("{name}: {status}")) {
            assert_eq!(example["value"]["error"]["code"], *code, "{name}: {status}");
        }
    }
}

#[test]
fn no_two_schemas_have_one_name() {
    let document = serde_json::to_value(document()).unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    // Two of a name are told apart by a number.
    let numbered = schemas.keys().filter(|name| name.ends_with(|c: char| c.is_ascii_digit()));
    assert_eq!(numbered.collect::<Vec<_>>(), Vec::<&String>::new());
}
