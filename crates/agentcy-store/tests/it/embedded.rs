//! The embedded PostgreSQL starts, stops, comes back, and never outlives us.

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    sync::Arc,
};

use agentcy_store::{
    Db, Error,
    embedded::{Embedded, Options},
    migrate,
};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;

use crate::world::{SYSTEM, connect};

/// Says to the test binary, started once more, that it is the other process and which folder is its own.
const OTHER_PROCESS: &str = "AGENTCY_TEST_EMBEDDED_FOLDER";

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn options(folder: &Path) -> Options {
    Options { durable: false, ..Options::new(folder) }
}

async fn start(folder: &Path) -> Embedded {
    Embedded::start(options(folder)).await.unwrap()
}

async fn fault(folder: &Path) -> String {
    match Embedded::start(options(folder)).await {
        Err(Error::Unfit(text)) => text,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn pid_file(folder: &Path) -> PathBuf {
    folder.join("postgres/data/postmaster.pid")
}

fn postmaster(folder: &Path) -> Pid {
    let text = fs::read_to_string(pid_file(folder)).unwrap();
    Pid::from_raw(text.lines().next().unwrap().parse().unwrap()).unwrap()
}

async fn until(mut done: impl AsyncFnMut() -> bool) {
    while !done().await {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

async fn mark(embedded: &Embedded) {
    let mut conn = connect(&embedded.owner()).await;
    let statement = "create table if not exists mark (n int); insert into mark values (1)";
    sqlx::raw_sql(statement).execute(&mut conn).await.unwrap();
}

async fn marks(embedded: &Embedded) -> i64 {
    let mut conn = connect(&embedded.owner()).await;
    sqlx::query_scalar("select count(*) from mark").fetch_one(&mut conn).await.unwrap()
}

#[tokio::test]
async fn it_keeps_its_data_from_start_to_start_and_leaves_nothing_running() {
    let folder = folder();
    let first = start(folder.path()).await;
    mark(&first).await;
    let pid = postmaster(folder.path());
    first.stop().await.unwrap();
    assert!(test_kill_process(pid).is_err() && !pid_file(folder.path()).exists());
    drop(first);

    let second = start(folder.path()).await;
    assert_eq!(marks(&second).await, 1);
    second.stop().await.unwrap();
}

#[tokio::test]
async fn the_server_works_on_it_as_a_login_that_is_held_back() {
    let folder = folder();
    let embedded = start(folder.path()).await;
    migrate::migrate(&embedded.owner(), &embedded.app()).await.unwrap();
    migrate::check_fit(&embedded.app()).await.unwrap();
    let db = Db::new(embedded.app(), 1);
    db.system(&SYSTEM).await.unwrap().commit().await.unwrap();
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn it_is_reached_through_a_private_folder_only() {
    let folder = folder();
    let embedded = start(folder.path()).await;
    for private in ["postgres", "postgres/run", "postgres/data"] {
        let mode = fs::metadata(folder.path().join(private)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{private}");
    }
    let mut conn = connect(&embedded.owner()).await;
    for (setting, expected) in [("listen_addresses", ""), ("jit", "off"), ("data_checksums", "on")]
    {
        let found: String = sqlx::query_scalar("select current_setting($1)")
            .bind(setting)
            .fetch_one(&mut conn)
            .await
            .unwrap();
        assert_eq!(found, expected, "{setting}");
    }
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn a_second_process_is_refused_and_told_who_is_there() {
    let folder = folder();
    let embedded = start(folder.path()).await;
    let fault = fault(folder.path()).await;
    let holder = format!("process {}", process::id());
    assert!(fault.contains(&holder) && fault.contains("DATABASE_URL"), "{fault}");
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn a_postgres_that_dies_by_itself_is_started_again() {
    let folder = folder();
    let durable = Options::new(folder.path());
    let embedded = Arc::new(Embedded::start(durable).await.unwrap());
    let supervision = tokio::spawn({
        let embedded = Arc::clone(&embedded);
        async move { embedded.supervise().await }
    });
    mark(&embedded).await;
    let former = postmaster(folder.path());
    kill_process(former, Signal::KILL).unwrap();
    until(async || {
        let text = fs::read_to_string(pid_file(folder.path())).unwrap_or_default();
        text.contains("ready") && !text.starts_with(&former.to_string())
    })
    .await;
    until(async || sqlx::ConnectOptions::connect(&embedded.owner()).await.is_ok()).await;
    assert_eq!(marks(&embedded).await, 1);
    embedded.stop().await.unwrap();
    supervision.await.unwrap();
}

#[tokio::test]
async fn it_ends_when_it_is_dropped_and_the_next_start_waits_for_that() {
    let folder = folder();
    drop(start(folder.path()).await);
    let next = start(folder.path()).await;
    next.stop().await.unwrap();
}

#[tokio::test]
async fn it_ends_when_its_server_is_killed_and_the_next_server_goes_on() {
    let folder = folder();
    let mut other = Command::new(env::current_exe().unwrap())
        .args(["--exact", "embedded::another_process", "--ignored", "--nocapture"])
        .env(OTHER_PROCESS, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(other.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("it runs")));
    let former = postmaster(folder.path());
    // SIGKILL: nothing of ours gets to tidy up.
    other.kill().unwrap();
    other.wait().unwrap();

    let next = start(folder.path()).await;
    assert_eq!(marks(&next).await, 1);
    assert_ne!(postmaster(folder.path()), former);
    assert!(test_kill_process(former).is_err());
    next.stop().await.unwrap();
}

#[tokio::test]
#[ignore = "is the other process of the test above, which starts it"]
async fn another_process() {
    // Run by itself, with all that is ignored, it has nothing to do.
    let Ok(folder) = env::var(OTHER_PROCESS).map(PathBuf::from) else { return };
    let embedded = start(&folder).await;
    mark(&embedded).await;
    println!("it runs");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_postgres_that_lost_its_watchdog_is_stopped_by_the_next_server() {
    let folder = folder();
    let first = start(folder.path()).await;
    let former = postmaster(folder.path());
    let stat = fs::read_to_string(format!("/proc/{former}/stat")).unwrap();
    let watchdog = stat.rsplit(')').next().unwrap().split_whitespace().nth(1).unwrap();
    let watchdog = Pid::from_raw(watchdog.parse().unwrap()).unwrap();
    // The watchdog's reader, its other child, goes as well: nothing is left that would stop PostgreSQL.
    let children = format!("/proc/{watchdog}/task/{watchdog}/children");
    let children = fs::read_to_string(children).unwrap();
    kill_process(watchdog, Signal::KILL).unwrap();
    for child in children.split_whitespace() {
        let child = Pid::from_raw(child.parse().unwrap()).unwrap();
        if child != former {
            kill_process(child, Signal::KILL).unwrap();
        }
    }
    drop(first);
    let next = start(folder.path()).await;
    assert_ne!(postmaster(folder.path()), former);
    next.stop().await.unwrap();
}

#[tokio::test]
async fn a_pid_file_left_by_a_crash_does_not_keep_it_from_starting() {
    let folder = folder();
    let first = start(folder.path()).await;
    let text = fs::read_to_string(pid_file(folder.path())).unwrap();
    let pid = postmaster(folder.path());
    first.stop().await.unwrap();
    drop(first);
    // By now the number belongs to somebody else: us.
    let stale = text.replacen(&pid.to_string(), &process::id().to_string(), 1);
    fs::write(pid_file(folder.path()), stale).unwrap();
    start(folder.path()).await.stop().await.unwrap();
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_is_no_hindrance() {
    let folder = folder();
    let deep = folder.path().join("x".repeat(120));
    let embedded = start(&deep).await;
    mark(&embedded).await;
    assert_eq!(marks(&embedded).await, 1);
    let socket = connect(&embedded.owner()).await;
    drop(socket);
    let far = embedded.owner().get_socket().unwrap().clone();
    assert!(far.starts_with("/tmp"));
    embedded.stop().await.unwrap();
    drop(embedded);
    assert!(!far.exists());
}

#[tokio::test]
async fn data_of_another_version_is_named_with_what_would_read_it() {
    let folder = folder();
    let data = folder.path().join("postgres/data");
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("PG_VERSION"), "9\n").unwrap();
    let fault = fault(folder.path()).await;
    assert!(fault.contains("PostgreSQL 9") && fault.contains("AGENTCY_PG_BIN"), "{fault}");
}

#[tokio::test]
async fn a_start_that_fails_says_what_postgres_said() {
    let folder = folder();
    start(folder.path()).await.stop().await.unwrap();
    fs::remove_file(folder.path().join("postgres/data/global/pg_control")).unwrap();
    let fault = fault(folder.path()).await;
    assert!(fault.contains("pg_control"), "{fault}");
}

#[tokio::test]
async fn programs_that_are_not_there_are_named() {
    let folder = folder();
    let bin = Some(folder.path().join("nowhere"));
    let outcome = Embedded::start(Options { bin, ..options(folder.path()) }).await;
    let Err(Error::Unfit(fault)) = outcome else { panic!("expected a refusal") };
    assert!(fault.contains("AGENTCY_PG_BIN") && fault.contains("nowhere"), "{fault}");
}

#[tokio::test]
async fn a_folder_that_the_lesser_account_cannot_reach_is_refused_with_the_mend() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let fault = fault(&folder.path().join("data")).await;
    assert!(fault.contains(&folder.path().display().to_string()), "{fault}");
    assert!(fault.contains("/var/lib/agentcy") && fault.contains("chmod o+x"), "{fault}");
}
