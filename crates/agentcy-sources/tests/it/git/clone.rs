//! Repositories elsewhere: cloned and fetched through the guarded client.

use std::{fs, path::Path, time::Duration};

use agentcy_sources::{Connector, Error, Files, Git, GitLimits, Record};
use serde_json::json;

use super::{
    server::{Rules, Server},
    world::{Source, Told, World, git, run},
};

/// A repository, a server for it, and a source with a cache that clones from there.
fn served() -> (World, Server, Source) {
    let mut world = World::new();
    for number in 0..20 {
        world.write(&format!("src/file-{number}.txt"), format!("{number}\n").repeat(200));
        world.commit(&format!("commit {number}"));
    }
    world.git(&["tag", "-a", "-m", "first", "v1.0.0"]);
    let server = Server::new(&world.at("open"));
    let mut source = Source::new(json!({ "url": server.url("shop/.git") }), Files::default());
    source.cache = Some(world.at("cache"));
    (world, server, source)
}

fn packs(server: &Server) -> usize {
    let posts = server.asked().into_iter().filter(|(method, ..)| method == "POST");
    // One lists the refs, each further one is about the pack.
    posts.count().saturating_sub(1)
}

#[tokio::test]
async fn a_clone_is_told_like_a_folder() {
    let (world, _server, source) = served();
    let (mut here, mut there) = (world.source().all().await, source.all().await);
    there.assert_closed();
    let repository = (false, "repository".to_owned());
    here.said.remove(&repository);
    let said = there.said.remove(&repository);
    assert_eq!(here.said, there.said);
    let Some(Record::Node(said)) = said else { panic!("{said:?}") };
    assert_eq!(said.properties.get("path"), None);
    assert!(said.key.unwrap().starts_with("https://127.0.0.1:"));

    let without = Source { cache: None, ..Source::new(source.config.clone(), Files::default()) };
    assert_eq!(without.all().await.said.len(), here.said.len() + 1);
}

#[tokio::test]
async fn what_did_not_change_is_not_fetched_again() {
    let (mut world, server, mut source) = served();
    source.sync().await;
    assert!(packs(&server) >= 1);
    let records = source.sync().await;
    assert!(matches!(&records[..], [Record::Delta, Record::Cursor(_)]), "{records:?}");
    assert_eq!(packs(&server), 0);

    world.write("new", "x");
    world.commit("new");
    let whole: u64 = size(&world.at("cache"));
    source.sync().await;
    let asked = server.asked();
    let largest = asked.iter().map(|(.., size)| *size).max().unwrap();
    assert!((largest as u64) < whole / 4, "{largest} of {whole}");
}

fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            if entry.path().is_dir() {
                size(&entry.path())
            } else {
                entry.metadata().unwrap().len()
            }
        })
        .sum()
}

#[tokio::test]
async fn differences_add_up_after_a_forced_push_and_with_branches_that_come_and_go() {
    let (mut world, _server, mut source) = served();
    let mut told = Told::default();
    assert!(!told.apply(source.sync().await));
    world.git(&["branch", "topic"]);
    world.git(&["reset", "-q", "--hard", "HEAD~4"]);
    world.write("other", "x");
    world.commit("other");
    assert!(told.apply(source.sync().await));
    assert_eq!(told.said, source.all().await.said);
    // A branch below the name of one that is gone.
    world.git(&["branch", "-D", "topic"]);
    world.git(&["branch", "topic/one"]);
    world.git(&["tag", "-d", "v1.0.0"]);
    assert!(told.apply(source.sync().await));
    assert!(told.has("branch:topic/one") && !told.has("branch:topic") && !told.has("tag:v1.0.0"));
    assert_eq!(told.said, source.all().await.said);
}

#[tokio::test]
async fn a_damaged_or_lost_cache_is_made_anew() {
    let (mut world, _server, mut source) = served();
    let mut told = Told::default();
    told.apply(source.sync().await);
    let folder = world.at("cache/repository.git");
    let damage: [&dyn Fn(); 5] = [
        &|| fs::remove_dir_all(world.at("cache")).unwrap(),
        &|| fs::remove_dir_all(folder.join("objects/pack")).unwrap(),
        &|| fs::write(folder.join("config"), "nonsense [").unwrap(),
        &|| fs::write(folder.join("packed-refs"), "nonsense\n").unwrap(),
        &|| {
            for entry in fs::read_dir(folder.join("objects/pack")).unwrap().map(Result::unwrap) {
                let mut permissions = entry.metadata().unwrap().permissions();
                #[expect(
                    clippy::permissions_set_readonly_false,
                    reason = "git makes its packs read-only"
                )]
                permissions.set_readonly(false);
                fs::set_permissions(entry.path(), permissions).unwrap();
                let bytes = fs::read(entry.path()).unwrap();
                fs::write(entry.path(), &bytes[..bytes.len() / 2]).unwrap();
            }
        },
    ];
    for (at, damage) in damage.iter().enumerate() {
        damage();
        let text = format!("{at}");
        run(git(&world.repo()).args(["commit", "-q", "--allow-empty", "-m", &text]));
        told.apply(source.sync().await);
        assert_eq!(told.faults, [], "damage {at}");
        assert_eq!(told.said, world_as_served(&source).await, "damage {at}");
    }
    world.commit("and on");
    assert!(told.apply(source.sync().await), "the new clone is kept");

    // Half of it is gone: the newest commits are there, and what they stand on is not.
    let packs =
        fs::read_dir(folder.join("objects/pack")).unwrap().map(|entry| entry.unwrap().path());
    let largest = packs.max_by_key(|path| path.metadata().unwrap().len()).unwrap();
    for end in ["pack", "idx"] {
        fs::remove_file(largest.with_extension(end)).unwrap();
    }
    world.commit("on nothing");
    told.apply(source.sync().await);
    assert_eq!(told.faults, []);
    assert_eq!(told.said, world_as_served(&source).await);
}

