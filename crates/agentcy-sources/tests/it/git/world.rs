//! A repository made by git, and what the connector says of it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use agentcy_egress::Egress;
use agentcy_sources::{
    Connector, Credentials, Cursor, Error, Fault, Files, Git, Job, Kind, NodeRecord, Output, Record,
};
use futures_util::TryStreamExt;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The git command, cut off from the settings of this machine.
pub(super) fn git(folder: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(folder).env_clear();
    for (name, value) in [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("HOME", "/nonexistent"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_AUTHOR_NAME", "Ada"),
        ("GIT_AUTHOR_EMAIL", "ada@example.org"),
        ("GIT_COMMITTER_NAME", "Ada"),
        ("GIT_COMMITTER_EMAIL", "ada@example.org"),
        ("GIT_AUTHOR_DATE", "1700000000 +0000"),
        ("GIT_COMMITTER_DATE", "1700000000 +0000"),
    ] {
        git.env(name, value);
    }
    git.args(["-c", "init.defaultBranch=main", "-c", "safe.directory=*", "-c", "gc.auto=0"]);
    git.args(["-c", "protocol.file.allow=always", "-c", "maintenance.auto=false"]);
    git
}

/// Runs git, and gives what it said.
pub(super) fn run(command: &mut Command) -> String {
    let done = command.stdin(Stdio::null()).output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

/// An allowed folder with a repository in it, and a place outside of it.
pub(super) struct World {
    pub(super) top: TempDir,
    pub(super) clock: i64,
}

impl World {
    pub(super) fn new() -> Self {
        let top = tempfile::tempdir().unwrap();
        fs::create_dir_all(top.path().join("open/shop")).unwrap();
        fs::create_dir_all(top.path().join("open/data")).unwrap();
        fs::create_dir_all(top.path().join("closed")).unwrap();
        let world = Self { top, clock: 1_700_000_000 };
        world.git(&["init", "-q"]);
        world
    }

    pub(super) fn at(&self, path: &str) -> PathBuf {
        self.top.path().join(path)
    }

    pub(super) fn repo(&self) -> PathBuf {
        self.at("open/shop")
    }

    pub(super) fn git(&self, args: &[&str]) -> String {
        run(git(&self.repo()).args(args))
    }

    pub(super) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.repo().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Commits everything an hour after the last commit; gives its name.
    pub(super) fn commit(&mut self, message: &str) -> String {
        self.commit_as("Ada", "ada@example.org", message)
    }

    pub(super) fn commit_as(&mut self, name: &str, mail: &str, message: &str) -> String {
        self.clock += 3600;
        self.git(&["add", "-A"]);
        let date = format!("{} +0000", self.clock);
        let mut commit = git(&self.repo());
        commit.env("GIT_AUTHOR_NAME", name).env("GIT_AUTHOR_EMAIL", mail);
        commit.env("GIT_COMMITTER_NAME", name).env("GIT_COMMITTER_EMAIL", mail);
        commit.env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date);
        run(commit.args(["commit", "-q", "--allow-empty", "--allow-empty-message", "-m", message]));
        self.git(&["rev-parse", "HEAD"])
    }

    pub(super) fn files(&self) -> Files {
        Files::new(vec![self.at("open")], vec![self.at("open/data")])
    }

    pub(super) fn source(&self) -> Source {
        Source::new(json!({ "path": "shop" }), self.files())
    }
}

/// A source of the connector, and where its syncs came to.
pub(super) struct Source {
    pub(super) connector: Git,
    pub(super) config: Value,
    pub(super) credentials: Credentials,
    pub(super) egress: Egress,
    pub(super) files: Files,
    pub(super) cursor: Option<Value>,
    pub(super) cache: Option<PathBuf>,
}

pub(super) type Said = BTreeMap<(bool, String), Record>;

impl Source {
    pub(super) fn new(config: Value, files: Files) -> Self {
        Self {
            connector: Git::default(),
            config,
            credentials: Credentials::new(),
            egress: Egress::new(vec!["127.0.0.1/32".parse().unwrap()]),
            files,
            cursor: None,
            cache: None,
        }
    }

    pub(super) fn job(&self) -> Job<'_> {
        Job {
            config: &self.config,
            credentials: &self.credentials,
            egress: &self.egress,
            files: &self.files,
            content: None,
            cursor: self.cursor.as_ref(),
            cache: self.cache.as_deref(),
        }
    }

    pub(super) async fn records(&self) -> Result<Vec<Record>, Error> {
        self.connector.collect(self.job()).try_collect().await
    }

    /// What is said from nothing.
    pub(super) async fn all(&self) -> Told {
        let job = Job { cursor: None, ..self.job() };
        let records: Vec<_> = self.connector.collect(job).try_collect().await.unwrap();
        let mut told = Told::default();
        assert!(!told.apply(records), "a first sync is whole");
        told
    }

    /// Syncs, and gives what was said; the next one goes on from there.
    pub(super) async fn sync(&mut self) -> Vec<Record> {
        let records = self.records().await.unwrap();
        let Some(Record::Cursor(Cursor { value })) = records.last() else { panic!("no cursor") };
        assert!(value.to_string().len() < 64 << 10);
        self.cursor = Some(value.clone());
        records
    }

    pub(super) async fn tool(&self, tool: &str, args: Value) -> Result<Output, Error> {
        self.connector.execute(self.job(), tool, &args).await
    }

    /// The words of a refusal that only reading the objects brings.
    pub(super) async fn refusal_of_sync(&self) -> String {
        match self.records().await {
            Err(Error::Refused(message)) => message,
            other => panic!("{other:?}"),
        }
    }

    /// The words of a refusal.
    pub(super) async fn refusal(&self) -> String {
        let refused = self.records().await.expect_err("it should be refused");
        let validated = self.connector.validate(self.job()).await;
        match refused {
            Error::Invalid(fields) => {
                assert!(matches!(validated, Err(Error::Invalid(_))), "{validated:?}");
                format!("{}: {}", fields[0].path, fields[0].message)
            }
            Error::Refused(message) => message,
            other => format!("{other:?}"),
        }
    }
}

