//! A repository opened for a sync or a tool, wherever it is.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use agentcy_egress::Egress;
use gix::{ObjectId, Repository, bstr::ByteSlice as _};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Handle;

use super::{
    config::{self, Config, Place},
    cursor::{self, Last},
    limits::Limits,
    local::Local,
    origin::Origin,
    refs::{self, Refs},
    remote::{Clone as Copy, Means},
    repo,
    sink::Stop,
    view::View,
};
use crate::{Credentials, Fault, Files, Job, Result, settings::invalid};

/// How long somebody waits who saves a source.
const CHECK: Duration = Duration::from_secs(30);
const MAX_SHALLOW: u64 = 16 << 20;

/// What is read, and all that decides in which words it is told.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) config: Config,
    pub(super) origin: Origin,
    /// Commits whose parents were left behind when it was cloned.
    pub(super) shallow: BTreeSet<ObjectId>,
}

/// A job that outlives its borrows.
pub(super) struct Task {
    config: Value,
    credentials: Credentials,
    egress: Egress,
    files: Files,
    cursor: Option<Value>,
    cache: Option<PathBuf>,
    limits: Limits,
}

/// A repository that can be read.
pub(super) struct Opened {
    pub(super) subject: Subject,
    pub(super) repo: Repository,
    pub(super) refs: Refs,
    /// What the last sync told, when it is known.
    pub(super) last: Option<Refs>,
    pub(super) faults: Vec<Fault>,
    /// Whether it was read from a kept clone, which may be damaged.
    pub(super) reused: bool,
    #[expect(dead_code, reason = "what is read lies in there")]
    keep: Keep,
}

/// What must stay while the repository is read.
enum Keep {
    View { _view: View },
    Clone { _folder: Option<TempDir> },
}

/// What opening comes to.
pub(super) enum Found {
    /// Everything is as the cursor says.
    Same(Box<(Subject, Refs)>),
    Changed(Box<Opened>),
}

impl Task {
    pub(super) fn of(job: &Job<'_>, limits: Limits) -> Self {
        Self {
            config: job.config.clone(),
            credentials: job.credentials.clone(),
            egress: job.egress.clone(),
            files: job.files.clone(),
            cursor: job.cursor.cloned(),
            cache: job.cache.map(Path::to_owned),
            limits,
        }
    }

    fn config(&self) -> Result<Config> {
        config::read(&Job {
            config: &self.config,
            credentials: &self.credentials,
            egress: &self.egress,
            files: &self.files,
            content: None,
            cursor: None,
            cache: None,
        })
    }

    /// Whether a sync would get through, without fetching or keeping anything.
    pub(super) fn check(mut self, stop: &Stop, runtime: &Handle) -> Result<()> {
        let config = self.config()?;
        let refs = match &config.place {
            Place::Path(path) => refs::read(&Local::find(&self.files, path)?)?.0,
            Place::Url(url) => {
                self.cache = None;
                self.limits.total = self.limits.total.min(CHECK);
                let means = self.means(stop, runtime);
                Copy::at(url, &means)?.update(&config, &means, |_| true)?
            }
        };
        chosen(refs, &config).map(drop)
    }

    /// Opens the repository, unless nothing changed since the cursor.
    pub(super) fn open(&self, stop: &Stop, runtime: &Handle) -> Result<Found> {
        let config = self.config()?;
        match config.place.clone() {
            Place::Path(path) => self.open_path(config, &path),
            Place::Url(url) => {
                let origin = Origin::of(Some(url.as_str()), None);
                let subject = Subject { config, origin, shallow: BTreeSet::new() };
                self.open_url(subject, &url, &self.means(stop, runtime))
            }
        }
    }

    /// Opens the repository as it is now, for a tool.
    pub(super) fn open_now(mut self, stop: &Stop, runtime: &Handle) -> Result<Opened> {
        self.cursor = None;
        match self.open(stop, runtime)? {
            Found::Changed(opened) => Ok(*opened),
            Found::Same(_) => Err(repo::unreadable("it was taken for unchanged")),
        }
    }

    /// Throws a damaged clone away, and makes it anew.
    pub(super) fn open_anew(&self, stop: &Stop, runtime: &Handle) -> Result<Found> {
        if let Place::Url(url) = &self.config()?.place {
            Copy::at(url, &self.means(stop, runtime))?.reset()?;
        }
        self.open(stop, runtime)
    }

    fn means<'a>(&'a self, stop: &'a Stop, runtime: &'a Handle) -> Means<'a> {
        let cache = self.cache.as_deref();
        Means { egress: &self.egress, cache, limits: self.limits, stop, runtime }
    }

    fn last(&self, subject: &Subject, refs: &Refs) -> Last {
        cursor::read(self.cursor.as_ref(), subject, refs)
    }

    fn open_path(&self, config: Config, path: &str) -> Result<Found> {
        let local = Local::find(&self.files, path)?;
        let (refs, faults) = refs::read(&local)?;
        let refs = chosen(refs, &config)?;
        let shallow = local.beneath.read(&local.common.join("shallow"), MAX_SHALLOW)?;
        let shallow = shallow.unwrap_or_default();
        let shallow = shallow.lines().filter_map(|line| ObjectId::from_hex(line).ok()).collect();
        let origin = Origin::of(local.origin.as_deref(), Some(&local.top));
        let subject = Subject { config, origin, shallow };
        let last = match self.last(&subject, &refs) {
            Last::Same => return Ok(Found::Same(Box::new((subject, refs)))),
            Last::Refs(last) => Some(last),
            Last::Unknown => None,
        };
        let view = View::of(&local, &refs)?;
        let repo = repo::open(view.path(), self.limits.object_bytes)?;
        let keep = Keep::View { _view: view };
        Ok(Found::Changed(Box::new(Opened {
            subject,
            repo,
            refs,
            last,
            faults,
            reused: false,
            keep,
        })))
    }

    fn open_url(&self, subject: Subject, url: &url::Url, means: &Means<'_>) -> Result<Found> {
        let mut copy = Copy::at(url, means)?;
        let pick = |refs: &Refs| chosen(refs.clone(), &subject.config);
        let enough = |refs: &Refs| {
            pick(refs).is_ok_and(|refs| matches!(self.last(&subject, &refs), Last::Same))
        };
        let refs = pick(&copy.update(&subject.config, means, enough)?)?;
        let last = match self.last(&subject, &refs) {
            Last::Same => return Ok(Found::Same(Box::new((subject, refs)))),
            Last::Refs(last) => Some(last),
            Last::Unknown => None,
        };
        let repo = copy.open(&self.limits)?;
        let (faults, reused) = (Vec::new(), copy.reused);
        let keep = Keep::Clone { _folder: copy.into_temporary() };
        Ok(Found::Changed(Box::new(Opened { subject, repo, refs, last, faults, reused, keep })))
    }
}

/// The refs that the config asks for.
fn chosen(refs: Refs, config: &Config) -> Result<Refs> {
    match &config.branch {
        None => Ok(refs),
        Some(branch) => {
            refs.only(branch).ok_or_else(|| invalid("config.branch", "there is no such branch"))
        }
    }
}
