//! Branches and tags: what a repository points at, read without opening a single object.

use std::collections::BTreeMap;

use gix::{
    ObjectId,
    bstr::{BStr, ByteSlice as _},
};

use super::{beneath, local::Local, names};
use crate::{Error, Fault, Result};

const MAX_REF: u64 = 4096;
const MAX_PACKED: u64 = 64 << 20;
/// How many branches and tags are read.
const MAX_REFS: usize = 100_000;
const MAX_DEPTH: usize = 32;
const MAX_HOPS: usize = 5;

pub(super) const HEADS: &str = "refs/heads/";
pub(super) const TAGS: &str = "refs/tags/";

/// Where `HEAD` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Head {
    /// On a branch, by its full name; it may have no commit yet.
    Branch(String),
    /// On a commit.
    Detached(ObjectId),
    /// Nowhere.
    Nowhere,
}

impl Head {
    /// What a `HEAD` file says.
    pub(super) fn file(&self) -> String {
        match self {
            Self::Branch(name) => format!("ref: {name}\n"),
            Self::Detached(id) => format!("{id}\n"),
            Self::Nowhere => format!("ref: {HEADS}nowhere\n"),
        }
    }
}

/// What a repository points at. Names are full, as [`names::exact`] spells them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refs {
    pub(super) head: Head,
    pub(super) all: BTreeMap<String, ObjectId>,
}

impl Refs {
    /// The commit that `HEAD` is on.
    pub(super) fn head_id(&self) -> Option<ObjectId> {
        match &self.head {
            Head::Branch(name) => self.all.get(name).copied(),
            Head::Detached(id) => Some(*id),
            Head::Nowhere => None,
        }
    }

    /// Names and targets below a prefix, the names without it.
    pub(super) fn below<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, ObjectId)> + 'a {
        self.all.iter().filter_map(move |(name, id)| Some((name.strip_prefix(prefix)?, *id)))
    }

    /// The same with one branch only, which becomes the head. `None` when there is no such branch.
    pub(super) fn only(mut self, branch: &str) -> Option<Self> {
        let name = format!("{HEADS}{}", names::exact(branch.into()));
        self.all.retain(|one, _| *one == name || one.starts_with(TAGS));
        self.all.contains_key(&name).then_some(Self { head: Head::Branch(name), ..self })
    }
}

/// Reads the refs of a repository on this machine. The packed ones come last, as git reads them itself: a ref that is
/// packed away meanwhile is found there.
pub(super) fn read(local: &Local<'_>) -> Result<(Refs, Vec<Fault>)> {
    let mut loose = Loose { local, found: BTreeMap::new(), faults: Vec::new() };
    for prefix in [HEADS, TAGS] {
        loose.folder(prefix.trim_end_matches('/'), 0)?;
    }
    loose.packed()?;
    let head = match loose.one("HEAD", &local.git_dir)? {
        Some(Ok(Target::Id(id))) => Head::Detached(id),
        Some(Ok(Target::Name(name))) if name.starts_with(HEADS) => Head::Branch(name),
        _ => Head::Nowhere,
    };
    let mut all = BTreeMap::new();
    for name in loose.found.keys() {
        match loose.resolve(name) {
            Some(id) => drop(all.insert(name.clone(), id)),
            None => loose.faults.push(fault(name, "it leads nowhere")),
        }
    }
    Ok((Refs { head, all }, loose.faults))
}

pub(super) fn fault(place: &str, message: &str) -> Fault {
    Fault::new(names::cut(place, 512), message)
}

enum Target {
    Id(ObjectId),
    Name(String),
}

/// A file that holds no ref.
struct NoRef;

struct Loose<'a> {
    local: &'a Local<'a>,
    found: BTreeMap<String, Target>,
    faults: Vec<Fault>,
}

impl Loose<'_> {
    fn packed(&mut self) -> Result<()> {
        let file = self.local.common.join("packed-refs");
        let Some(bytes) = self.local.beneath.read(&file, MAX_PACKED)? else { return Ok(()) };
        for line in bytes.lines().filter(|line| !line.starts_with(b"#") && !line.starts_with(b"^"))
        {
            let Some((id, name)) = line.split_once_str(" ") else { continue };
            match ObjectId::from_hex(id) {
                Ok(id) => self.keep(name.as_bstr(), Target::Id(id))?,
                Err(_) => self.faults.push(fault("packed-refs", "a line is no ref")),
            }
        }
        Ok(())
    }

    fn keep(&mut self, name: &BStr, target: Target) -> Result<()> {
        if gix::validate::reference::name(name).is_err() {
            self.faults.push(fault(&names::exact(name), "it has no valid name"));
        } else if name.starts_with_str(HEADS) || name.starts_with_str(TAGS) {
            // A loose ref is newer than what is packed under its name.
            self.found.entry(names::exact(name)).or_insert(target);
        }
        if self.found.len() > MAX_REFS {
            let message = format!("the repository has more than {MAX_REFS} branches and tags");
            return Err(Error::Refused(message));
        }
        Ok(())
    }

    fn folder(&mut self, name: &str, depth: usize) -> Result<()> {
        let Some(folder) = self.local.beneath.folder(&self.local.common.join(name))? else {
            return Ok(());
        };
        if depth > MAX_DEPTH {
            self.faults.push(fault(name, "it is too deep"));
            return Ok(());
        }
        let entries =
            std::fs::read_dir(&folder).map_err(|error| beneath::broken(&folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| beneath::broken(&folder, &error))?;
            let file = entry.file_name();
            let Some(file) = file.to_str() else {
                // The file system gave bytes that are no UTF-8; such a ref is read when it is packed.
                self.faults.push(fault(name, "a name in it is no UTF-8"));
                continue;
            };
            let full = format!("{name}/{file}");
            if entry.path().is_dir() {
                self.folder(&full, depth + 1)?;
            } else if entry.path().extension().is_none_or(|end| end != "lock") {
                match self.one(&full, &self.local.common)? {
                    Some(Ok(target)) => self.keep(full.as_str().into(), target)?,
                    Some(Err(NoRef)) => self.faults.push(fault(&full, "it is no ref")),
                    // Packed away since the folder was listed, or gone.
                    None => {}
                }
            }
        }
        Ok(())
    }

    /// What a file says; `None` when there is none.
    fn one(
        &self,
        name: &str,
        folder: &std::path::Path,
    ) -> Result<Option<std::result::Result<Target, NoRef>>> {
        let Some(bytes) = self.local.beneath.read(&folder.join(name), MAX_REF)? else {
            return Ok(None);
        };
        let text = bytes.trim();
        Ok(Some(match text.strip_prefix(b"ref:") {
            Some(target) => Ok(Target::Name(names::exact(target.trim().as_bstr()))),
            None => ObjectId::from_hex(text).map(Target::Id).map_err(|_| NoRef),
        }))
    }

    fn resolve(&self, name: &str) -> Option<ObjectId> {
        let mut name = name;
        for _ in 0..MAX_HOPS {
            match self.found.get(name)? {
                Target::Id(id) => return Some(*id),
                Target::Name(next) => name = next,
            }
        }
        None
    }
}
