//! The folder of the cluster: its layout, its owner, its first filling.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::Command;

use super::{OWNER, Options, account::Account, locks, postmaster, programs::Programs};
use crate::{Error, Result};

/// What `sun_path` holds on the narrowest system, without the closing zero.
const SOCKET_PATH_MAX: usize = 103;

/// A cluster that is ready to be started.
#[derive(Debug)]
pub(super) struct Cluster {
    /// Everything of it: `data`, `run`, `log` and the locks.
    pub(super) root: PathBuf,
    pub(super) data: PathBuf,
    pub(super) socket_dir: PathBuf,
    pub(super) programs: Programs,
    pub(super) account: Option<Account>,
    pub(super) durable: bool,
    /// The folder of the socket when the path of the data directory is too long for one.
    _far_socket: Option<TempDir>,
}

impl Cluster {
    /// Looks for the cluster, makes it if there is none, and locks it for this process.
    pub(super) async fn prepare(options: Options) -> Result<(Self, File)> {
        let account = Account::for_postgres()?;
        fs::create_dir_all(&options.data_dir)
            .map_err(|error| failed("create", &options.data_dir, &error))?;
        let data_dir = fs::canonicalize(&options.data_dir)
            .map_err(|error| failed("find", &options.data_dir, &error))?;
        let root = data_dir.join("postgres");
        if let Some(account) = account {
            account.check_reach(
                &data_dir,
                "set AGENTCY_DATA_DIR to a folder such as /var/lib/agentcy",
            )?;
        }
        private_folder(&root, account)?;
        let lock = locks::of_this_process(&root.join("server.lock"), &root).await?;

        let data = root.join("data");
        let made_by = version_of(&data)?;
        let programs = Programs::find(options.bin.as_deref(), made_by).await?;
        if let Some(account) = account {
            account
                .check_reach(programs.dir(), "set AGENTCY_PG_BIN to a folder that all may read")?;
        }
        let (socket_dir, far_socket) = socket_folder(&root, account)?;
        let cluster = Self {
            root,
            data,
            socket_dir,
            programs,
            account,
            durable: options.durable,
            _far_socket: far_socket,
        };
        if made_by.is_none() {
            cluster.fill().await?;
        }
        cluster.own_data()?;
        Ok((cluster, lock))
    }

    /// A command of PostgreSQL's, as its account and without our environment, which holds secrets.
    pub(super) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .current_dir(&self.root);
        if let Some(account) = self.account {
            account.apply(&mut command);
        }
        command
    }

    /// Tells the postmaster that the data names.
    pub(super) fn signal(&self, signal: Signal) {
        let text = fs::read_to_string(self.pid_file()).unwrap_or_default();
        let pid = text.lines().next().and_then(|line| line.parse().ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // It may be gone by now, which is what is wanted.
            let _ = kill_process(pid, signal);
        }
    }

    pub(super) fn pid_file(&self) -> PathBuf {
        self.data.join("postmaster.pid")
    }

    /// Makes the data beside its place and moves it there whole: half of it is never taken for all.
    async fn fill(&self) -> Result<()> {
        let lock = locks::of_postgres(self).await?;
        let fresh = self.root.join("data.new");
        // PostgreSQL's own provider knows C.UTF-8 everywhere since 17; before, the C library may not.
        let locales: &[&[&str]] = if self.programs.major() >= 17 {
            &[&["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]]
        } else {
            &[&["--locale=C.UTF-8"], &["--locale=C"]]
        };
        let mut said = String::new();
        for locale in locales {
            remove(&fresh)?;
            let mut initdb = self.command(self.programs.initdb());
            initdb.arg("-D").arg(&fresh).args(["-U", OWNER, "-E", "UTF8", "-k", "-A", "trust"]);
            initdb.args(*locale).arg("--no-instructions");
            // Inherited, so that one that outlives us is waited for.
            let lock = lock.try_clone().map_err(|error| failed("lock", &self.root, &error))?;
            initdb.stdin(lock).kill_on_drop(true);
            if !self.durable {
                initdb.arg("--no-sync");
            }
            let output = initdb
                .output()
                .await
                .map_err(|error| failed("run", &self.programs.initdb(), &error))?;
            if output.status.success() {
                return fs::rename(&fresh, &self.data)
                    .map_err(|error| failed("move", &fresh, &error));
            }
            said = String::from_utf8_lossy(&output.stderr).into_owned();
        }
        Err(Error::Unfit(format!("initdb failed in {}: {}", self.root.display(), said.trim())))
    }

    /// PostgreSQL only starts on data that belongs to whom it runs as.
    fn own_data(&self) -> Result<()> {
        if let Some(account) = self.account {
            return account.give(&self.data).map_err(|error| failed("own", &self.data, &error));
        }
        let there = fs::metadata(&self.data).map_err(|error| failed("find", &self.data, &error))?;
        if there.uid() == rustix::process::geteuid().as_raw() {
            return Ok(());
        }
        Err(Error::Unfit(format!(
            "{0} belongs to another user: start agentcy as that one, or run `chown -R` on {0} as root",
            self.root.display()
        )))
    }
}

/// The major version that made the data; none when there is no data yet.
fn version_of(data: &Path) -> Result<Option<u32>> {
    let path = data.join("PG_VERSION");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound && !data.exists() => return Ok(None),
        Err(error) => return Err(failed("read", &path, &error)),
    };
    let major = text.trim().parse();
    major.map(Some).map_err(|_| Error::Unfit(format!("{} names no version", path.display())))
}

fn private_folder(path: &Path, account: Option<Account>) -> Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(failed("create", path, &error));
        }
        _ => {}
    }
    let owned = match account {
        Some(account) => account.give(path),
        None => Ok(()),
    };
    owned
        .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(0o700)))
        .map_err(|error| failed("own", path, &error))
}

/// A folder for the socket whose path is short enough: `run` of the cluster, else one in /tmp.
fn socket_folder(root: &Path, account: Option<Account>) -> Result<(PathBuf, Option<TempDir>)> {
    let near = root.join("run");
    let socket = near.join(format!(".s.PGSQL.{}", postmaster::PORT));
    if socket.as_os_str().len() <= SOCKET_PATH_MAX {
        private_folder(&near, account)?;
        return Ok((near, None));
    }
    let tmp = Path::new("/tmp");
    let far = tempfile::Builder::new().prefix("agentcy-").tempdir_in(tmp);
    let far = far.map_err(|error| failed("create a folder in", tmp, &error))?;
    private_folder(far.path(), account)?;
    Ok((far.path().to_path_buf(), Some(far)))
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed("remove", path, &error)),
        _ => Ok(()),
    }
}

/// A fault of the file system, in words for whoever runs the server.
pub(super) fn failed(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::Unfit(format!("cannot {what} {}: {error}", path.display()))
}
