//! Who PostgreSQL runs as: it refuses root, so root lends it an account without rights.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, chown},
    path::Path,
};

use tokio::process::Command;

use crate::{Error, Result};

/// An account that is not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    uid: u32,
    gid: u32,
}

impl Account {
    /// `postgres`, else `nobody`, when we are root; ourselves otherwise.
    pub(super) fn for_postgres() -> Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let passwd = fs::read_to_string("/etc/passwd")
            .map_err(|error| Error::Unfit(format!("cannot read /etc/passwd: {error}")))?;
        let account = find(&passwd, "postgres").or_else(|| find(&passwd, "nobody"));
        account.map(Some).ok_or_else(|| {
            Error::Unfit(
                "PostgreSQL does not run as root, and there is neither a user postgres nor nobody: start agentcy as another user"
                    .into(),
            )
        })
    }

    /// Lets the command run as this account.
    pub(super) fn apply(self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    /// Gives a file or a folder with all that is in it to this account.
    pub(super) fn give(self, path: &Path) -> io::Result<()> {
        let there = fs::symlink_metadata(path)?;
        if there.uid() == self.uid && there.gid() == self.gid {
            return Ok(());
        }
        if there.is_dir() {
            for entry in fs::read_dir(path)? {
                self.give(&entry?.path())?;
            }
        }
        // The folder last: an interrupted walk begins again.
        if there.is_symlink() { Ok(()) } else { chown(path, Some(self.uid), Some(self.gid)) }
    }

    /// Fails unless the account can pass every folder down to this one.
    pub(super) fn check_reach(self, folder: &Path, mend: &str) -> Result<()> {
        for above in folder.ancestors() {
            let there = fs::metadata(above).map_err(|error| {
                Error::Unfit(format!("cannot look at {}: {error}", above.display()))
            })?;
            let bit = if there.uid() == self.uid {
                0o100
            } else if there.gid() == self.gid {
                0o010
            } else {
                0o001
            };
            if there.mode() & bit == 0 {
                return Err(Error::Unfit(format!(
                    "PostgreSQL does not run as root, and the user it runs as may not pass {0}: {mend}, or run `chmod o+x {0}`",
                    above.display()
                )));
            }
        }
        Ok(())
    }
}

fn find(passwd: &str, name: &str) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account { uid, gid })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let passwd = "root:x:0:0::/root:/bin/sh\npostgresx:x:7:8::/:\npostgres:x:101:104:a:/:\n";
        assert_eq!(find(passwd, "postgres"), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(find(passwd, "nobody"), None);
    }
}
