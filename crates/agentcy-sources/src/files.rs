//! Files that sources may read: beneath an allowed folder, and nothing that leads out of it.
//!
//! A path is walked one name at a time from the open folder, so what is checked is what is opened,
//! whatever is renamed meanwhile. A hard link to a protected file under another name looks like any
//! file: who can make one could as well copy it.

use std::{
    collections::VecDeque,
    ffi::OsString,
    fs::File,
    io,
    os::{fd::OwnedFd, unix::ffi::OsStringExt},
    path::{Component, Path, PathBuf},
};

use rustix::{
    fs::{FileType, Mode, OFlags, Stat, fstat, openat, readlinkat, stat},
    io::Errno,
};

/// How many links one path may take, as in Linux.
const MAX_LINKS: usize = 40;
/// How many names one path may have, links followed; each is a file descriptor while it is walked.
const MAX_DEPTH: usize = 64;

/// Why a path is not opened.
#[derive(Debug, thiserror::Error)]
pub enum RefusedPath {
    /// It lies in no allowed folder.
    #[error("the path is beneath no folder that sources of this organisation may read")]
    NotAllowed,
    /// It leaves its folder by `..` or by a link.
    #[error("the path leads out of its folder")]
    LeadsOut,
    /// It is the data directory, or an environment file.
    #[error("the path leads to a file or folder that no source may read")]
    Protected,
    /// It goes through too many folders or links.
    #[error("the path has too many folders or links")]
    TooDeep,
    /// It is a folder, a device or the like.
    #[error("the path is no ordinary file")]
    NotAFile,
    /// The system could not open it.
    #[error("the path cannot be opened")]
    Io(#[from] io::Error),
}

impl From<Errno> for RefusedPath {
    fn from(error: Errno) -> Self {
        Self::Io(error.into())
    }
}

type Result<T> = std::result::Result<T, RefusedPath>;

/// The files that the sources of one org may read.
#[derive(Debug, Clone, Default)]
pub struct Files {
    allowed: Vec<PathBuf>,
    protected: Vec<PathBuf>,
}

/// Where a walk arrived.
struct Place {
    fd: OwnedFd,
    stat: Stat,
    path: PathBuf,
}

impl Files {
    /// Files beneath the allowed folders, but not in the protected ones, such as the data directory.
    pub const fn new(allowed: Vec<PathBuf>, protected: Vec<PathBuf>) -> Self {
        Self { allowed, protected }
    }

    /// Opens an ordinary file for reading. A relative path starts in the first allowed folder.
    pub fn open(&self, path: &Path) -> Result<File> {
        let place = self.walk(path)?;
        if FileType::from_raw_mode(place.stat.st_mode) != FileType::RegularFile {
            return Err(RefusedPath::NotAFile);
        }
        Ok(File::from(place.fd))
    }

    /// The real path of a file or folder, for libraries that open by name. It is as good as the
    /// moment: prefer [`Files::open`].
    pub fn locate(&self, path: &Path) -> Result<PathBuf> {
        Ok(self.walk(path)?.path)
    }

    fn walk(&self, path: &Path) -> Result<Place> {
        let (folder, rest) = self.folder_of(path)?;
        let protected = self.protected_now()?;
        let root = folder.canonicalize()?;
        if root.ancestors().skip(1).any(|above| protected.iter().any(|folder| folder.is_at(above)))
        {
            return Err(RefusedPath::Protected);
        }
        let fd = OwnedFd::from(File::open(&root)?);
        let mut places = vec![Place { stat: fstat(&fd)?, fd, path: root }];
        let mut names = names(&rest)?;
        let mut links = 0;
        loop {
            let Some(here) = places.last() else { return Err(RefusedPath::LeadsOut) };
            if protected.iter().any(|folder| folder.is(&here.stat)) {
                return Err(RefusedPath::Protected);
            }
            let Some(name) = names.pop_front() else { break };
            if name == ".." {
                places.pop();
                continue;
            }
            if is_environment_file(&name) {
                return Err(RefusedPath::Protected);
            }
            match readlinkat(&here.fd, &name, Vec::new()) {
                Ok(target) => {
                    links += 1;
                    let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
                    if links > MAX_LINKS {
                        return Err(RefusedPath::TooDeep);
                    }
                    for name in link_names(&target)?.into_iter().rev() {
                        names.push_front(name);
                    }
                }
                // Not a link.
                Err(Errno::INVAL) => places.push(here.enter(&name)?),
                Err(error) => return Err(error.into()),
            }
            if places.len() > MAX_DEPTH || names.len() > MAX_DEPTH {
                return Err(RefusedPath::TooDeep);
            }
        }
        places.pop().ok_or(RefusedPath::LeadsOut)
    }

    /// The allowed folder that a path lies in by its name, and the rest of the path.
    fn folder_of<'a>(&'a self, path: &'a Path) -> Result<(&'a Path, PathBuf)> {
        if path.is_relative() {
            let first = self.allowed.first().ok_or(RefusedPath::NotAllowed)?;
            return Ok((first, path.to_owned()));
        }
        let within = |folder: &'a PathBuf| {
            let rest = path.strip_prefix(folder).ok()?;
            Some((folder.as_path(), rest.to_owned()))
        };
        // The nearest of nested folders: it may be the only one that can be opened.
        let nearest =
            self.allowed.iter().filter_map(within).min_by_key(|(_, rest)| rest.as_os_str().len());
        nearest.ok_or(RefusedPath::NotAllowed)
    }

    fn protected_now(&self) -> Result<Vec<Protected>> {
        let mut folders = Vec::new();
        for folder in &self.protected {
            match stat(folder) {
                Ok(stat) => folders.push(Protected(stat)),
                // What is not there yet cannot be read either.
                Err(Errno::NOENT) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(folders)
    }
}

impl Place {
    /// Opens what lies here under a name. A link that appears in between is not followed, and a
    /// pipe is not waited for.
    fn enter(&self, name: &OsString) -> Result<Self> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = openat(&self.fd, name, flags, Mode::empty())?;
        Ok(Self { stat: fstat(&fd)?, fd, path: self.path.join(name) })
    }
}

/// A protected folder as the file system knows it, whatever path leads there.
struct Protected(Stat);

impl Protected {
    const fn is(&self, place: &Stat) -> bool {
        self.0.st_dev == place.st_dev && self.0.st_ino == place.st_ino
    }

    fn is_at(&self, path: &Path) -> bool {
        stat(path).is_ok_and(|place| self.is(&place))
    }
}

fn is_environment_file(name: &OsString) -> bool {
    name.to_string_lossy().to_lowercase().starts_with(".env")
}

/// The names of a path that somebody asks for: it goes down only.
fn names(path: &Path) -> Result<VecDeque<OsString>> {
    let names = link_names(path)?;
    if names.iter().any(|name| name == "..") { Err(RefusedPath::LeadsOut) } else { Ok(names) }
}

/// The names of a path that a link holds: it may go up inside the folder, and never starts at `/`.
fn link_names(path: &Path) -> Result<VecDeque<OsString>> {
    let mut names = VecDeque::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => names.push_back(name.to_owned()),
            Component::ParentDir => names.push_back("..".into()),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return Err(RefusedPath::LeadsOut),
        }
    }
    Ok(names)
}
