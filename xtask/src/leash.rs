//! Servers that end when xtask ends, however it ends: a shell between us and the server waits on a
//! pipe that only we hold open, and the kernel closes it even when we are killed.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::account::Account;

// $1 the signal that ends the server, $2 its scratch folder, the rest is the server itself.
const WATCHDOG: &str = r#"
exec 3<&0 </dev/null
signal=$1 scratch=$2
shift 2
"$@" 3<&- &
server=$!
{ read -r _ <&3; kill -s "$signal" "$server"; sleep 10; kill -s KILL "$server"; } 2>/dev/null &
watch=$!
exec 3<&-
wait "$server"
status=$?
kill "$watch" 2>/dev/null
rm -rf -- "$scratch"
exit "$status"
"#;

/// A running server; dropping it ends the server and removes its scratch folder.
pub(crate) struct Leash {
    shell: Child,
}

impl Leash {
    /// Starts `server`, whose output goes to `log`, under a watchdog of its own process group, so that
    /// Ctrl-C in the terminal reaches us alone and the server then ends in its own way.
    pub(crate) fn start(
        server: &Command,
        signal: &str,
        scratch: &Path,
        log: &Path,
        account: Option<Account>,
    ) -> Result<Self> {
        use std::os::unix::process::CommandExt as _;

        let output =
            File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = Command::new("sh");
        command
            .args(["-c", WATCHDOG, "watchdog", signal])
            .arg(scratch)
            .arg(server.get_program())
            .args(server.get_args())
            .current_dir(scratch)
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0);
        if let Some(account) = account {
            account.apply(&mut command);
        }
        let shell = command.spawn().context("cannot start sh")?;
        Ok(Self { shell })
    }

    /// Whether the server is still there.
    pub(crate) fn is_running(&mut self) -> Result<bool> {
        Ok(self.shell.try_wait()?.is_none())
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // The watchdog kills what does not end by itself, so this wait is bounded.
        let _ = self.shell.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropping_the_leash_ends_the_server_and_removes_its_folder() {
        let scratch = tempfile::tempdir().unwrap().keep();
        let mut server = Command::new("sh");
        server.args(["-c", "trap 'exit 0' TERM; while :; do sleep 0.05; done"]);
        let mut leash =
            Leash::start(&server, "TERM", &scratch, &scratch.join("log"), None).unwrap();
        assert!(leash.is_running().unwrap());
        drop(leash);
        assert!(!scratch.exists());
    }

    #[test]
    fn a_server_that_ends_by_itself_is_noticed() {
        let scratch = tempfile::tempdir().unwrap().keep();
        let mut leash =
            Leash::start(&Command::new("true"), "TERM", &scratch, &scratch.join("log"), None)
                .unwrap();
        while leash.is_running().unwrap() {
            std::thread::yield_now();
        }
        assert!(!scratch.exists());
    }
}
