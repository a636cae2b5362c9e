//! A sync goes on from the last one: what it says of the difference adds up to all there is.

use std::{
    fmt::Write as _,
    os::unix::fs::{PermissionsExt, symlink},
};

use agentcy_sources::Record;
use serde_json::json;

use super::world::{Source, Told, World, git};

/// Numbers that only look random.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.roll(list.len())]
    }
}

const FILES: [&str; 8] = ["a", "b.txt", "d/a", "d/e/f.rs", "d/e/g", "x", "x/y", "README.md"];
const BRANCHES: [&str; 4] = ["main", "dev", "dev-2", "side/one"];
const TAGS: [&str; 4] = ["v1.0.0", "v1.1.0", "nightly", "x/y"];
const PEOPLE: [(&str, &str); 5] = [
    ("Ada", "ada@example.org"),
    ("Ada L.", "ADA@example.org"),
    ("Grace", "grace@example.org"),
    ("Root", "root"),
    ("Other", "root"),
];

/// One thing that somebody does to a repository. What cannot be done now is not done.
fn act(world: &mut World, dice: &mut Dice) {
    let repo = world.repo();
    let attempt = |args: &[&str]| drop(git(&repo).args(args).output().unwrap());
    let path = repo.join(dice.of(&FILES));
    let remove = || drop(std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir_all(&path)));
    match dice.roll(22) {
        0..=5 => {
            let parent = path.parent().unwrap();
            if parent.is_file() {
                std::fs::remove_file(parent).unwrap();
            }
            std::fs::create_dir_all(parent).unwrap();
            remove();
            match dice.roll(8) {
                0 => symlink("a", &path).unwrap(),
                1 => {
                    std::fs::write(&path, "same").unwrap();
                    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
                }
                text => std::fs::write(&path, format!("text {text}\n")).unwrap(),
            }
        }
        6 => remove(),
        7 => {
            let to = format!("moved-{}", dice.roll(3));
            let _ = std::fs::rename(&path, repo.join(to));
        }
        8 | 9 => {
            let other = dice.of(&BRANCHES);
            world.clock += 60;
            let date = format!("{} +0000", world.clock);
            let merge = ["merge", "-q", "--no-ff", "-X", "ours", "-m", "merge", other];
            let done = git(&repo).args(merge).env("GIT_COMMITTER_DATE", date).output().unwrap();
            if !done.status.success() {
                attempt(&["merge", "--abort"]);
            }
        }
        10 | 11 => attempt(&["checkout", "-q", "-f", "-B", dice.of(&BRANCHES)]),
        12 => attempt(&["checkout", "-q", "-f", dice.of(&BRANCHES)]),
        13 => attempt(&["branch", "-q", "-D", dice.of(&BRANCHES)]),
        14 => attempt(&["tag", "-f", dice.of(&TAGS)]),
        15 => attempt(&["tag", "-f", "-a", "-m", "words", dice.of(&TAGS)]),
        16 => attempt(&["tag", "-d", dice.of(&TAGS)]),
        17 | 18 => {
            let back = format!("HEAD~{}", 1 + dice.roll(3));
            attempt(&["reset", "-q", "--hard", &back]);
        }
        19 => attempt(&["commit", "-q", "--amend", "--allow-empty", "-m", "amended"]),
        20 => attempt(&["checkout", "-q", "-f", "--detach"]),
        _ => attempt(&["pack-refs", "--all"]),
    }
    if dice.roll(3) > 0 {
        // Clocks of people differ.
        world.clock -= i64::try_from(dice.roll(3) * 3000).unwrap();
        let (name, mail) = PEOPLE[dice.roll(PEOPLE.len())];
        world.commit_as(name, mail, &format!("work {}", dice.roll(100)));
    }
}

async fn catch_up(source: &mut Source, told: &mut Told) -> bool {
    let delta = told.apply(source.sync().await);
    let all = source.all().await;
    for (id, record) in &all.said {
        assert_eq!(told.said.get(id), Some(record), "{id:?}");
    }
    let more: Vec<_> = told.said.keys().filter(|id| !all.said.contains_key(*id)).collect();
    assert!(more.is_empty(), "not there any more: {more:?}");
    all.assert_closed();
    delta
}

