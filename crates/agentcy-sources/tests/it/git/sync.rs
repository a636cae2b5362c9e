//! What a sync says of a repository.

use agentcy_sources::{Connector, Error, Record};
use chrono::DateTime;
use futures_util::{StreamExt, TryStreamExt};
use serde_json::{Value, json};

use super::world::{World, git, run};

/// A shop of two people, with a merge, a rename, a release and a file that is gone.
fn shop() -> (World, Vec<String>) {
    let mut world = World::new();
    world.write("README.md", "# Shop\n\n[![build](x)](y)\n\nSells things\nto people.\n\nMore.\n");
    world.write("src/main.rs", "fn main() {}\n");
    world.write("src/old.rs", "pub fn old() -> u32 { 1 }\n");
    let first = world.commit("begin\n\nWith a body.");
    world.git(&["mv", "src/old.rs", "src/new.rs"]);
    let second = world.commit_as("Grace", "Grace@Example.org", "rename");
    world.git(&["checkout", "-q", "-b", "feature"]);
    world.write("src/feature.rs", "// feature\n");
    let third = world.commit_as("G. Hopper", "grace@example.org", "feature");
    world.git(&["checkout", "-q", "main"]);
    world.git(&["rm", "-q", "src/main.rs"]);
    let fourth = world.commit("no main");
    let mut merge = git(&world.repo());
    merge.env("GIT_COMMITTER_DATE", "1700090000 +0000").env("GIT_AUTHOR_DATE", "1700090000 +0000");
    run(merge.args(["merge", "-q", "--no-ff", "-m", "merge", "feature"]));
    let fifth = world.git(&["rev-parse", "HEAD"]);
    world.git(&["tag", "-a", "v1.2.0", "-m", "First release\n\nGood.", &second]);
    world.git(&["tag", "snapshot", &fourth]);
    world.git(&["remote", "add", "origin", "https://me:secret@github.com/o/shop.git"]);
    (world, vec![first, second, third, fourth, fifth])
}

#[tokio::test]
async fn a_repository_is_told_with_its_people_files_branches_and_releases() {
    let (world, sha) = shop();
    let told = world.source().all().await;
    told.assert_closed();
    assert_eq!(told.faults, []);

    let repository = told.node("repository");
    assert_eq!(repository.key.as_deref(), Some("https://github.com/o/shop"));
    assert_eq!(
        Value::Object(repository.properties.clone()),
        json!({
            "name": "shop", "url": "https://github.com/o/shop", "path": "shop", "default_branch": "main",
            "description": "Sells things to people.",
        })
    );
    let commit = told.node(&sha[0]);
    assert_eq!(commit.key.as_deref(), Some(&*format!("git:{}", sha[0])));
    assert_eq!(commit.valid_from, DateTime::from_timestamp(1_700_003_600, 0));
    assert_eq!(commit.properties["title"], "begin");
    assert_eq!(commit.properties["description"], "With a body.");
    assert_eq!(commit.properties["files_changed"], 3);
    assert_eq!(told.node(&sha[4]).properties["merge"], true);

    let grace = told.node("author:grace@example.org");
    assert_eq!(grace.key.as_deref(), Some("mailto:grace@example.org"));
    assert_eq!(grace.properties["name"], "G. Hopper", "the newest name counts");
    assert_eq!(grace.valid_from, DateTime::from_timestamp(1_700_007_200, 0));
    assert_eq!(
        told.edges("AUTHORED").iter().filter(|edge| edge.starts_with("author:grace")).count(),
        2
    );
    assert_eq!(told.edges("CONTRIBUTED_TO").len(), 2);

    let mut parents = told.edges("PARENT");
    parents.sort();
    let mut expected = [(1, 0), (2, 1), (3, 1), (4, 3), (4, 2)]
        .map(|(child, parent)| format!("{} -> {}", sha[child], sha[parent]));
    expected.sort();
    assert_eq!(parents, expected);

    assert_eq!(told.edges("HEAD"), ["repository -> branch:main"]);
    assert_eq!(
        told.edges("POINTS_AT"),
        [
            format!("branch:feature -> {}", sha[2]),
            format!("branch:main -> {}", sha[4]),
            format!("tag:snapshot -> {}", sha[3]),
            format!("tag:v1.2.0 -> {}", sha[1]),
        ]
    );
    let release = told.node("tag:v1.2.0");
    assert_eq!(release.labels, ["Tag", "Release"]);
    assert_eq!(release.properties["version"], "1.2.0");
    assert_eq!(release.properties["title"], "First release");
    assert_eq!(release.properties["description"], "Good.");
    assert_eq!(told.node("tag:snapshot").labels, ["Tag"]);
    assert_eq!(told.edges("TAGGED"), ["author:ada@example.org -> tag:v1.2.0"]);
}

