//! What can be asked of a repository.

use agentcy_core::tool::Effect;
use agentcy_sources::{Connector, Error, Git, MAX_OUTPUT, Output};
use serde_json::{Value, json};

use super::world::{Source, World};

fn shop() -> (World, Vec<String>) {
    let mut world = World::new();
    world.write("src/a.txt", "one\ntwo\nthree\n");
    world.write("b.txt", "other\n");
    let first = world.commit("first\n\nwith words");
    world.write("src/a.txt", "one\nTWO\nthree\nfour\n");
    let second = world.commit_as("Grace", "grace@example.org", "second");
    world.git(&["mv", "b.txt", "c.txt"]);
    world.write("picture", b"\0\x01\x02");
    let third = world.commit("third");
    world.git(&["tag", "v1.0.0", &second]);
    (world, vec![first, second, third])
}

async fn ask(source: &Source, tool: &str, args: Value) -> Output {
    let output = source.tool(tool, args).await.unwrap();
    assert!(output.content.to_string().len() <= MAX_OUTPUT);
    assert_eq!(output.content["truncated"], output.truncated);
    assert_eq!(output.content.get("cut").is_some(), output.truncated);
    output
}

fn shas(output: &Output) -> Vec<&str> {
    let commits = output.content["commits"].as_array().unwrap();
    commits.iter().map(|commit| commit["sha"].as_str().unwrap()).collect()
}

#[test]
fn every_tool_only_reads_and_takes_nothing_unknown() {
    let tools = Git::default().tools();
    assert_eq!(
        tools.iter().map(|tool| tool.name).collect::<Vec<_>>(),
        ["log", "show", "blame", "grep"]
    );
    for tool in tools {
        assert_eq!(tool.effect, Effect::Read);
        assert_eq!(tool.input_schema.as_value()["additionalProperties"], false);
        assert_eq!(Git::default().effect(&json!({}), tool.name, &json!(null)), Effect::Read);
    }
}

#[tokio::test]
async fn log_lists_commits_by_path_person_and_time() {
    let (world, sha) = shop();
    let source = world.source();
    let all = ask(&source, "log", json!({})).await;
    assert_eq!(shas(&all), [&sha[2], &sha[1], &sha[0]]);
    assert!(!all.truncated);
    let first = &all.content["commits"][2];
    assert_eq!(first["message"], "first\n\nwith words");
    assert_eq!(
        first["author"],
        json!({ "name": "Ada", "email": "ada@example.org", "at": "2023-11-14T23:13:20Z" })
    );
    for (args, expected) in [
        (json!({ "path": "src" }), vec![1, 0]),
        (json!({ "path": "./src/a.txt/" }), vec![1, 0]),
        (json!({ "path": "src/a" }), vec![]),
        (json!({ "path": "c.txt" }), vec![2]),
        (json!({ "author": "GRACE@" }), vec![1]),
        (json!({ "author": "ada" }), vec![2, 0]),
        (json!({ "since": "2023-11-15T00:00:00Z" }), vec![2, 1]),
        (json!({ "until": "2023-11-14" }), vec![0]),
        (json!({ "rev": "v1.0.0" }), vec![1, 0]),
        (json!({ "rev": "main~2" }), vec![0]),
        (json!({ "rev": &sha[1][..10] }), vec![1, 0]),
    ] {
        let expected: Vec<&str> = expected.into_iter().map(|at: usize| sha[at].as_str()).collect();
        assert_eq!(shas(&ask(&source, "log", args.clone()).await), expected, "{args}");
    }
    let one = ask(&source, "log", json!({ "limit": 1 })).await;
    assert_eq!(shas(&one), [&sha[2]]);
    assert!(one.truncated);
}