/// Plays random histories, and catches up eight times in each.
async fn play(seeds: std::ops::Range<u64>, max_commits: usize) {
    let (mut deltas, rounds) = (0, 8);
    let wanted = rounds * usize::try_from(seeds.end - seeds.start).unwrap();
    for seed in seeds {
        let mut dice = Dice(seed);
        let mut world = World::new();
        let mut source = world.source();
        source.config["max_commits"] = json!(max_commits);
        let mut told = Told::default();
        for _ in 0..rounds {
            for _ in 0..=dice.roll(5) {
                act(&mut world, &mut dice);
            }
            deltas += usize::from(catch_up(&mut source, &mut told).await);
        }
        assert_eq!(told.faults, [], "seed {seed}");
    }
    assert!(deltas > wanted * 3 / 4, "only {deltas} of {wanted} were differences");
}

#[tokio::test]
async fn differences_add_up_to_what_there_is_whatever_happens() {
    play(0..4, 1000).await;
}

#[tokio::test]
async fn differences_add_up_in_other_histories() {
    play(4..8, 1000).await;
}

#[tokio::test]
async fn differences_add_up_where_old_commits_drop_out() {
    play(8..12, 5).await;
}

#[tokio::test]
async fn nothing_is_said_when_nothing_changed() {
    let mut world = World::new();
    world.write("a", "1");
    world.commit("one");
    let mut source = world.source();
    source.sync().await;
    // What no ref leads to is no change.
    world.write("b", "2");
    world.git(&["add", "-A"]);
    for _ in 0..2 {
        let records = source.sync().await;
        assert!(matches!(&records[..], [Record::Delta, Record::Cursor(_)]), "{records:?}");
    }
}

#[tokio::test]
async fn a_new_commit_says_only_itself() {
    let mut world = World::new();
    world.write("d/a", "1");
    world.write("d/b", "1");
    world.commit("one");
    let mut source = world.source();
    source.sync().await;
    world.write("d/a", "2");
    let sha = world.commit("two");
    let mut ids: Vec<String> = source
        .sync()
        .await
        .into_iter()
        .filter_map(|record| match record {
            Record::Node(node) => Some(node.external_id),
            Record::Edge(edge) => Some(edge.external_id),
            Record::Gone(gone) => Some(format!("gone {}", &gone.external_id[..22])),
            _ => None,
        })
        .collect();
    ids.sort();
    let mut told: Vec<_> = ids.iter().map(|id| id.split(&sha[..8]).next().unwrap()).collect();
    told.dedup();
    assert_eq!(
        told,
        [
            "",
            "authored:",
            "gone points_at:branch:main:",
            "parent:",
            "points_at:branch:main:",
            "touched:"
        ]
    );
}

#[tokio::test]
async fn a_sync_is_whole_again_when_the_old_history_is_gone_or_the_config_is_another() {
    let mut world = World::new();
    world.write("a", "1");
    let first = world.commit("one");
    world.write("a", "2");
    let second = world.commit("two");
    let mut source = world.source();
    let mut told = Told::default();
    told.apply(source.sync().await);
    world.git(&["reset", "-q", "--hard", &first]);
    world.git(&["reflog", "expire", "--expire=now", "--all"]);
    world.git(&["gc", "-q", "--prune=now"]);
    assert!(!catch_up(&mut source, &mut told).await, "the old tip cannot be read");
    assert!(!told.has(&second));

    source.config["max_commits"] = json!(7);
    assert!(!told.apply(source.sync().await), "another config");
    source.cursor = Some(json!({ "version": 0, "anything": [1, 2] }));
    assert!(!told.apply(source.sync().await), "a foreign cursor");
}

#[tokio::test]
async fn a_repository_of_very_many_tags_is_still_known_to_be_unchanged() {
    let mut world = World::new();
    let sha = world.commit("one");
    let mut refs = "# pack-refs with: peeled fully-peeled sorted \n".to_owned();
    for number in 0..3000 {
        let _ = writeln!(refs, "{sha} refs/tags/build-{number:05}");
    }
    std::fs::write(world.repo().join(".git/packed-refs"), refs).unwrap();
    let mut source = world.source();
    let mut told = Told::default();
    assert!(!told.apply(source.sync().await));
    assert_eq!(source.sync().await.len(), 2);
    world.git(&["tag", "one-more"]);
    assert!(!catch_up(&mut source, &mut told).await, "too many to note each");
}