async fn world_as_served(source: &Source) -> super::world::Said {
    let fresh = Source { cache: None, ..Source::new(source.config.clone(), Files::default()) };
    fresh.all().await.said
}

#[tokio::test]
async fn a_login_is_sent_and_its_refusal_told_without_it() {
    let (_world, server, mut source) = served();
    // me:s3cret and git:t0ken
    server.rules(Rules { login: Some("Basic bWU6czNjcmV0"), ..Rules::default() });
    assert_eq!(source.refusal().await, "the server asks for credentials");
    source.credentials =
        [("username", "me"), ("password", "wr0ng")].map(|(n, v)| (n.to_owned(), v.into())).into();
    let refusal = source.refusal().await;
    assert_eq!(refusal, "the server does not take the credentials");
    source.credentials.insert("password".to_owned(), "s3cret".into());
    source.connector.validate(source.job()).await.unwrap();
    assert!(source.all().await.has("branch:main"));
    server.rules(Rules { login: Some("Basic Z2l0OnQwa2Vu"), ..Rules::default() });
    source.credentials = [("token".to_owned(), "t0ken".into())].into();
    source.sync().await;
    let kept =
        fs::read_to_string(source.cache.clone().unwrap().join("repository.git/config")).unwrap();
    assert!(!kept.contains("t0ken"));
}

#[tokio::test]
async fn a_redirect_is_judged_and_takes_no_login_elsewhere() {
    let (world, server, mut source) = served();
    source.credentials = [("token".to_owned(), "t0ken".into())].into();
    for place in [
        "http://10.0.0.1/shop/.git",
        "http://127.0.0.2/x",
        "http://169.254.169.254/x",
        "http://[::1]/x",
    ] {
        server.rules(Rules { redirect: Some(place.to_owned()), ..Rules::default() });
        let refusal = source.refusal().await;
        assert!(refusal.contains("not allowed"), "{place}: {refusal}");
    }
    let circle = source.config["url"].as_str().unwrap().to_owned();
    server.rules(Rules { redirect: Some(circle), ..Rules::default() });
    assert!(source.refusal().await.contains("too many"));

    let other = Server::new(&world.at("open"));
    server.rules(Rules { redirect: Some(other.url("shop/.git")), ..Rules::default() });
    server.asked();
    assert!(source.all().await.has("branch:main"));
    assert!(server.asked().iter().all(|(_, _, login, _)| login.is_some()));
    let elsewhere = other.asked();
    assert!(
        elsewhere.len() >= 2 && elsewhere.iter().all(|(_, _, login, _)| login.is_none()),
        "{elsewhere:?}"
    );

    let moved = Server::new(&world.at("open"));
    source.config = json!({ "url": moved.url("old") });
    moved.rules(Rules { redirect: None, status: None, ..Rules::default() });
    assert_eq!(
        source.refusal().await,
        "there is no repository at the URL, or not for these credentials"
    );
}

#[tokio::test]
async fn a_pack_that_breaks_off_is_an_error_and_the_next_sync_is_whole() {
    let (_world, server, mut source) = served();
    for cut_cleanly in [false, true] {
        server.rules(Rules { cut: Some(2000), cut_cleanly, ..Rules::default() });
        let error = source.records().await.expect_err("half a pack is none");
        assert!(error.is_temporary(), "{error:?}");
    }
    server.rules(Rules::default());
    let mut told = Told::default();
    told.apply(source.sync().await);
    assert!(told.has("branch:main") && told.faults.is_empty());
}

