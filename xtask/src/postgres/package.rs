//! PostgreSQL from the npm registry: one package a platform, pinned by version and digest.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use flate2::read::GzDecoder;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::account;
use crate::workspace::{on_path, run};

const VERSION: &str = "18.4.0-beta.17";
const PLATFORMS: &[(&str, &str, &str, &str)] = &[
    (
        "linux",
        "x86_64",
        "linux-x64",
        "795d587bb466423385db256dc81e61f2ee40c9e10efde21e881f3e997dd1bdb2",
    ),
    (
        "linux",
        "aarch64",
        "linux-arm64",
        "5c2c5ba809d0f47d1bebaf46c2ea01e1fe7017beb28618e009016500107f9cea",
    ),
    (
        "macos",
        "x86_64",
        "darwin-x64",
        "cd6fde78af989a5ebb6eb863655471f9536af7d0b0778a729f9e297221a661e7",
    ),
    (
        "macos",
        "aarch64",
        "darwin-arm64",
        "1f68ab0148346d99e045a54497f72fa22f487618c97ca70fa373441d1ab1a4d3",
    ),
];

/// Gives the program folder of the packaged PostgreSQL, fetching it the first time.
pub(super) fn bring() -> Result<PathBuf> {
    let (_, _, platform, digest) = PLATFORMS
        .iter()
        .find(|(os, arch, ..)| *os == env::consts::OS && *arch == env::consts::ARCH)
        .context("there is no PostgreSQL package for this platform")?;
    let cache = cache_dir()?;
    let home = cache.join(format!("postgresql-{VERSION}-{platform}"));
    let bin = home.join("native").join("bin");
    if bin.is_dir() {
        return Ok(bin);
    }
    if on_path("npm").is_none() {
        bail!("npm is not installed");
    }
    fs::create_dir_all(&cache)?;
    // Beside its place, so that the last step is one rename and nobody sees half of it.
    let scratch = tempfile::Builder::new().prefix("fetch-").tempdir_in(&cache)?;
    let name = format!("@embedded-postgres/{platform}@{VERSION}");
    eprintln!("xtask: bringing PostgreSQL ({name}, 24 to 55 MB, once)");
    run(Command::new("npm").args(["pack", "--silent", &name]).current_dir(scratch.path()))?;
    let archive = fs::read_dir(scratch.path())?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|end| end == "tgz"))
        .context("npm pack left no archive")?;
    let bytes = fs::read(archive)?;
    let found = hex::encode(Sha256::digest(&bytes));
    if found != *digest {
        bail!("{name} has the digest {found}, expected {digest}");
    }
    tar::Archive::new(GzDecoder::new(bytes.as_slice())).unpack(scratch.path())?;
    let package = scratch.path().join("package");
    link(&package)?;
    open(&package)?;
    if let Err(error) = fs::rename(&package, &home)
        && !bin.is_dir()
    {
        return Err(error).with_context(|| format!("cannot move to {}", home.display()));
    }
    Ok(bin)
}

// Where the server looks as well (agentcy-store, embedded/programs.rs).
//
// The account that servers run as cannot look into root's own folder.
fn cache_dir() -> Result<PathBuf> {
    if account::is_root()? {
        return Ok(PathBuf::from("/var/cache/agentcy"));
    }
    if let Some(dir) = env::var_os("XDG_CACHE_HOME").filter(|dir| !dir.is_empty()) {
        return Ok(PathBuf::from(dir).join("agentcy"));
    }
    let home = PathBuf::from(env::var_os("HOME").context("HOME is not set")?);
    let caches = if env::consts::OS == "macos" { "Library/Caches" } else { ".cache" };
    Ok(home.join(caches).join("agentcy"))
}

// npm archives cannot hold links; the package lists them, and its install script, which we do not
// run, would make them.
fn link(package: &Path) -> Result<()> {
    let list = fs::read(package.join("native").join("pg-symlinks.json"))?;
    let list: Vec<Value> = serde_json::from_slice(&list)?;
    for entry in list {
        let path = |field: &str| -> Result<PathBuf> {
            let text = entry[field].as_str().context("a link without source or target")?;
            let path = Path::new(text);
            if !path.components().all(|part| matches!(part, Component::Normal(_))) {
                bail!("the link {text} leads out of the package");
            }
            Ok(package.join(path))
        };
        let (source, target) = (path("source")?, path("target")?);
        let up = target.parent().context("a link without a folder")?;
        if source.parent() != Some(up) {
            bail!("the link {} is not beside its source", target.display());
        }
        let name = source.file_name().context("a link to nothing")?;
        symlink(name, &target).with_context(|| format!("cannot link {}", target.display()))?;
    }
    Ok(())
}

// Folders were made with our own umask, which may shut the servers' account out.
fn open(dir: &Path) -> Result<()> {
    fs::set_permissions(dir, Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_leads_out_of_the_package_is_refused() {
        let package = tempfile::tempdir().unwrap();
        let native = package.path().join("native");
        fs::create_dir(&native).unwrap();
        let list = native.join("pg-symlinks.json");
        for source in ["../../etc/passwd", "/etc/passwd", "other/libpq.so.5"] {
            let text = format!(r#"[{{"source":"{source}","target":"native/libpq.so"}}]"#);
            fs::write(&list, text).unwrap();
            assert!(link(package.path()).is_err(), "{source}");
        }
        fs::write(&list, r#"[{"source":"native/libpq.so.5","target":"native/libpq.so"}]"#).unwrap();
        link(package.path()).unwrap();
        assert_eq!(fs::read_link(native.join("libpq.so")).unwrap(), Path::new("libpq.so.5"));
    }
}
