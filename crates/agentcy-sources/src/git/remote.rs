//! A repository elsewhere: cloned into a folder of ours, and fetched into it from then on.

use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use agentcy_egress::Egress;
use gix::{
    Repository,
    bstr::BString,
    progress::Discard,
    protocol::handshake::Ref,
    refs::transaction::{Change, PreviousValue, RefEdit, RefLog},
    remote::{Direction, fetch::Tags, ref_map},
};
use gix_transport::{Protocol, client::blocking_io::http};
use tempfile::TempDir;
use tokio::runtime::Handle;
use url::Url;

use super::{
    config::Config,
    limits::Limits,
    names,
    refs::{HEADS, Head, Refs, TAGS},
    repo,
    sink::Stop,
    transport::Guarded,
    way::Way,
};
use crate::{Error, Result};

const FOLDER: &str = "repository.git";
const LOCK: &str = "repository.lock";
/// Holds where a clone came from: another URL is another repository, which nobody may look into here.
const FROM: &str = "cloned-from";
/// How many files of packs a clone gathers, two at each fetch, before it is made anew.
const MAX_FILES: usize = 512;
/// How often a wait looks around.
const TICK: Duration = Duration::from_millis(100);
/// Where the remote's head is kept, so that it is asked for.
const HEAD_COPY: &str = "refs/agentcy/head";

/// What a fetch needs beside the config.
pub(super) struct Means<'a> {
    pub(super) egress: &'a Egress,
    pub(super) cache: Option<&'a Path>,
    pub(super) limits: Limits,
    pub(super) stop: &'a Stop,
    pub(super) runtime: &'a Handle,
}

/// A clone.
pub(super) struct Clone {
    url: Url,
    folder: PathBuf,
    /// Whether it was there before.
    pub(super) reused: bool,
    temporary: Option<TempDir>,
    lock: Option<File>,
}

impl Clone {
    /// The clone in the cache, or a new and empty one. Nobody else fetches into it meanwhile.
    pub(super) fn at(url: &Url, means: &Means<'_>) -> Result<Self> {
        let temporary = match means.cache {
            Some(_) => None,
            None => {
                Some(tempfile::Builder::new().prefix("agentcy-git-").tempdir().map_err(cannot)?)
            }
        };
        let above = means.cache.or(temporary.as_ref().map(TempDir::path)).unwrap_or(Path::new(""));
        fs::create_dir_all(above).map_err(cannot)?;
        let lock = Some(acquire(&above.join(LOCK), means)?);
        let folder = above.join(FOLDER);
        let (files, bytes) = packs(&folder).unwrap_or_default();
        let from = fs::read(folder.join(FROM)).unwrap_or_default();
        let reused = (1..MAX_FILES).contains(&files)
            && bytes <= means.limits.pack_bytes
            && from == url.as_str().as_bytes()
            && repo::open(&folder, means.limits.object_bytes).is_ok();
        let clone = Self { url: url.clone(), folder, reused, temporary, lock };
        if !reused {
            clone.reset()?;
        }
        Ok(clone)
    }