#[tokio::test]
async fn a_server_that_fails_or_is_silent_is_told_apart_from_one_that_refuses() {
    let (_world, server, mut source) = served();
    server.rules(Rules { status: Some("503 Busy"), ..Rules::default() });
    assert!(source.records().await.is_err_and(|error| error.is_temporary()));
    server.rules(Rules { status: Some("200 OK\r\nContent-Type: text/html"), ..Rules::default() });
    assert!(source.records().await.is_err(), "a page is no repository");
    server.rules(Rules { silent: true, ..Rules::default() });
    source.connector =
        Git::with_limits(GitLimits { idle: Duration::from_millis(200), ..GitLimits::default() });
    assert!(source.records().await.is_err_and(|error| error.is_temporary()));
    source.connector =
        Git::with_limits(GitLimits { total: Duration::from_millis(200), ..GitLimits::default() });
    assert!(source.records().await.is_err_and(|error| error.is_temporary()));
}

#[tokio::test]
async fn a_server_sends_no_more_than_is_allowed() {
    let (mut world, _server, mut source) = served();
    let limited = |limits| Git::with_limits(limits);
    let cases = [
        GitLimits { pack_bytes: 2000, ..GitLimits::default() },
        GitLimits { list_bytes: 200, ..GitLimits::default() },
    ];
    for limits in cases {
        source.connector = limited(limits);
        let refused = source.records().await;
        assert!(
            matches!(&refused, Err(Error::Refused(text)) if text.contains("more than")),
            "{refused:?}"
        );
    }
    // Little to send, much to hold: once as an object, once as the list of objects.
    world.write("bomb", vec![b'0'; 4 << 20]);
    world.commit("bomb");
    for object_bytes in [1 << 20, 1000] {
        source.connector = limited(GitLimits { object_bytes, ..GitLimits::default() });
        source.cache = None;
        assert!(source.records().await.is_err(), "{object_bytes}");
    }
    source.connector = Git::default();
    assert!(source.all().await.has("file:bomb"));
}

#[tokio::test]
async fn a_branch_that_is_asked_for_is_cloned_alone_with_the_tags() {
    let (mut world, _server, mut source) = served();
    world.git(&["checkout", "-q", "-b", "side"]);
    let side = world.commit("side");
    world.git(&["checkout", "-q", "main"]);
    source.config["branch"] = json!("main");
    let told = source.all().await;
    assert!(told.has("tag:v1.0.0") && !told.has(&side) && !told.has("branch:side"));
    source.config["branch"] = json!("nothing");
    assert_eq!(source.refusal().await, "config.branch: there is no such branch");
}

#[tokio::test]
async fn an_empty_repository_elsewhere_is_told() {
    let world = World::new();
    let server = Server::new(&world.at("open"));
    let mut source = Source::new(json!({ "url": server.url("shop/.git") }), Files::default());
    source.connector.validate(source.job()).await.unwrap();
    assert_eq!(source.all().await.said.len(), 1);
    source.sync().await;
    assert_eq!(source.sync().await.len(), 2);
}

#[tokio::test]
async fn a_tool_sees_what_was_pushed_a_moment_ago() {
    let (mut world, _server, mut source) = served();
    source.sync().await;
    world.write("fresh", "just now\n");
    world.commit("fresh");
    let found = source.tool("grep", json!({ "pattern": "just now" })).await.unwrap();
    assert_eq!(found.content["matches"][0]["path"], "fresh");
    let log = source.tool("log", json!({ "limit": 1 })).await.unwrap();
    assert_eq!(log.content["commits"][0]["message"], "fresh");
}

#[tokio::test]
async fn a_clone_of_another_url_is_not_looked_into() {
    let (world, server, mut source) = served();
    source.sync().await;
    let old = world.git(&["rev-parse", "HEAD"]);
    source.tool("show", json!({ "rev": old })).await.unwrap();
    run(git(&world.at("open")).args(["init", "-q", "other"]));
    let other = world.at("open/other");
    run(git(&other).args(["commit", "-q", "--allow-empty", "-m", "other"]));
    source.config = json!({ "url": server.url("other/.git") });
    let mut told = Told::default();
    assert!(!told.apply(source.sync().await));
    assert!(source.tool("show", json!({ "rev": old })).await.is_err());
}

/// Bytes that nothing makes smaller.
fn noise(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[4]
    };
    (0..size).map(|_| next()).collect()
}

#[tokio::test]
async fn a_clone_that_grows_over_its_bound_is_made_anew() {
    let (mut world, _server, mut source) = served();
    let pack_bytes = 1 << 20;
    source.connector = Git::with_limits(GitLimits { pack_bytes, ..GitLimits::default() });
    for seed in 1..=4 {
        // A new history each time, as after a forced push.
        world.write("noise", noise(seed, 600 << 10));
        world.commit("noise");
        source.sync().await;
        let kept = size(&world.at("cache/repository.git/objects/pack"));
        assert!(kept < pack_bytes + (64 << 10), "{kept}");
        assert!(source.all().await.has("file:noise"));
        world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    }
}
