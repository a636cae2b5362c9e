use agentcy_core::tool::Effect;
use agentcy_sources::{Connector, Error, Http, MAX_OUTPUT};
use serde_json::{Value, json};

use crate::{
    server::{Server, moved, ok, status, with_headers},
    stage::{Stage, merged, paths, refusal},
};

fn stage(server: &Server, more: Value) -> Stage {
    Stage::new(merged(json!({ "base_url": format!("{}/api", server.url) }), more))
}

#[tokio::test]
async fn a_get_reads_below_the_base_with_the_headers_and_secrets_of_the_source() {
    let server = Server::answering(ok("application/json; charset=utf-8", r#"{"n": 1}"#)).await;
    let stage = stage(&server, json!({ "headers": { "X-Version": "2" } }));
    let stage =
        stage.credential("authorization", "Bearer kanarien").credential("header.X-Key", "geheim");
    let query = json!({ "q": "a b&c", "page": 2, "tag": ["x", "y"], "all": true });
    let output =
        stage.run(&Http, "get", json!({ "path": "/users/7", "query": query })).await.unwrap();
    let headers = json!({ "content-type": "application/json; charset=utf-8" });
    assert_eq!(output.content, json!({ "status": 200, "headers": headers, "body": { "n": 1 } }));
    assert!(!output.truncated);
    let seen = server.seen().remove(0).to_lowercase();
    assert!(
        seen.starts_with("get /api/users/7?all=true&page=2&q=a+b%26c&tag=x&tag=y http/1.1"),
        "{seen}"
    );
    for line in ["x-version: 2", "authorization: bearer kanarien", "x-key: geheim"] {
        assert!(seen.contains(line), "{line} in {seen}");
    }
}

#[tokio::test]
async fn a_request_sends_its_method_and_body_and_any_status_is_an_answer() {
    let server = Server::answering(status("404 Not Found")).await;
    let stage = stage(&server, json!({}));
    let post = json!({ "method": "POST", "path": "users", "body": { "name": "ü" } });
    let output = stage.run(&Http, "request", post).await.unwrap();
    assert_eq!(output.content, json!({ "status": 404, "headers": {}, "body": null }));
    let form = json!({ "method": "PUT", "path": "a", "body": "x=1", "content_type": "application/x-www-form-urlencoded" });
    stage.run(&Http, "request", form).await.unwrap();
    stage.run(&Http, "request", json!({ "method": "DELETE", "path": "a" })).await.unwrap();
    let seen = server.seen();
    assert!(seen[0].starts_with("POST /api/users ") && seen[0].ends_with(r#"{"name":"ü"}"#));
    assert!(seen[1].starts_with("PUT /api/a ") && seen[1].ends_with("\r\n\r\nx=1"));
    assert!(seen[2].starts_with("DELETE /api/a "));
}

#[test]
fn a_get_reads_only_where_the_config_says_so() {
    let config = json!({ "base_url": "https://h/api", "read_paths": ["/users/*", "/docs/**"] });
    let effect = |tool: &str, args: Value| Http.effect(&config, tool, &args);
    for path in ["/users/7", "users/7", "/docs/a/b", "/users/%37"] {
        assert_eq!(effect("get", json!({ "path": path })), Effect::Read, "{path}");
    }
    for path in [
        "/users",
        "/users/7/delete",
        "/users/../admin",
        "/users/%2e%2e",
        "/users/..%2fadmin",
        "//users/7",
        "/users/7?x",
        "http://h/api/users/7",
        "/users/%252e%252e",
        "/USERS/7",
        "/docs/../admin",
        "",
    ] {
        assert_eq!(effect("get", json!({ "path": path })), Effect::Write, "{path}");
    }
    assert_eq!(effect("get", json!({ "path": 7 })), Effect::Write);
    assert_eq!(effect("get", json!(null)), Effect::Write);
    assert_eq!(effect("request", json!({ "method": "GET", "path": "/users/7" })), Effect::Write);
    assert_eq!(effect("request", json!({ "method": "DELETE", "path": "/users/7" })), Effect::Write);
    assert_eq!(effect("other", json!({})), Effect::Destructive);
    let broken = json!({ "base_url": "https://h", "read_paths": ["/users/*", "a*"] });
    assert_eq!(Http.effect(&broken, "get", &json!({ "path": "/users/7" })), Effect::Write);
    assert!(!Http.syncs());
}

#[tokio::test]
async fn what_leads_out_of_the_base_is_refused_before_anything_is_sent() {
    let server = Server::answering(ok("text/plain", "secret")).await;
    let stage = stage(&server, json!({}));
    for path in [
        "../admin",
        "%2e%2e/admin",
        "/..;/admin",
        "..\\admin",
        "//evil.org/",
        "http://evil.org/",
        "a#b",
        "a%252fb",
    ] {
        for (tool, args) in [
            ("get", json!({ "path": path })),
            ("request", json!({ "method": "GET", "path": path })),
        ] {
            assert_eq!(paths(stage.run(&Http, tool, args).await), ["args.path"], "{path}");
        }
    }
    for (args, path) in [
        (json!({}), "args"),
        (json!({ "path": "a", "headers": {} }), "args.headers"),
        (json!({ "path": "a", "query": { "x": {} } }), "args.query.x"),
        (json!({ "path": "a", "query": { "x": "y".repeat(9000) } }), "args.query"),
    ] {
        assert_eq!(paths(stage.run(&Http, "get", args).await), [path]);
    }
    let long = json!({ "method": "POST", "path": "a", "body": "x".repeat(1 << 20) });
    assert_eq!(paths(stage.run(&Http, "request", long).await), ["args.body"]);
    let trace = json!({ "method": "TRACE", "path": "a" });
    assert_eq!(paths(stage.run(&Http, "request", trace).await), ["args.method"]);
    assert!(matches!(stage.run(&Http, "delete", json!({})).await, Err(Error::UnknownTool(_))));
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_redirect_is_followed_below_the_base_and_is_the_answer_otherwise() {
    let other = Server::answering(ok("text/plain", "secret")).await;
    for (location, is_followed) in [
        ("/api/there?x=1", true),
        ("there", true),
        ("/admin", false),
        ("/api/../admin", false),
        ("/api/%252e%252e/admin", false),
        (&*format!("{}/api/there", other.url), false),
        ("//169.254.169.254/latest/meta-data/", false),
        ("https://127.0.0.1/api/there", false),
    ] {
        let target = location.to_owned();
        let server = Server::start(move |line| {
            if line.contains("there") { ok("text/plain", "there") } else { moved(&target) }
        })
        .await;
        let stage = stage(&server, json!({})).credential("authorization", "Bearer kanarien");
        let output = stage.run(&Http, "get", json!({ "path": "here" })).await.unwrap();
        if is_followed {
            assert_eq!(output.content["body"], "there", "{location}");
            assert!(server.seen()[1].contains("kanarien"));
        } else {
            assert_eq!(output.content["status"], 302, "{location}");
            assert_eq!(output.content["headers"]["location"], *location);
            assert_eq!(server.seen().len(), 1);
        }
    }
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn a_read_is_redirected_to_read_paths_alone_and_a_write_nowhere() {
    let server = Server::start(|line| {
        if line.contains("/users/") { moved("/api/delete/7") } else { ok("text/plain", "deleted") }
    })
    .await;
    let stage = stage(&server, json!({ "read_paths": ["/users/*"] }));
    let read = stage.run(&Http, "get", json!({ "path": "users/7" })).await.unwrap();
    assert_eq!(read.content["status"], 302);
    let post = json!({ "method": "POST", "path": "users/7", "body": {} });
    assert_eq!(stage.run(&Http, "request", post).await.unwrap().content["status"], 302);
    assert_eq!(server.paths(), ["/api/users/7", "/api/users/7"]);
    let round = Server::answering(moved("here")).await;
    let stage = Stage::new(json!({ "base_url": round.url }));
    let words = refusal(stage.run(&Http, "get", json!({ "path": "here" })).await);
    assert_eq!((words.as_str(), round.seen().len()), ("there were too many redirects", 5));
}

#[tokio::test]
async fn what_is_answered_holds_no_secret_and_no_cookie() {
    let body = r#"{"you sent": "Bearer kanarien-1", "key kanarien-1": ["x kanarien-1"]}"#;
    let headers = "content-type: application/json\r\nset-cookie: session=1\r\netag: kanarien-1\r\n";
    let server = Server::answering(with_headers(headers, body)).await;
    let stage = stage(&server, json!({})).credential("authorization", "Bearer kanarien-1");
    let output = stage.run(&Http, "get", json!({ "path": "echo" })).await.unwrap();
    assert_eq!(
        output.content,
        json!({
            "status": 200,
            "headers": { "content-type": "application/json", "etag": "****" },
            "body": { "you sent": "****", "key ****": ["x ****"] },
        })
    );
}

#[tokio::test]
async fn a_long_answer_is_cut_to_the_bound_and_binary_is_not_shown() {
    for (kind, body) in [
        ("text/plain", "\"\n\u{1}ü".repeat(40_000)),
        ("text/plain", "x".repeat(2 << 20)),
        ("application/json", json!(vec!["x\n"; 40_000]).to_string()),
        ("application/json", json!(vec!["x\n"; 400_000]).to_string()),
    ] {
        let server = Server::answering(ok(kind, &body)).await;
        let output =
            stage(&server, json!({})).run(&Http, "get", json!({ "path": "a" })).await.unwrap();
        let length = output.content.to_string().len();
        assert!(output.truncated && length <= MAX_OUTPUT && length > MAX_OUTPUT - 600, "{length}");
        assert!(output.content["note"].as_str().unwrap().contains("smaller page"));
    }
    let pretty = serde_json::to_string_pretty(&json!(vec![[1]; 10_000])).unwrap();
    let server = Server::answering(ok("application/vnd.api+json", &pretty)).await;
    let output = stage(&server, json!({})).run(&Http, "get", json!({ "path": "a" })).await.unwrap();
    assert!(
        pretty.len() > 2 * MAX_OUTPUT && !output.truncated && output.content["body"].is_array()
    );
}

#[tokio::test]
async fn a_place_that_is_not_permitted_is_never_called() {
    let server = Server::answering(ok("text/plain", "secret")).await;
    for base in [
        server.url.clone(),
        server.url.replace("127.0.0.1", "localhost"),
        "http://169.254.169.254".into(),
    ] {
        let stage = Stage::new(json!({ "base_url": base }))
            .fenced()
            .credential("authorization", "kanarien");
        for result in [
            stage.validate(&Http).await,
            stage.run(&Http, "get", json!({ "path": "a" })).await.map(drop),
            stage.run(&Http, "request", json!({ "method": "POST", "path": "a" })).await.map(drop),
        ] {
            let words = refusal(result);
            assert!(words.contains("not allowed") && !words.contains("kanarien"), "{words}");
        }
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_try_reaches_the_server_and_has_no_need_of_a_page_there() {
    let server = Server::answering(status("404 Not Found")).await;
    stage(&server, json!({})).validate(&Http).await.unwrap();
    let server = Server::answering(status("401 Unauthorized")).await;
    assert!(refusal(stage(&server, json!({})).validate(&Http).await).contains("401"));
    let gone = Stage::new(json!({ "base_url": "http://127.0.0.1:1" })).validate(&Http).await;
    assert!(gone.unwrap_err().is_temporary());
    assert!(refusal(stage(&server, json!({})).collect(&Http).await).contains("tools only"));
}

#[tokio::test]
async fn wrong_settings_are_named_by_their_path() {
    for (more, path) in [
        (json!({ "unknown": 1 }), "config.unknown"),
        (json!({ "base_url": "ftp://h" }), "config.base_url"),
        (json!({ "base_url": "https://me@h" }), "config.base_url"),
        (json!({ "base_url": "https://h/a?b" }), "config.base_url"),
        (json!({ "base_url": "https://h/a//b" }), "config.base_url"),
        (json!({ "base_url": 7 }), "config.base_url"),
        (json!({ "headers": { "a b": "c" } }), "config.headers.a b"),
        (json!({ "headers": { "x": "c\nd" } }), "config.headers.x"),
        (json!({ "headers": { "Authorization": "c" } }), "config.headers.Authorization"),
        (json!({ "headers": { "Host": "c" } }), "config.headers.Host"),
        (
            json!({ "headers": { "X-HTTP-Method-Override": "DELETE" } }),
            "config.headers.X-HTTP-Method-Override",
        ),
        (json!({ "read_paths": ["/a", "/../a"] }), "config.read_paths[1]"),
        (json!({ "timeout_secs": 0 }), "config.timeout_secs"),
        (json!({ "timeout_secs": 51 }), "config.timeout_secs"),
    ] {
        let config = merged(json!({ "base_url": "https://h" }), more);
        assert_eq!(paths(Stage::new(config).fenced().validate(&Http).await), [path]);
    }
    for (name, secret) in
        [("password", "x"), ("authorization", "a\nb"), ("header.Host", "x"), ("header.", "x")]
    {
        let stage = Stage::new(json!({ "base_url": "https://h" })).credential(name, secret);
        assert_eq!(paths(stage.validate(&Http).await), [format!("credentials.{name}")]);
    }
    let twice = Stage::new(json!({ "base_url": "https://h", "headers": { "X-Key-Id": "1" } }));
    assert_eq!(
        paths(twice.credential("header.x-key-id", "2").validate(&Http).await),
        ["config.headers.x-key-id"]
    );
}