    /// Throws away what is there.
    pub(super) fn reset(&self) -> Result<()> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).map_err(cannot)?;
        }
        for inner in ["refs", "objects/pack", "objects/info"] {
            fs::create_dir_all(self.folder.join(inner)).map_err(cannot)?;
        }
        fs::write(self.folder.join(FROM), self.url.as_str()).map_err(cannot)?;
        fs::write(self.folder.join("HEAD"), Head::Nowhere.file()).map_err(cannot)?;
        let config = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n";
        fs::write(self.folder.join("config"), config).map_err(cannot)
    }

    /// Brings it up to date, unless `enough` says that what the server points at is known already.
    /// A clone that is damaged, or has grown too large, is made anew.
    pub(super) fn update(
        &mut self,
        config: &Config,
        means: &Means<'_>,
        enough: impl Fn(&Refs) -> bool,
    ) -> Result<Refs> {
        let fetched = match self.fetch(config, means, &enough) {
            Err(Failure::Here(_)) if self.reused => self.fetch_anew(config, means, &enough),
            Ok(_) if self.reused && packs(&self.folder)?.1 > means.limits.pack_bytes => {
                self.fetch_anew(config, means, &enough)
            }
            done => done,
        };
        let refs = fetched.map_err(Failure::into_error)?;
        fs::write(self.folder.join("HEAD"), refs.head.file()).map_err(cannot)?;
        Ok(refs)
    }

    /// Opens it for reading, and lets others fetch into it.
    pub(super) fn open(&mut self, limits: &Limits) -> Result<Repository> {
        let repo = repo::open(&self.folder, limits.object_bytes)?;
        self.lock = None;
        Ok(repo)
    }

    /// The folder that goes when the reading is over, if it is not kept.
    pub(super) fn into_temporary(self) -> Option<TempDir> {
        self.temporary
    }

    fn fetch_anew(
        &mut self,
        config: &Config,
        means: &Means<'_>,
        enough: &impl Fn(&Refs) -> bool,
    ) -> std::result::Result<Refs, Failure> {
        self.reset().map_err(Failure::Way)?;
        self.reused = false;
        self.fetch(config, means, enough)
    }

    fn fetch(
        &self,
        config: &Config,
        means: &Means<'_>,
        enough: &impl Fn(&Refs) -> bool,
    ) -> std::result::Result<Refs, Failure> {
        let way = Arc::new(Way {
            http: means.egress.http().map_err(|error| Failure::Way(error.into()))?,
            runtime: means.runtime.clone(),
            url: self.url.clone(),
            login: config.login.clone(),
            limits: means.limits,
            until: Instant::now() + means.limits.total,
            stop: means.stop.clone(),
            failure: Mutex::new(None),
        });
        let cut = AtomicBool::new(false);
        let fetched = thread::scope(|scope| {
            let (done, over) = std::sync::mpsc::channel::<()>();
            let (cut, way) = (&cut, &way);
            // Unpacking reads nothing from the network, so its end is watched from here.
            scope.spawn(move || {
                while over.recv_timeout(TICK) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                    if way.stop.is_set() || Instant::now() > way.until {
                        cut.store(true, Ordering::Relaxed);
                    }
                }
            });
            let fetched = self.exchange(config, way, cut, enough);
            drop(done);
            fetched
        });
        fetched.map_err(|error| match way.failure() {
            Some(failure) => Failure::Way(failure),
            None if cut.load(Ordering::Relaxed) => Failure::Way(late()),
            None => Failure::Here(error),
        })
    }

    fn exchange(
        &self,
        config: &Config,
        way: &Arc<Way>,
        cut: &AtomicBool,
        enough: &impl Fn(&Refs) -> bool,
    ) -> std::result::Result<Refs, gix::Error> {
        let repo = repo::options(way.limits.object_bytes).open(&self.folder)?.to_thread_local();
        let heads = match &config.branch {
            Some(branch) => format!("+{HEADS}{branch}:{HEADS}{branch}"),
            None => format!("+{HEADS}*:{HEADS}*"),
        };
        let specs = [heads, format!("+{TAGS}*:{TAGS}*"), format!("+HEAD:{HEAD_COPY}")];
        let specs = specs.iter().map(|spec| BString::from(spec.as_str()));
        let place = gix::url::parse(self.url.as_str())?;
        let remote = repo
            .remote_at_without_url_rewrite(place.clone())?
            .with_fetch_tags(Tags::None)
            .with_refspecs(specs, Direction::Fetch)?;
        let transport =
            http::Transport::new_http(Guarded::new(Arc::clone(way)), place, Protocol::V2, false);
        let connection =
            remote.to_connection_with_transport(transport).with_credentials(|_| Ok(None));
        let prepared = connection.prepare_fetch(Discard, ref_map::Options::default())?;
        let refs = advertised(&prepared.ref_map().remote_refs);
        if enough(&refs) || refs.all.is_empty() {
            return Ok(refs);
        }
        forget(&repo, &refs)?;
        prepared.receive(Discard, cut)?;
        Ok(refs)
    }
}

