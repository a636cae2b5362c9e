//! A git repository of 10,000 commits, made by `git fast-import`.

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

pub(crate) const COMMITS: usize = 10_000;
const FILES: usize = 400;
const AUTHORS: usize = 40;

/// The source that reads it; the folder lies where the server was started.
pub(crate) fn source() -> Value {
    json!({
        "name": "repository", "source_type": "git", "realm": "development",
        "config": { "path": "repository" },
    })
}

/// Makes the repository.
pub(crate) fn make(folder: &Path) -> Result<()> {
    fs::create_dir(folder)?;
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.args(args).current_dir(folder).env("GIT_CONFIG_NOSYSTEM", "1");
        command
    };
    let made = git(&["init", "--quiet", "--initial-branch=main"]).status();
    ensure!(made.context("git is not on the path")?.success(), "git init failed");
    let mut import = git(&["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn()?;
    let mut input = import.stdin.take().context("no input")?;
    input.write_all(history().as_bytes())?;
    drop(input);
    ensure!(import.wait()?.success(), "git fast-import failed");
    Ok(())
}

/// Each commit touches three of the files, in folders three deep.
fn history() -> String {
    let mut script = String::new();
    for commit in 0..COMMITS {
        let author = commit * 7 % AUTHORS;
        let at = 1_600_000_000 + commit * 3600;
        let message = format!("change {commit}: rework part {}", commit % FILES);
        let _ = write!(
            script,
            "commit refs/heads/main\n\
             author Author {author} <author{author}@example.com> {at} +0000\n\
             committer Author {author} <author{author}@example.com> {at} +0000\n\
             data {}\n{message}\n",
            message.len()
        );
        for nth in 0..3 {
            let file = (commit * 13 + nth * 131) % FILES;
            let text = format!("commit {commit}\n");
            let _ = write!(
                script,
                "M 100644 inline src/part{}/module{}/file{file}.rs\ndata {}\n{text}\n",
                file % 10,
                file % 37,
                text.len()
            );
        }
    }
    script
}