#[tokio::test]
async fn show_gives_the_patch_of_a_commit() {
    let (world, sha) = shop();
    let source = world.source();
    let shown = ask(&source, "show", json!({ "rev": "v1.0.0" })).await.content;
    assert_eq!(shown["commit"]["sha"], sha[1]);
    assert_eq!(
        shown["files"],
        json!([{
            "path": "src/a.txt", "change": "modified",
            "patch": "@@ -1,3 +1,4 @@\n one\n-two\n+TWO\n three\n+four\n",
        }])
    );
    let shown = ask(&source, "show", json!({ "rev": "HEAD" })).await.content;
    assert_eq!(
        shown["files"],
        json!([
            { "path": "b.txt", "change": "deleted", "patch": "@@ -1,1 +1,0 @@\n-other\n" },
            { "path": "c.txt", "change": "renamed", "from_path": "b.txt", "patch": "" },
            { "path": "picture", "change": "added", "omitted": "the file is binary" },
        ])
    );
    let shown = ask(&source, "show", json!({ "rev": "HEAD", "path": "c.txt" })).await.content;
    assert_eq!(shown["files"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn blame_says_who_wrote_each_line() {
    let (world, sha) = shop();
    let source = world.source();
    let hunks = |output: &Output| {
        let hunks = output.content["hunks"].as_array().unwrap().clone();
        hunks
            .iter()
            .map(|hunk| json!([hunk["line"], hunk["commit"]["sha"], hunk["text"]]))
            .collect::<Vec<_>>()
    };
    let all = ask(&source, "blame", json!({ "path": "src/a.txt" })).await;
    assert_eq!(
        hunks(&all),
        [
            json!([1, sha[0], ["one"]]),
            json!([2, sha[1], ["TWO"]]),
            json!([3, sha[0], ["three"]]),
            json!([4, sha[1], ["four"]]),
        ]
    );
    assert_eq!(all.content["hunks"][1]["commit"]["author"], "Grace");
    assert_eq!(all.content["lines"], 4);
    let part = ask(
        &source,
        "blame",
        json!({ "path": "src/a.txt", "start": 2, "end": 2, "rev": "HEAD~2" }),
    )
    .await;
    assert_eq!(hunks(&part), [json!([2, sha[0], ["two"]])]);
    for (args, path) in [
        (json!({ "path": "nothing" }), "args.path"),
        (json!({ "path": "src" }), "args.path"),
        (json!({ "path": "src/a.txt", "start": 9 }), "args.start"),
        (json!({ "path": "src/a.txt", "start": 3, "end": 2 }), "args.end"),
    ] {
        assert_eq!(fault(&source, "blame", args).await, path);
    }
}

#[tokio::test]
async fn grep_finds_lines() {
    let (world, sha) = shop();
    let source = world.source();
    let found = ask(&source, "grep", json!({ "pattern": "(?i)two|^f" })).await.content;
    assert_eq!(found["commit"], sha[2]);
    assert_eq!(
        found["matches"],
        json!([
            { "path": "src/a.txt", "line": 2, "text": "TWO" },
            { "path": "src/a.txt", "line": 4, "text": "four" },
        ])
    );
    for (args, count) in [
        (json!({ "pattern": "two", "rev": "HEAD~2" }), 1),
        (json!({ "pattern": "e$" }), 2),
        (json!({ "pattern": "o", "path": "c.txt" }), 1),
        (json!({ "pattern": "\\x00" }), 0),
        (json!({ "pattern": "^$" }), 0),
    ] {
        let found = ask(&source, "grep", args.clone()).await.content;
        assert_eq!(found["matches"].as_array().unwrap().len(), count, "{args}");
    }
    let one = ask(&source, "grep", json!({ "pattern": ".", "limit": 1 })).await;
    assert!(one.truncated && one.content["matches"].as_array().unwrap().len() == 1);
    for pattern in ["", "(", "a{10000}{10000}", &"x".repeat(2000)] {
        assert_eq!(fault(&source, "grep", json!({ "pattern": pattern })).await, "args.pattern");
    }
}

#[tokio::test]
async fn answers_stay_within_their_bound_and_say_what_is_missing() {
    let mut world = World::new();
    for number in 0..150 {
        world.write(&format!("file-{number:03}"), "\"quoted\" \u{1} ü\n".repeat(400));
    }
    world.commit(&"long \"words\"\n".repeat(3000));
    for number in 0..60 {
        world.commit(&format!("{number} {}", "\u{2}".repeat(2000)));
    }
    world.write("one-line", "x".repeat(900_000));
    world.write("large", "y\n".repeat(600_000));
    world.commit("large");
    let source = world.source();
    for (tool, args) in [
        ("show", json!({ "rev": "HEAD~61" })),
        ("show", json!({ "rev": "HEAD" })),
        ("log", json!({ "limit": 200 })),
        ("grep", json!({ "pattern": "quoted", "limit": 500 })),
        ("grep", json!({ "pattern": "y" })),
        ("blame", json!({ "path": "file-000" })),
        ("blame", json!({ "path": "one-line" })),
    ] {
        let output = ask(&source, tool, args.clone()).await;
        assert_eq!(output.truncated, tool != "blame", "{tool} {args}");
    }
    assert_eq!(fault(&source, "blame", json!({ "path": "large" })).await, "args.path");
}

async fn fault(source: &Source, tool: &str, args: Value) -> String {
    match source.tool(tool, args.clone()).await {
        Err(Error::Invalid(fields)) => fields[0].path.clone(),
        other => panic!("{tool} {args}: {other:?}"),
    }
}

#[tokio::test]
async fn arguments_that_break_the_schema_are_named() {
    let (world, _) = shop();
    let source = world.source();
    for (tool, args, path) in [
        ("log", json!({ "limit": 0 }), "args.limit"),
        ("log", json!({ "limit": 201 }), "args.limit"),
        ("log", json!({ "limit": "x" }), "args.limit"),
        ("log", json!({ "since": "yesterday" }), "args.since"),
        ("log", json!({ "author": "" }), "args.author"),
        ("log", json!({ "until": "2023-99-01" }), "args.until"),
        ("show", json!({}), "args"),
        ("show", json!({ "rev": "HEAD", "more": 1 }), "args.more"),
        ("show", json!({ "rev": "nothing" }), "args.rev"),
        ("show", json!({ "rev": "HEAD:src/a.txt" }), "args.rev"),
        ("show", json!({ "rev": ":/first" }), "args.rev"),
        ("show", json!({ "rev": "main@{1}" }), "args.rev"),
        ("show", json!({ "rev": "a..b" }), "args.rev"),
        ("show", json!({ "rev": "-x" }), "args.rev"),
        ("grep", json!({ "pattern": "a", "path": "" }), "args.path"),
    ] {
        assert_eq!(fault(&source, tool, args.clone()).await, path, "{tool} {args}");
    }
    let unknown = source.tool("push", json!({})).await;
    assert!(matches!(unknown, Err(Error::UnknownTool(name)) if name == "push"));
}

#[tokio::test]
async fn a_repository_without_a_commit_says_so() {
    let source = World::new().source();
    // Its folder is gone with the world.
    assert!(source.tool("log", json!({})).await.is_err());
    let world = World::new();
    for (tool, args) in [("log", json!({})), ("grep", json!({ "pattern": "x" }))] {
        assert_eq!(fault(&world.source(), tool, args).await, "args.rev");
    }
}
