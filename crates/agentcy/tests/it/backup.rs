//! What docs/deploy.md says of backups, word for word, from one PostgreSQL to another.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use agentcy_store::embedded::{Embedded, Options};

use crate::{
    chat::{sign_in, succeeded},
    database::{Database, url},
    docs::{page, repository},
    out,
    process::Machine,
};

const KEY: &str = "9f1c4b7a2e6d8053b1f7c94ae2d60835c7a91e4fb2d8360a5ce17f94b3d2086e";

#[tokio::test]
async fn a_backup_is_taken_and_restored_as_the_page_says() {
    let Some(tools) = tools() else {
        return eprintln!("SKIPPED: there is no pg_dump on this machine");
    };
    let page = page("docs/deploy.md");
    let blocks: Vec<&str> = page.split("```sh\n").skip(1).collect();
    let [take, restore] = blocks[..] else { panic!("a backup is taken, and restored") };

    let db = Database::new().await;
    let old = Machine::new()
        .with("DATABASE_URL", db.app())
        .with("DATABASE_MIGRATE_URL", db.owner())
        .with("AGENTCY_ENCRYPTION_KEY", KEY);
    repository(old.home());
    let mut server = old.start().await;
    sign_in(&old);
    let add =
        ["sources", "add", "git", "code", "--realm", "development", "--set", "path=.", "--sync"];
    succeeded(old.run(&add));
    server.stop().await;
    type_in(&old, take, &tools);

    // Roles are the whole cluster's, so the other place is a cluster that never had them.
    let new = Machine::new();
    let cluster = new.home().join("cluster");
    let options = Options { durable: false, ..Options::new(&cluster) };
    let place = Embedded::start(options).await.unwrap();
    let new = new
        .with("DATABASE_URL", url(&place.app(), "agentcy_test_app"))
        .with("DATABASE_MIGRATE_URL", url(&place.owner(), ""))
        .with("AGENTCY_ENCRYPTION_KEY", KEY);
    fs::copy(old.home().join("agentcy.dump"), new.home().join("agentcy.dump")).unwrap();
    type_in(&new, restore, &tools);

    let mut server = new.start().await;
    sign_in(&new);
    let asked = ["graph", "cypher", "MATCH (f:File) RETURN f.path"];
    let answer = out(&succeeded(new.run(&asked)));
    server.stop().await;
    place.stop().await.unwrap();
    assert!(answer.contains("README.md"), "{answer}");
}

/// Types a block where the machine is, with its settings.
fn type_in(machine: &Machine, block: &str, tools: &Path) {
    let steps = block.split("```").next().unwrap();
    let bin = machine.home().join("bin");
    fs::create_dir(&bin).unwrap();
    symlink(env!("CARGO_BIN_EXE_agentcy"), bin.join("agentcy")).unwrap();
    // The settings are those of its own commands.
    let own = machine.command([""; 0]);
    let settings = own.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", steps])
        .env_clear()
        .envs(settings)
        .env("PATH", format!("{}:{path}:{}", bin.display(), tools.display()))
        .current_dir(machine.home())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}\n{steps}");
}

/// The folder of `pg_dump` and its like, which Debian keeps off the path.
fn tools() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = debian.map(|entry| entry.path().join("bin"));
    std::env::split_paths(&path).chain(debian).find(|folder| folder.join("pg_dump").exists())
}
