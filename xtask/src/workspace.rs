//! Where the workspace is, and how cargo is called in it.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The checked-out workspace.
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Finds the workspace this tool belongs to.
    pub(crate) fn find() -> Result<Self> {
        let package =
            env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&package).parent().context("xtask has no parent folder")?;
        Ok(Self { root: root.to_owned() })
    }

    /// The top folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A cargo command in the top folder.
    ///
    /// What `cargo run` told xtask about itself is removed: build scripts that watch those variables
    /// (ring's does) would otherwise rebuild half the tree on every change between cargo and xtask.
    pub(crate) fn cargo<I, S>(&self, args: I) -> Command
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(args).current_dir(&self.root);
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(is_about_xtask) {
                command.env_remove(name);
            }
        }
        command
    }

    /// `cargo metadata`, of our own packages alone or of everything.
    pub(crate) fn metadata(&self, own_only: bool) -> Result<Value> {
        let mut command = self.cargo(["metadata", "--format-version", "1"]);
        if own_only {
            command.arg("--no-deps");
        }
        serde_json::from_slice(&output(&mut command)?).context("cargo metadata is not JSON")
    }

    /// The folder cargo builds into.
    pub(crate) fn target_dir(&self) -> Result<PathBuf> {
        let metadata = self.metadata(true)?;
        let dir = metadata["target_directory"].as_str().context("no target directory")?;
        Ok(PathBuf::from(dir))
    }

    /// Builds the binary with the features that tests build with, so that nothing is built twice.
    ///
    /// Naming `--examples` is what makes cargo count the features of dev-dependencies in.
    pub(crate) fn build_binary_like_tests(&self) -> Result<PathBuf> {
        let args = ["build", "--workspace", "--ignore-rust-version", "--bin", "agentcy"];
        run(self.cargo(args).arg("--examples"))?;
        Ok(self.target_dir()?.join("debug").join("agentcy"))
    }
}

fn is_about_xtask(name: &str) -> bool {
    name.starts_with("CARGO_PKG_")
        || matches!(
            name,
            "CARGO_MANIFEST_DIR" | "CARGO_MANIFEST_PATH" | "CARGO_BIN_NAME" | "CARGO_CRATE_NAME"
        )
}

/// Runs a command with our own input and output; anything but success is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", name(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", name(command));
    }
    Ok(())
}

/// Runs a command and gives what it printed; its errors go to ours.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", name(command)))?;
    if !output.status.success() {
        bail!("{} failed ({})", name(command), output.status);
    }
    Ok(output.stdout)
}

/// Whether a program is on PATH.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}

/// Whether this is an automatic run, where a missing store is a failure.
pub(crate) fn in_ci() -> bool {
    env::var("CI").is_ok_and(|value| value == "true")
}

fn name(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let mut words = vec![program.to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|arg| arg.to_string_lossy().into_owned()));
    format!("`{}`", words.join(" "))
}