#[tokio::test]
async fn who_touched_what_is_told_of_files_that_are_gone_too() {
    let (world, sha) = shop();
    let told = world.source().all().await;
    let touched = |at: usize| {
        let mut files: Vec<(String, Value, Value)> = told
            .said
            .values()
            .filter_map(|record| match record {
                Record::Edge(edge)
                    if edge.external_id.starts_with(&format!("touched:{}", sha[at])) =>
                {
                    let path = edge.external_id.rsplit(':').next().unwrap().to_owned();
                    let get = |name: &str| edge.properties.get(name).cloned().unwrap_or_default();
                    Some((path, get("change"), get("from_path")))
                }
                _ => None,
            })
            .collect();
        files.sort_by(|a, b| a.0.cmp(&b.0));
        json!(files)
    };
    assert_eq!(
        touched(0),
        json!([
            ["README.md", "added", null],
            ["src/main.rs", "added", null],
            ["src/old.rs", "added", null]
        ])
    );
    assert_eq!(
        touched(1),
        json!([["src/new.rs", "renamed", "src/old.rs"], ["src/old.rs", "deleted", null]])
    );
    assert_eq!(touched(3), json!([["src/main.rs", "deleted", null]]));
    assert_eq!(touched(4), json!([]), "a merge did nothing of its own");

    assert_eq!(
        told.edges("CONTAINS"),
        [
            "repository -> file:README.md",
            "folder:src -> file:src/feature.rs",
            "folder:src -> file:src/new.rs",
            "repository -> folder:src",
        ]
    );
    let gone = told.node("file:src/main.rs");
    assert_eq!(gone.properties["at_head"], false);
    assert_eq!(gone.valid_from, DateTime::from_timestamp(1_700_014_400, 0), "since it is gone");
    let new = told.node("file:src/new.rs");
    assert_eq!(new.properties["at_head"], true);
    assert_eq!(new.properties["extension"], "rs");
    assert_eq!(new.valid_from, DateTime::from_timestamp(1_700_007_200, 0), "since it is there");
}

#[tokio::test]
async fn a_merge_that_changes_something_itself_touched_it() {
    let mut world = World::new();
    world.write("a", "1\n");
    world.commit("base");
    world.git(&["checkout", "-q", "-b", "side"]);
    world.write("a", "side\n");
    world.commit("side");
    world.git(&["checkout", "-q", "main"]);
    world.write("a", "main\n");
    world.commit("main");
    let _ = git(&world.repo()).args(["merge", "-q", "side"]).output().unwrap();
    world.write("a", "both\n");
    let merge = world.commit("merge");
    let told = world.source().all().await;
    assert!(told.edges("TOUCHED").contains(&format!("{merge} -> file:a")));
}

#[tokio::test]
async fn a_file_that_becomes_a_folder_is_gone_and_its_files_are_new() {
    let mut world = World::new();
    world.write("x", "1");
    world.commit("a file");
    world.git(&["rm", "-q", "x"]);
    world.write("x/y", "2");
    let folder = world.commit("a folder");
    world.git(&["rm", "-q", "x/y"]);
    world.write("x", "3");
    let file = world.commit("a file again");
    let told = world.source().all().await;
    told.assert_closed();
    let mut touched = told.edges("TOUCHED");
    touched.retain(|edge| edge.starts_with(&folder) || edge.starts_with(&file));
    touched.sort();
    let mut expected = [&folder, &file]
        .map(|sha| ["file:x", "file:x/y"].map(|path| format!("{sha} -> {path}")))
        .concat();
    expected.sort();
    assert_eq!(touched, expected);
    assert_eq!(told.node("file:x").properties["at_head"], true);
    assert_eq!(told.node("file:x/y").properties["at_head"], false);
    assert_eq!(told.node("file:x").valid_from, DateTime::from_timestamp(1_700_010_800, 0));
}

#[tokio::test]
async fn one_branch_is_told_alone_when_the_config_says_so() {
    let (world, sha) = shop();
    let mut source = world.source();
    source.config["branch"] = json!("feature");
    let told = source.all().await;
    told.assert_closed();
    assert!(told.has(&sha[2]) && !told.has(&sha[3]) && !told.has(&sha[4]));
    assert!(told.has("tag:v1.2.0") && !told.has("tag:snapshot") && !told.has("branch:main"));
    assert_eq!(told.edges("HEAD"), ["repository -> branch:feature"]);
    source.config["branch"] = json!("nothing");
    assert_eq!(source.refusal().await, "config.branch: there is no such branch");
}

#[tokio::test]
async fn only_so_many_commits_are_told() {
    let (world, sha) = shop();
    let mut source = world.source();
    source.config["max_commits"] = json!(2);
    let told = source.all().await;
    told.assert_closed();
    assert!(told.has(&sha[4]) && told.has(&sha[3]) && !told.has(&sha[2]));
    assert_eq!(told.edges("PARENT"), [format!("{} -> {}", sha[4], sha[3])]);
    assert!(told.has("file:src/new.rs"), "the files are those at the head");
}

