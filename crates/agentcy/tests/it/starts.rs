//! Starts and ends of a server when not all is as it should be.

use std::net::TcpListener;

use crate::{database::Database, err, process::Machine};

const KEY: &str = "9f1c4b7a2e6d8053b1f7c94ae2d60835c7a91e4fb2d8360a5ce17f94b3d2086e";
const SIGNING: &str = "kQz7vD2mXw8RtL4yNc1HbJ6sGf3PaE9u";
const TOKEN: &str = "5f0c1d6be2a94873b1f7d20e8c3a6495";

#[tokio::test]
async fn a_start_that_waits_for_somebody_ends_when_it_is_told_to() {
    // Takes a connection, and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://ada:secret@{}/agentcy", silent.local_addr().unwrap());
    for command in ["serve", "worker"] {
        let machine = Machine::new().with("DATABASE_URL", &url).with("AGENTCY_ENCRYPTION_KEY", KEY);
        let mut server = machine.spawn_as(command);
        let _asked = silent.accept().unwrap();
        assert_eq!(server.stop().await.code(), Some(0), "{}", server.said());
        assert!(server.said().contains("stopped while starting"), "{}", server.said());
    }
}

#[tokio::test]
async fn a_replica_of_the_version_before_starts_on_the_schema_of_the_next() {
    let db = Database::new().await;
    let newer =
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (99999999999999, 'later', true, '\\x00', 0)";
    db.0.execute(newer).await;
    let with_owner = Machine::new().with("DATABASE_URL", db.app());
    let with_owner = with_owner.with("DATABASE_MIGRATE_URL", db.owner());
    let server = with_owner.start().await;
    assert!(server.said().contains("of a newer version"), "{}", server.said());
}

#[tokio::test]
async fn a_server_that_lost_its_lease_ends_as_one_that_failed() {
    let db = Database::new().await;
    let machine = Machine::new().with("DATABASE_URL", db.app());
    let mut server = machine.start().await;
    db.0.execute(
        "update leases set holder = gen_random_uuid(), fence = fence + 1,
                           expires_at = now() + interval '1 hour'
         where name = 'embedded:graph'",
    )
    .await;
    assert_eq!(server.ended().await.code(), Some(1), "{}", server.said());
    assert!(server.said().contains("another process took over"), "{}", server.said());
}

/// As the image has it: on every address, and nothing set that the command does not use.
fn in_the_image() -> Machine {
    let machine = Machine::new();
    let bind = format!("0.0.0.0:{}", machine.url().port().unwrap());
    machine.with("AGENTCY_BIND", bind)
}

#[tokio::test]
async fn in_the_image_each_command_starts_with_the_secrets_that_it_uses() {
    let db = Database::new().await;
    let owner = in_the_image().with("DATABASE_URL", db.app());
    let output = owner.with("DATABASE_MIGRATE_URL", db.owner()).run(&["migrate"]);
    assert!(output.status.success(), "{}", err(&output));

    let server = Machine::new()
        .with("DATABASE_URL", db.app())
        .with("AGENTCY_ENCRYPTION_KEY", KEY)
        .with("JWT_SECRET", SIGNING)
        .with("WORKER_TOKEN", TOKEN);
    let _server = server.start().await;
    let beside = in_the_image().with("DATABASE_URL", db.app()).with("AGENTCY_ENCRYPTION_KEY", KEY);
    let _worker = beside.worker().await;
    let sockets = in_the_image().with("DATABASE_URL", db.app());
    let sockets = sockets.with("AGENTCY_ENCRYPTION_KEY", KEY).with("JWT_SECRET", SIGNING);
    let _sockets = sockets.sockets().await;
    let away = in_the_image().with("WORKER_TOKEN", TOKEN);
    let _away = away.daemon(&server.url(), "away").await;

    let lacking = in_the_image().run(&["serve"]);
    assert_eq!(lacking.status.code(), Some(3), "{}", err(&lacking));
    assert!(err(&lacking).contains("AGENTCY_ADMIN_PASSWORD"), "{}", err(&lacking));
}