/// What is known after some syncs.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) said: Said,
    pub(super) faults: Vec<Fault>,
}

impl Told {
    /// Takes a sync in as the ledger would; says whether it was a delta.
    pub(super) fn apply(&mut self, records: Vec<Record>) -> bool {
        let mut delta = false;
        let mut seen = Said::new();
        self.faults.clear();
        for (at, record) in records.into_iter().enumerate() {
            match record {
                Record::Delta => {
                    assert_eq!(at, 0, "a delta says so first");
                    delta = true;
                }
                Record::Node(ref node) => {
                    let twice = seen.insert((false, node.external_id.clone()), record.clone());
                    assert!(twice.is_none(), "said twice: {record:?}");
                }
                Record::Edge(ref edge) => {
                    let twice = seen.insert((true, edge.external_id.clone()), record.clone());
                    assert!(twice.is_none(), "said twice: {record:?}");
                }
                Record::Gone(gone) => {
                    assert!(delta);
                    let key = (gone.kind == Kind::Edge, gone.external_id);
                    assert!(!seen.contains_key(&key), "said and gone: {key:?}");
                    assert!(self.said.remove(&key).is_some(), "gone but never there: {key:?}");
                }
                Record::Fault(fault) => self.faults.push(fault),
                Record::Progress(_) | Record::Cursor(_) => {}
            }
        }
        if delta {
            self.said.append(&mut seen);
        } else {
            self.said = seen;
        }
        delta
    }

    pub(super) fn node(&self, id: &str) -> &NodeRecord {
        match self.said.get(&(false, id.to_owned())) {
            Some(Record::Node(node)) => node,
            _ => panic!("there is no {id} among {:?}", self.said.keys()),
        }
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.said.contains_key(&(false, id.to_owned()))
    }

    /// The edges of a type as `from -> to`.
    pub(super) fn edges(&self, edge_type: &str) -> Vec<String> {
        let end = |end: &agentcy_sources::End| match end {
            agentcy_sources::End::Own(id) => id.clone(),
            agentcy_sources::End::Shared { key } => key.clone(),
        };
        let of_type = |record: &Record| match record {
            Record::Edge(edge) if edge.edge_type == edge_type => {
                Some(format!("{} -> {}", end(&edge.from), end(&edge.to)))
            }
            _ => None,
        };
        self.said.values().filter_map(of_type).collect()
    }

    /// Every edge leads from and to something that was said.
    pub(super) fn assert_closed(&self) {
        for record in self.said.values() {
            let Record::Edge(edge) = record else { continue };
            for end in [&edge.from, &edge.to] {
                let agentcy_sources::End::Own(id) = end else { continue };
                assert!(self.has(id), "{edge:?} leads to nothing");
            }
        }
    }
}
