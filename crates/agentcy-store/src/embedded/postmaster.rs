//! Starts PostgreSQL under a watchdog, and waits until it takes connections.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Read as _, Seek as _, SeekFrom},
    os::unix::net::UnixStream,
    path::Path,
    process::Stdio,
    time::Duration,
};

use tokio::{
    process::{Child, ChildStdin},
    time::{Instant, sleep},
};

use super::{
    cluster::{Cluster, failed},
    locks,
};
use crate::{Error, Result};

/// Only names the socket: nothing listens on the network.
pub(super) const PORT: u16 = 5432;

const POLL: Duration = Duration::from_millis(3);
/// Long, since after a crash it reads its log first.
const READY_TIMEOUT: Duration = Duration::from_mins(3);
const LOG_MAX: u64 = 8 << 20;

/// Runs PostgreSQL, and ends it when the pipe on its input closes: that happens when we let go of it, and also when we
/// die in a way that leaves us no time for it. What does not end within 20 s is cut short; the next start recovers it.
/// The lock on its output is held by all that it starts but the reader.
const WATCHDOG: &str = r#"
exec 3<&0 4>&1 </dev/null >&2
"$@" 3<&- &
postgres=$!
{
    read -r _ <&3
    kill -INT "$postgres"
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 1; done
    kill -QUIT "$postgres"
} 4>&- &
reader=$!
exec 3<&-
wait "$postgres"
status=$?
kill "$reader" 2>/dev/null
exit "$status"
"#;

/// Settings of a small server that only we talk to.
const SETTINGS: &[(&str, &str)] = &[
    ("listen_addresses", ""),
    ("unix_socket_permissions", "0700"),
    ("max_connections", "40"),
    ("shared_buffers", "128MB"),
    ("huge_pages", "off"),
    ("jit", "off"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("max_wal_size", "256MB"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("log_destination", "stderr"),
    ("logging_collector", "off"),
    ("log_line_prefix", "%m [%p] "),
    ("cluster_name", "agentcy"),
];

/// What a test does not wait for.
const UNSAFE_SETTINGS: &[(&str, &str)] =
    &[("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off")];

/// Starts PostgreSQL once no former one is left, and returns when it takes connections.
pub(super) async fn boot(cluster: &Cluster) -> Result<(Child, ChildStdin)> {
    let lock = locks::of_postgres(cluster).await?;
    clear_pid_file(cluster)?;
    let (log, log_start) = open_log(&cluster.root.join("log"))?;

    let mut command = cluster.command("/bin/sh");
    command.args(["-c", WATCHDOG, "sh"]).arg(cluster.programs.postgres());
    command.arg("-D").arg(&cluster.data);
    let settings = if cluster.durable { &[] } else { UNSAFE_SETTINGS };
    for (name, value) in SETTINGS.iter().chain(settings) {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    command.arg("-k").arg(listed(&cluster.socket_dir)).arg("-p").arg(PORT.to_string());
    // Its own group: Ctrl-C in the terminal is for us, who end it in our turn.
    command.process_group(0).stdin(Stdio::piped()).stdout(lock).stderr(log);
    let mut child = command.spawn().map_err(|error| failed("run", Path::new("/bin/sh"), &error))?;
    let Some(leash) = child.stdin.take() else {
        return Err(Error::Unavailable("the watchdog of postgres has no input".into()));
    };
    wait_until_ready(cluster, &mut child, log_start).await?;
    Ok((child, leash))
}

/// A folder as an item of a list, in which a comma would end it.
fn listed(folder: &Path) -> OsString {
    let mut quoted = OsString::from("\"");
    quoted.push(folder);
    quoted.push("\"");
    quoted
}

/// A pid file left by a crash can name a process that has nothing to do with it and keep PostgreSQL from starting. With
/// the lock ours, the file is stale, unless somebody started a PostgreSQL on the folder by hand.
fn clear_pid_file(cluster: &Cluster) -> Result<()> {
    let path = cluster.pid_file();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("read", &path, &error)),
    };
    let lines: Vec<&str> = text.lines().collect();
    if let [pid, _, _, port, folder, ..] = lines[..]
        && UnixStream::connect(Path::new(folder).join(format!(".s.PGSQL.{port}"))).is_ok()
    {
        return Err(Error::Unfit(format!(
            "a PostgreSQL that is not ours (process {pid}) runs in {}: stop it",
            cluster.data.display()
        )));
    }
    fs::remove_file(&path).map_err(|error| failed("remove", &path, &error))
}

/// The log, begun anew when it has grown large, and where this start begins in it.
fn open_log(path: &Path) -> Result<(File, u64)> {
    if fs::metadata(path).is_ok_and(|log| log.len() > LOG_MAX) {
        let old = path.with_extension("old");
        fs::rename(path, old).map_err(|error| failed("move", path, &error))?;
    }
    let log = OpenOptions::new().create(true).append(true).open(path);
    let log = log.map_err(|error| failed("open", path, &error))?;
    let start = log.metadata().map_err(|error| failed("look at", path, &error))?.len();
    Ok((log, start))
}

async fn wait_until_ready(cluster: &Cluster, child: &mut Child, log_start: u64) -> Result<()> {
    let began = Instant::now();
    loop {
        // The postmaster itself writes there that it takes connections.
        let text = fs::read_to_string(cluster.pid_file()).unwrap_or_default();
        if text.lines().nth(7).is_some_and(|status| status.trim() == "ready") {
            return Ok(());
        }
        if let Ok(Some(status)) = child.try_wait() {
            let log = cluster.root.join("log");
            return Err(Error::Unfit(format!(
                "PostgreSQL did not start ({status}); {} says: {}",
                log.display(),
                tail(&log, log_start)
            )));
        }
        if began.elapsed() > READY_TIMEOUT {
            return Err(Error::Unavailable("the embedded postgres is not ready in time".into()));
        }
        sleep(POLL).await;
    }
}

/// What was logged since, the faults only if there are any.
fn tail(log: &Path, start: u64) -> String {
    let mut text = String::new();
    let read = File::open(log).and_then(|mut file| {
        file.seek(SeekFrom::Start(start))?;
        file.take(LOG_MAX).read_to_string(&mut text)
    });
    if let Err(error) = read {
        return error.to_string();
    }
    let faults: Vec<&str> = text
        .lines()
        .filter(|line| ["FATAL", "PANIC", "HINT", "cannot"].iter().any(|word| line.contains(word)))
        .collect();
    if faults.is_empty() { text.trim().to_owned() } else { faults.join(" ") }
}
