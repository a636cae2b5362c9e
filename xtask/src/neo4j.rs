//! A Neo4j of our own for tests: built once with Maven, started on a free loopback port, gone with its handle.

use std::{
    ffi::OsString,
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

const USER: &str = "neo4j";
const PASSWORD: &str = "test-password";
const READY: &str = "READY ";

/// How long the server may take to start.
const START: Duration = Duration::from_mins(4);

/// How long it may take to stop before it is killed.
const STOP: Duration = Duration::from_secs(10);

/// A running server.
pub(crate) struct Neo4j {
    pub(crate) uri: String,
    pub(crate) user: String,
    pub(crate) password: String,
    child: Child,
    /// The server stops when this closes.
    stdin: Option<ChildStdin>,
    _folder: TempDir,
}

/// Builds the server when its sources are new, starts it and waits until it answers.
pub(crate) fn start(target_dir: &Path) -> Result<Neo4j> {
    let classpath = build(target_dir)?;
    let folder = tempfile::tempdir_in(target_dir).context("no folder for Neo4j's data")?;
    let mut child = Command::new("java")
        .args(["-Xmx512m", "-XX:+UseSerialGC", "-cp"])
        .arg(classpath)
        .arg("TestServer")
        .arg(folder.path())
        .args(["0", PASSWORD])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("java does not start: install a JDK 17 or newer")?;
    let stdin = child.stdin.take();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    // From here on the handle ends the process, whatever goes wrong.
    let mut server = Neo4j {
        uri: String::new(),
        user: USER.to_owned(),
        password: PASSWORD.to_owned(),
        child,
        stdin,
        _folder: folder,
    };
    let complaint = thread::spawn(move || {
        let mut text = String::new();
        stderr.map(|mut stderr| stderr.read_to_string(&mut text));
        text
    });
    let (sender, ready) = mpsc::channel();
    thread::spawn(move || {
        // Reads to the end, so that the server never waits for room in the pipe.
        for line in BufReader::new(stdout?).lines().map_while(Result::ok) {
            if let Some(uri) = line.strip_prefix(READY) {
                sender.send(uri.to_owned()).ok()?;
            }
        }
        Some(())
    });
    match ready.recv_timeout(START) {
        Ok(uri) => server.uri = uri,
        Err(mpsc::RecvTimeoutError::Timeout) => bail!("Neo4j did not start within {START:?}"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            drop(server);
            bail!("Neo4j did not start: {}", complaint.join().unwrap_or_default());
        }
    }
    Ok(server)
}

impl Drop for Neo4j {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let step = Duration::from_millis(50);
        let mut waited = Duration::ZERO;
        while waited < STOP {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(step);
            waited += step;
        }
        // Nothing to be done when even this fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The class path of the built server; built anew only when its sources differ from those it was built from.
fn build(target_dir: &Path) -> Result<OsString> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/neo4j");
    let built = std::path::absolute(target_dir)?.join("neo4j");
    let (classes, libraries) = (built.join("classes"), built.join("lib"));
    let wanted = ["pom.xml", "src/main/java/TestServer.java"]
        .map(|file| fs::read_to_string(sources.join(file)))
        .into_iter()
        .collect::<std::io::Result<String>>()
        .context("tools/neo4j is not complete")?;
    let stamp = built.join("built-from");
    if fs::read_to_string(&stamp).is_ok_and(|from| from == wanted) {
        return class_path(&classes, &libraries);
    }
    if built.exists() {
        fs::remove_dir_all(&built)?;
    }
    fs::create_dir_all(&built)?;
    let done = Command::new("mvn")
        .args(["-q", "-B", "-f"])
        .arg(sources.join("pom.xml"))
        .arg(option("buildDirectory", &built))
        .args(["compile", "dependency:copy-dependencies", "-DincludeScope=runtime"])
        .arg(option("outputDirectory", &libraries))
        .output()
        .context("mvn does not start: install Maven 3.8 or newer")?;
    ensure!(
        done.status.success(),
        "the Neo4j test server does not build: {}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    fs::write(stamp, wanted)?;
    class_path(&classes, &libraries)
}

fn option(name: &str, value: &Path) -> OsString {
    let mut option = OsString::from(format!("-D{name}="));
    option.push(value);
    option
}

fn class_path(classes: &Path, libraries: &Path) -> Result<OsString> {
    std::env::join_paths([classes.to_owned(), PathBuf::from(libraries).join("*")])
        .context("the target folder has a name that a class path cannot hold")
}
