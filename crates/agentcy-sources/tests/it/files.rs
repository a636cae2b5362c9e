use std::{
    fs::{create_dir_all, write},
    io::Read,
    os::unix::{fs::symlink, net::UnixListener},
    path::{Path, PathBuf},
};

use agentcy_sources::{Files, RefusedPath};
use tempfile::TempDir;

/// An allowed folder with a data directory in it, and something secret beside it.
struct World {
    top: TempDir,
}

impl World {
    fn new() -> Self {
        let top = tempfile::tempdir().unwrap();
        for folder in ["open/deep/er", "open/data", "closed"] {
            create_dir_all(top.path().join(folder)).unwrap();
        }
        for file in ["open/a.json", "open/deep/er/b.json", "open/data/key", "closed/secret"] {
            write(top.path().join(file), format!("text of {file}")).unwrap();
        }
        Self { top }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.top.path().join(path)
    }

    fn link(&self, target: impl AsRef<Path>, path: &str) {
        symlink(target, self.at(path)).unwrap();
    }

    fn files(&self) -> Files {
        Files::new(vec![self.at("open")], vec![self.at("open/data")])
    }

    /// What a path holds, or the name of the refusal.
    fn read(&self, path: impl AsRef<Path>) -> String {
        match self.files().open(path.as_ref()) {
            Ok(mut file) => {
                let mut text = String::new();
                file.read_to_string(&mut text).unwrap();
                text
            }
            Err(RefusedPath::Io(error)) => format!("{:?}", error.kind()),
            Err(refused) => format!("{refused:?}"),
        }
    }
}

#[test]
fn a_file_beneath_an_allowed_folder_is_opened() {
    let world = World::new();
    for path in ["a.json", "./a.json", "deep/er/b.json", "deep//er/./b.json"] {
        assert!(world.read(path).starts_with("text of open/"), "{path}");
        assert!(world.read(world.at("open").join(path)).starts_with("text of open/"), "{path}");
    }
    assert_eq!(world.read("missing"), "NotFound");
    assert_eq!(world.read("a.json/x"), "NotADirectory");
}

#[test]
fn nothing_beside_the_folder_is_opened() {
    let world = World::new();
    for path in ["closed/secret", "open2/x", ""] {
        assert_eq!(world.read(world.at(path)), "NotAllowed", "{path}");
    }
    for path in ["../closed/secret", "deep/../a.json", "deep/../../closed/secret", ".."] {
        assert_eq!(world.read(path), "LeadsOut", "{path}");
        assert_eq!(world.read(world.at("open").join(path)), "LeadsOut", "{path}");
    }
    let none = Files::new(Vec::new(), Vec::new());
    assert!(matches!(none.open(Path::new("a.json")), Err(RefusedPath::NotAllowed)));
}

#[test]
fn links_are_followed_inside_the_folder_only() {
    let world = World::new();
    world.link("deep/er", "open/short");
    world.link("../../a.json", "open/deep/er/up");
    world.link("short/up", "open/both");
    for path in ["short/b.json", "deep/er/up", "both"] {
        assert!(world.read(path).starts_with("text of open/"), "{path}: {}", world.read(path));
    }
    world.link("../closed/secret", "open/out");
    world.link("../closed", "open/outside");
    world.link(world.at("closed/secret"), "open/absolute");
    world.link("deep/er/../../../closed/secret", "open/winding");
    world.link("out", "open/twice");
    world.link("../open/a.json", "open/out-and-in");
    world.link("/proc/self/root/etc/passwd", "open/magic");
    for path in ["out", "outside/secret", "absolute", "winding", "twice", "out-and-in", "magic"] {
        assert_eq!(world.read(path), "LeadsOut", "{path}");
    }
}

#[test]
fn circles_of_links_and_endless_paths_end() {
    let world = World::new();
    world.link("circle", "open/circle");
    world.link("pong", "open/ping");
    world.link("ping", "open/pong");
    world.link("grow/x", "open/grow");
    world.link(".", "open/self");
    for path in ["circle", "ping", "grow", &"self/".repeat(41), &"deep/".repeat(100)] {
        assert_eq!(world.read(path.trim_end_matches('/')), "TooDeep", "{path}");
    }
}

#[test]
fn the_data_directory_is_never_read_whichever_way_leads_there() {
    let world = World::new();
    world.link("data", "open/harmless");
    world.link("../data/key", "open/deep/key");
    for path in ["data/key", "harmless/key", "deep/key"] {
        assert_eq!(world.read(path), "Protected", "{path}");
    }
    assert!(matches!(world.files().locate(Path::new("data")), Err(RefusedPath::Protected)));
    let inside = Files::new(vec![world.at("open/data")], vec![world.at("open")]);
    assert!(matches!(inside.open(Path::new("key")), Err(RefusedPath::Protected)));
    let same = Files::new(vec![world.at("open/harmless")], vec![world.at("open/data")]);
    assert!(matches!(same.open(Path::new("key")), Err(RefusedPath::Protected)));
}

#[test]
fn environment_files_are_never_read_under_any_name() {
    let world = World::new();
    for name in [".env", ".env.local", ".envrc", ".ENV"] {
        write(world.at("open").join(name), "TOKEN=x").unwrap();
        assert_eq!(world.read(name), "Protected", "{name}");
    }
    create_dir_all(world.at("open/.env.d")).unwrap();
    write(world.at("open/.env.d/x"), "").unwrap();
    world.link(".env", "open/readme.md");
    for path in [".env.d/x", "readme.md"] {
        assert_eq!(world.read(path), "Protected", "{path}");
    }
}

#[test]
fn only_ordinary_files_are_opened_and_nothing_is_waited_for() {
    let world = World::new();
    let _socket = UnixListener::bind(world.at("open/socket")).unwrap();
    let pipe = world.at("open/pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    for path in ["deep", "pipe"] {
        assert_eq!(world.read(path), "NotAFile", "{path}");
    }
    assert!(world.files().open(Path::new("socket")).is_err());
}

#[test]
fn a_place_is_found_by_its_real_name() {
    let world = World::new();
    world.link("deep/er", "open/short");
    world.link(world.at("open"), "alias");
    let files = Files::new(vec![world.at("alias")], Vec::new());
    let real = world.at("open/deep/er").canonicalize().unwrap();
    assert_eq!(files.locate(Path::new("short")).unwrap(), real);
    assert_eq!(files.locate(&world.at("alias/short")).unwrap(), real);
    assert!(matches!(files.locate(Path::new("../closed")), Err(RefusedPath::LeadsOut)));
}
