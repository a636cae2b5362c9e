//! The unprivileged account that servers get when xtask runs as root: PostgreSQL refuses root.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// A user that servers run as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    uid: u32,
    gid: u32,
}

impl Account {
    /// Makes the command run as this user.
    pub(crate) fn apply(self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }
}

/// A fresh scratch folder, and the account that owns it when that is not ourselves.
pub(crate) fn scratch(purpose: &str) -> Result<(PathBuf, Option<Account>)> {
    let prefix = format!("agentcy-{purpose}-");
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix(&prefix);
    if !is_root()? {
        return Ok((builder.tempdir()?.keep(), None));
    }
    // Root's own choice of a folder may lie where the account cannot go.
    let dir = builder.tempdir_in("/tmp")?.keep();
    let passwd = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
    let account = ["postgres", "nobody"]
        .iter()
        .find_map(|name| find(&passwd, name))
        .context("root needs a user `postgres` or `nobody` to run servers as")?;
    give(&dir, account)?;
    Ok((dir, Some(account)))
}

/// Whether we are root: a new folder belongs to whom we are, and std has no shorter way to ask.
pub(crate) fn is_root() -> Result<bool> {
    Ok(fs::metadata(tempfile::tempdir()?.path())?.uid() == 0)
}

/// Hands a file or folder to the account.
pub(crate) fn give(path: &Path, account: Account) -> Result<()> {
    chown(path, Some(account.uid), Some(account.gid))
        .with_context(|| format!("cannot give {} away", path.display()))
}

fn find(passwd: &str, name: &str) -> Option<Account> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    let uid = fields.next()?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(Account { uid, gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let passwd = "root:x:0:0::/root:/bin/sh\npostgresql:x:1:2::/:/bin/sh\npostgres:x:101:104:,,,:/var:/bin/sh\n";
        assert_eq!(find(passwd, "postgres"), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(find(passwd, "nobody"), None);
    }
}