#[tokio::test]
async fn a_detached_head_an_empty_repository_and_odd_refs_are_told() {
    let (world, sha) = shop();
    world.git(&["checkout", "-q", "--detach", &sha[1]]);
    let blob = world.git(&["rev-parse", &format!("{}:README.md", sha[0])]);
    world.git(&["tag", "readme", &blob]);
    world.git(&["tag", "-a", "-m", "twice", "of-tag", "v1.2.0"]);
    let told = world.source().all().await;
    told.assert_closed();
    assert_eq!(told.edges("HEAD"), [format!("repository -> {}", sha[1])]);
    assert!(told.has("tag:readme"));
    assert!(told.edges("POINTS_AT").contains(&format!("tag:of-tag -> {}", sha[1])));

    let empty = World::new();
    let told = empty.source().all().await;
    told.assert_closed();
    assert_eq!(told.said.len(), 1);
    assert_eq!(told.node("repository").properties["default_branch"], "main");
}

#[tokio::test]
async fn odd_names_mails_and_times_are_data() {
    let mut world = World::new();
    let raw = std::os::unix::ffi::OsStrExt::from_bytes(b"caf\xe9\\x");
    std::fs::write(world.repo().join::<&std::ffi::OsStr>(raw), "x").unwrap();
    world.write("quote\"'`;--.txt", "x");
    world.write(&format!("{}/{}", "d".repeat(250), "e".repeat(250)), "x");
    let deep = vec!["f".repeat(200); 6].join("/");
    world.write(&deep, "x");
    world.commit_as("x", "", "");
    world.commit_as("Nobody", "none", "x");
    world.commit_as("Bob \u{1F980}", " BOB@Example.org ", "x");
    let tree = world.git(&["write-tree"]);
    let head = world.git(&["rev-parse", "HEAD"]);
    let text = format!(
        "tree {tree}\nparent {head}\nauthor \u{7f}<a@b@c d> 99999999999999 +0000\ncommitter X <x@y> -5 +0000\n\nla\0te\n"
    );
    world.write("../commit", text);
    let odd = world.git(&["hash-object", "-t", "commit", "-w", "--literally", "../commit"]);
    world.git(&["update-ref", "refs/heads/odd", &odd]);
    let told = world.source().all().await;
    told.assert_closed();
    assert_eq!(told.faults, []);
    assert!(told.has("file:caf\\xE9\\\\x"));
    assert_eq!(told.node("file:caf\\xE9\\\\x").properties["path"], "caf\u{fffd}\\x");
    assert!(told.said.keys().all(|(_, id)| id.len() <= 1024));
    assert!(told.has("author:bob@example.org"));
    let nobody = told.node("author:<none> Nobody");
    assert_eq!((nobody.key.as_ref(), &nobody.properties["name"]), (None, &json!("Nobody")));
    assert_eq!(told.node(&odd).valid_from, None);
}

#[tokio::test]
async fn what_is_broken_fails_alone() {
    let (world, sha) = shop();
    let loose = |id: &str| world.repo().join(format!(".git/objects/{}/{}", &id[..2], &id[2..]));
    let tree = world.git(&["rev-parse", &format!("{}^{{tree}}", sha[2])]);
    std::fs::remove_file(loose(&tree)).unwrap();
    std::fs::remove_file(loose(&sha[0])).unwrap();
    let garbage = world.repo().join(".git/refs/heads/garbage");
    std::fs::write(garbage, "no id").unwrap();
    let told = world.source().all().await;
    told.assert_closed();
    assert!(told.has(&sha[4]) && told.has(&sha[1]) && !told.has(&sha[0]));
    let places: Vec<_> = told.faults.iter().map(|fault| fault.place.as_str()).collect();
    for place in [sha[0].as_str(), sha[2].as_str(), "refs/heads/garbage"] {
        assert!(places.contains(&place), "{place} in {places:?}");
    }
}

#[tokio::test]
async fn a_repository_that_is_packed_while_it_is_read_is_not_told_with_holes() {
    let mut world = World::new();
    for number in 0..5 {
        world.write("a", format!("{number}\n"));
        world.commit("a step");
    }
    // More than waits in the channel, so that the older commits are not looked at yet.
    for number in 0..1500 {
        world.write(&format!("d{}/f{number}", number % 10), "x");
    }
    world.commit("many");
    let source = world.source();
    let mut stream = Connector::collect(&source.connector, source.job());
    assert!(stream.next().await.unwrap().is_ok());
    world.git(&["repack", "-a", "-d", "-q"]);
    world.git(&["prune-packed", "-q"]);
    let rest: Result<Vec<Record>, Error> = stream.try_collect().await;
    assert!(rest.is_err_and(|error| error.is_temporary()), "it was told with holes");
    assert_eq!(source.all().await.faults, []);
}
