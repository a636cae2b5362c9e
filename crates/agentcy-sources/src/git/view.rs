//! A private look at a repository: a folder of ours that shows its objects and refs, and nothing else of it.
//!
//! Its config, hooks, attributes, alternates and links are left behind, so no library that opens the
//! view can be led anywhere by them. Packs are shown through files that are open already: what was
//! judged is what is read. Loose objects are judged when the view is made; who swaps one for a link just
//! then makes us read another object of git, whose full name they must know.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io,
    os::{fd::AsRawFd as _, unix::fs::symlink},
    path::{Path, PathBuf},
};

use gix::bstr::ByteSlice as _;
use rustix::fs::{Mode, OFlags, open, openat};
use tempfile::TempDir;

use super::{beneath, local::Local, refs::Refs};
use crate::{Error, Result};

/// How many packs a repository may have; each is a file that stays open.
const MAX_PACKS: usize = 256;
const MAX_ALTERNATES: usize = 8;
const MAX_LIST: u64 = 64 << 10;
const MAX_SHALLOW: u64 = 16 << 20;

/// A folder that gix can open; it is gone with this value.
pub(super) struct View {
    folder: TempDir,
    open: Vec<File>,
    packs: usize,
}

impl View {
    /// Shows a repository as these refs have it.
    pub(super) fn of(local: &Local<'_>, refs: &Refs) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("agentcy-git-").tempdir().map_err(cannot)?;
        let mut view = Self { folder, open: Vec::new(), packs: 0 };
        skeleton(view.path(), refs).map_err(cannot)?;
        if let Some(shallow) = local.beneath.read(&local.common.join("shallow"), MAX_SHALLOW)? {
            fs::write(view.path().join("shallow"), shallow).map_err(cannot)?;
        }
        let mut waiting = vec![local.common.join("objects")];
        let mut seen = Vec::new();
        while let Some(objects) = waiting.pop() {
            let objects = local.beneath.follow(Path::new("/"), &objects)?;
            if seen.contains(&objects) {
                continue;
            }
            if seen.len() > MAX_ALTERNATES {
                return Err(Error::Refused("the repository has too many alternates".to_owned()));
            }
            view.show(local, &objects, seen.len())?;
            waiting.extend(alternates(local, &objects)?);
            seen.push(objects);
        }
        Ok(view)
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Shows a folder of objects: the first as our own, further ones as its alternates.
    fn show(&mut self, local: &Local<'_>, objects: &Path, index: usize) -> Result<()> {
        let top = self.path().join("objects");
        let ours = if index == 0 { top.clone() } else { self.path().join(format!("more-{index}")) };
        fs::create_dir_all(ours.join("pack")).map_err(cannot)?;
        if index > 0 {
            let list = top.join("info/alternates");
            fs::create_dir_all(top.join("info")).map_err(cannot)?;
            let mut lines = fs::read(&list).unwrap_or_default();
            lines.extend_from_slice(format!("../more-{index}\n").as_bytes());
            fs::write(list, lines).map_err(cannot)?;
        }
        self.packs(local, objects, &ours)?;
        self.loose(objects, &ours)
    }

    fn packs(&mut self, local: &Local<'_>, objects: &Path, ours: &Path) -> Result<()> {
        let Some(folder) = local.beneath.folder(&objects.join("pack"))? else { return Ok(()) };
        for name in list(&folder)? {
            let Some(stem) = name.strip_suffix(".idx") else { continue };
            self.packs += 1;
            if self.packs > MAX_PACKS {
                let message = format!("the repository has more than {MAX_PACKS} packs: repack it");
                return Err(Error::Refused(message));
            }
            let open = |name: &str| {
                let file = folder.join(name);
                local.beneath.open(&file).map_err(|refused| beneath::leads_out(&file, &refused))
            };
            let (mut index, pack) = (open(&name)?, open(&format!("{stem}.pack"))?);
            // gix takes no link for an index, and one is small beside its pack.
            let mut copy = File::create(ours.join("pack").join(&name)).map_err(cannot)?;
            io::copy(&mut index, &mut copy).map_err(cannot)?;
            let shown = self.through(pack, &folder.join(format!("{stem}.pack")));
            symlink(shown, ours.join("pack").join(format!("{stem}.pack"))).map_err(cannot)?;
        }
        Ok(())
    }

    /// Loose objects are shown by their folders, once no link is among them.
    fn loose(&mut self, objects: &Path, ours: &Path) -> Result<()> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut folder = open("/", flags, Mode::empty()).map_err(|error| cannot(error.into()))?;
        for name in objects.components().skip(1) {
            folder = openat(&folder, name.as_os_str(), flags, Mode::empty())
                .map_err(|error| beneath::broken(objects, &error.into()))?;
        }
        let shown = self.through(File::from(folder), objects);
        for name in list(&shown)?.iter().filter(|name| is_hex(name, 2)) {
            let inner = shown.join(name);
            let found =
                fs::symlink_metadata(&inner).map_err(|error| beneath::broken(&inner, &error))?;
            if found.is_symlink() {
                return Err(link());
            }
            let entries = fs::read_dir(&inner).map_err(|error| beneath::broken(&inner, &error))?;
            for entry in entries {
                let kind = entry.and_then(|entry| entry.file_type());
                if kind.map_err(|error| beneath::broken(&inner, &error))?.is_symlink() {
                    return Err(link());
                }
            }
            symlink(&inner, ours.join(name)).map_err(cannot)?;
        }
        Ok(())
    }

    /// The path of an open file, or its own path where the system has no such thing.
    fn through(&mut self, file: File, path: &Path) -> PathBuf {
        let shown = format!("/proc/self/fd/{}", file.as_raw_fd());
        self.open.push(file);
        if cfg!(target_os = "linux") { PathBuf::from(shown) } else { path.to_owned() }
    }
}

fn skeleton(folder: &Path, refs: &Refs) -> io::Result<()> {
    fs::create_dir_all(folder.join("refs"))?;
    fs::create_dir_all(folder.join("objects"))?;
    fs::write(folder.join("config"), "[core]\n\trepositoryformatversion = 0\n\tbare = true\n")?;
    fs::write(folder.join("HEAD"), refs.head.file())?;
    let mut packed = "# pack-refs with: sorted \n".to_owned();
    // A name with a backslash is spelt otherwise in the repository, and git allows none itself.
    for (name, id) in refs.all.iter().filter(|(name, _)| !name.contains('\\')) {
        // Writing into a String does not fail.
        let _ = writeln!(packed, "{id} {name}");
    }
    fs::write(folder.join("packed-refs"), packed)
}

/// Further folders of objects that this one names.
fn alternates(local: &Local<'_>, objects: &Path) -> Result<Vec<PathBuf>> {
    let file = objects.join("info/alternates");
    let lines = local.beneath.read(&file, MAX_LIST)?.unwrap_or_default();
    let lines = lines.lines().filter(|line| !line.is_empty() && !line.starts_with(b"#"));
    lines.map(|line| local.beneath.follow(objects, Path::new(&*line.to_path_lossy()))).collect()
}

fn list(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).map_err(|error| beneath::broken(folder, &error))?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    names.collect::<io::Result<_>>().map_err(|error| beneath::broken(folder, &error))
}

fn is_hex(name: &str, len: usize) -> bool {
    name.len() == len && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn link() -> Error {
    Error::Refused("a link lies among the objects of the repository".to_owned())
}

fn cannot(error: io::Error) -> Error {
    Error::Unavailable(Box::new(error))
}
