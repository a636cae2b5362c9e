//! Files of a repository by their real paths, judged each time they are opened.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Component, Path, PathBuf},
};

use crate::{Error, Files, RefusedPath, Result, settings::invalid};

/// The allowed folder that a repository lies in, under the name that [`Files`] knows and under its real one.
pub(super) struct Beneath<'a> {
    files: &'a Files,
    named: PathBuf,
    real: PathBuf,
}

impl<'a> Beneath<'a> {
    /// What is beneath the folder that this path lies in, and the real path itself.
    pub(super) fn of(files: &'a Files, path: &str) -> Result<(Self, PathBuf)> {
        let path = Path::new(path);
        let at = files.locate(path).map_err(|refused| setting(&refused))?;
        // The topmost folder above it that may be read is the allowed one itself.
        let folders = path.ancestors().filter(|above| !above.as_os_str().is_empty());
        let mut named = PathBuf::new();
        if path.is_absolute() {
            for folder in folders {
                if files.locate(folder).is_err() {
                    break;
                }
                folder.clone_into(&mut named);
            }
        }
        let real = files.locate(&named).map_err(|refused| setting(&refused))?;
        Ok((Self { files, named, real }, at))
    }

    /// The name that [`Files`] takes for a real path.
    fn name(&self, real: &Path) -> PathBuf {
        match real.strip_prefix(&self.real) {
            Ok(rest) => self.named.join(rest),
            Err(_) => real.to_owned(),
        }
    }

    /// The real path of what a real path leads to now.
    pub(super) fn locate(&self, real: &Path) -> std::result::Result<PathBuf, RefusedPath> {
        self.files.locate(&self.name(real))
    }

    pub(super) fn open(&self, real: &Path) -> std::result::Result<File, RefusedPath> {
        self.files.open(&self.name(real))
    }

    /// Reads a small file; `None` when there is none.
    pub(super) fn read(&self, real: &Path, limit: u64) -> Result<Option<Vec<u8>>> {
        let file = match self.open(real) {
            Ok(file) => file,
            Err(refused) if is_missing(&refused) => return Ok(None),
            Err(refused) => return Err(leads_out(real, &refused)),
        };
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| broken(real, &error))?;
        if bytes.len() as u64 > limit {
            return Err(Error::Refused(format!("{} is larger than {limit} bytes", shown(real))));
        }
        Ok(Some(bytes))
    }

    /// A folder; `None` when there is none.
    pub(super) fn folder(&self, real: &Path) -> Result<Option<PathBuf>> {
        match self.locate(real) {
            Ok(at) => Ok(Some(at).filter(|at| at.is_dir())),
            Err(refused) if is_missing(&refused) => Ok(None),
            Err(refused) => Err(leads_out(real, &refused)),
        }
    }

    /// Where a path that a file in the real folder `base` holds leads to.
    pub(super) fn follow(&self, base: &Path, target: &Path) -> Result<PathBuf> {
        let path = plain(&base.join(target));
        self.locate(&path).map_err(|refused| leads_out(&path, &refused))
    }
}

/// A path without `.` and `..`; right for real paths, which hold no links.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            other => plain.push(other),
        }
    }
    plain
}

pub(super) fn is_missing(refused: &RefusedPath) -> bool {
    let RefusedPath::Io(error) = refused else { return false };
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The path of the config itself.
fn setting(refused: &RefusedPath) -> Error {
    invalid("config.path", refused.to_string())
}

/// A part of the repository that is somewhere else. Only its own name is told: what it leads to is
/// nobody's business.
pub(super) fn leads_out(path: &Path, refused: &RefusedPath) -> Error {
    Error::Refused(format!("{} of the repository: {refused}", shown(path)))
}

pub(super) fn broken(path: &Path, error: &io::Error) -> Error {
    Error::Refused(format!("{} of the repository cannot be read: {}", shown(path), error.kind()))
}

fn shown(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
