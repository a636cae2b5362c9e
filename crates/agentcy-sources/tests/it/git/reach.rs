//! A repository of ten thousand commits.

use std::{fmt::Write as _, io::Write as _, process::Stdio, time::Instant};

use agentcy_sources::Record;
use futures_util::StreamExt;

use super::world::{Told, World, git};

/// A history that many people made: each commit changes three files, and some add, remove or merge.
fn grown(commits: usize) -> World {
    let world = World::new();
    let mut import = String::new();
    for number in 0..commits {
        let when = 1_600_000_000 + number * 600;
        let who = number * 7 % 40;
        let message = format!("change {number}\n\nBecause of {}.", number * 31 % 97);
        let _ = write!(import, "commit refs/heads/main\nmark :{}\n", number + 1);
        let _ = writeln!(import, "author Person {who} <person{who}@example.org> {when} +0000");
        let _ = writeln!(import, "committer Person {who} <person{who}@example.org> {when} +0000");
        let _ = write!(import, "data {}\n{message}\n", message.len());
        if number > 0 {
            let _ = writeln!(import, "from :{number}");
        }
        if number > 10 && number % 50 == 0 {
            let _ = writeln!(import, "merge :{}", number - 9);
        }
        for file in 0..3 {
            let place = (number * 13 + file * 101) % 600;
            let path = format!("src/part{}/module{}/file{place}.rs", place % 10, place % 30);
            let text = format!("// {place}\nfn at() -> usize {{ {number} }}\n");
            let _ = write!(import, "M 100644 inline {path}\ndata {}\n{text}\n", text.len());
        }
        if number % 20 == 19 {
            let _ = writeln!(import, "M 100644 inline old/{number}.txt\ndata 3\nold");
        }
        if number % 20 == 5 && number > 20 {
            let _ = writeln!(import, "D old/{}.txt", number - 6);
        }
        if number % 500 == 499 {
            let _ = writeln!(import, "reset refs/tags/v1.{}.0\nfrom :{}", number / 500, number + 1);
            let _ = writeln!(import);
        }
    }
    import.push_str("done\n");
    let mut importing = git(&world.repo());
    importing.args(["fast-import", "--quiet", "--done"]).stdin(Stdio::piped());
    let mut importing = importing.spawn().unwrap();
    importing.stdin.take().unwrap().write_all(import.as_bytes()).unwrap();
    assert!(importing.wait().unwrap().success());
    world
}

#[tokio::test]
async fn a_long_history_is_told_with_progress_and_then_only_its_end() {
    let world = grown(1200);
    let mut source = world.source();
    let records = source.sync().await;
    let progress: Vec<_> = records
        .iter()
        .filter_map(|record| match record {
            Record::Progress(progress) => Some((progress.done, progress.total)),
            _ => None,
        })
        .collect();
    assert_eq!(progress, [(0, Some(1200)), (500, Some(1200)), (1000, Some(1200))]);
    let mut told = Told::default();
    told.apply(records);
    told.assert_closed();
    assert_eq!(told.edges("AUTHORED").len(), 1200);
    assert_eq!(told.edges("CONTRIBUTED_TO").len(), 40);
    assert_eq!(source.sync().await.len(), 2);
}

#[tokio::test]
async fn nobody_has_to_read_a_stream_to_its_end() {
    let world = grown(600);
    let source = world.source();
    let mut stream = agentcy_sources::Connector::collect(&source.connector, source.job());
    assert!(stream.next().await.unwrap().is_ok());
    drop(stream);
    // A stream that nobody reads does not begin.
    drop(agentcy_sources::Connector::collect(&source.connector, source.job()));
}

#[tokio::test]
#[ignore = "a measurement: cargo test --release -- --ignored --nocapture reach"]
async fn ten_thousand_commits() {
    let mut world = grown(10_000);
    let mut source = world.source();
    let begun = Instant::now();
    let count = source.sync().await.len();
    println!("first sync: {count} records in {:?}", begun.elapsed());
    let begun = Instant::now();
    let count = source.sync().await.len();
    println!("unchanged: {count} records in {:?}", begun.elapsed());
    world.git(&["reset", "-q", "--hard"]);
    world.clock += 10_000_000;
    world.write("src/new.rs", "new");
    world.git(&["rm", "-q", "-r", "src/part1"]);
    world.commit("new");
    let begun = Instant::now();
    let count = source.sync().await.len();
    println!("one more commit: {count} records in {:?}", begun.elapsed());
    world.git(&["reset", "-q", "--hard", "HEAD~200"]);
    let begun = Instant::now();
    let count = source.sync().await.len();
    println!("two hundred commits taken back: {count} records in {:?}", begun.elapsed());
    let begun = Instant::now();
    source.tool("log", serde_json::json!({ "path": "src/part2" })).await.unwrap();
    println!("log of a folder: {:?}", begun.elapsed());
    let begun = Instant::now();
    source.tool("grep", serde_json::json!({ "pattern": "fn at" })).await.unwrap();
    println!("grep: {:?}", begun.elapsed());
    let begun = Instant::now();
    let path = world.git(&["ls-files", "src/part2"]).lines().next().unwrap().to_owned();
    source.tool("blame", serde_json::json!({ "path": path })).await.unwrap();
    println!("blame: {:?}", begun.elapsed());
}