enum Failure {
    /// The network, the server, or a bound.
    Way(Error),
    /// What was sent, or what is kept here.
    Here(gix::Error),
}

impl Failure {
    fn into_error(self) -> Error {
        match self {
            Self::Way(error) => error,
            Self::Here(error) => Error::Unavailable(error.into()),
        }
    }
}

fn late() -> Error {
    Error::Unavailable("the repository takes too long to unpack".into())
}

fn cannot(error: io::Error) -> Error {
    Error::Unavailable(error.into())
}

/// How many files of packs a clone has, and how many bytes its packs take.
fn packs(folder: &Path) -> Result<(usize, u64)> {
    let (mut files, mut bytes) = (0, 0);
    for entry in fs::read_dir(folder.join("objects/pack")).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        files += 1;
        if entry.path().extension().is_some_and(|end| end == "pack") {
            bytes += entry.metadata().map_err(cannot)?.len();
        }
    }
    Ok((files, bytes))
}

/// Waits for the lock of a cache as long as a fetch may take.
fn acquire(path: &Path, means: &Means<'_>) -> Result<File> {
    // Truncated, so that its time says when the clone was last used.
    let file =
        File::options().create(true).truncate(true).write(true).open(path).map_err(cannot)?;
    let until = Instant::now() + means.limits.total;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(cannot(error)),
            Err(TryLockError::WouldBlock) if means.stop.is_set() || Instant::now() > until => {
                return Err(Error::Unavailable(
                    "another fetch of the repository does not end".into(),
                ));
            }
            Err(TryLockError::WouldBlock) => thread::sleep(TICK),
        }
    }
}

/// What a server points at.
fn advertised(remote: &[Ref]) -> Refs {
    let mut refs = Refs { head: Head::Nowhere, all: BTreeMap::new() };
    for one in remote {
        let (name, id, target) = match one {
            Ref::Peeled { full_ref_name, tag, .. } => (full_ref_name, Some(*tag), None),
            Ref::Direct { full_ref_name, object } => (full_ref_name, Some(*object), None),
            Ref::Symbolic { full_ref_name, target, tag, object } => {
                (full_ref_name, Some(tag.unwrap_or(*object)), Some(target))
            }
            Ref::Unborn { full_ref_name, target } => (full_ref_name, None, Some(target)),
        };
        let name = names::exact(name.as_ref());
        if name == "HEAD" {
            refs.head = match (target.map(|target| names::exact(target.as_ref())), id) {
                (Some(target), _) if target.starts_with(HEADS) => Head::Branch(target),
                (None, Some(id)) => Head::Detached(id),
                _ => Head::Nowhere,
            };
        } else if let Some(id) = id.filter(|_| name.starts_with(HEADS) || name.starts_with(TAGS)) {
            refs.all.insert(name, id);
        }
    }
    refs
}

/// Refs that the server has no more go, lest one stands in the way of a new one below its name.
fn forget(repo: &Repository, refs: &Refs) -> std::result::Result<(), gix::Error> {
    let mut edits = Vec::new();
    for reference in repo.references()?.all()? {
        let Ok(reference) = reference else { continue };
        let name = names::exact(reference.name().as_bstr());
        if name != HEAD_COPY && !refs.all.contains_key(&name) {
            edits.push(RefEdit {
                change: Change::Delete { expected: PreviousValue::Any, log: RefLog::AndReference },
                name: reference.name().to_owned(),
                deref: false,
            });
        }
    }
    repo.edit_references(edits).map(drop)
}
