//! `agentcy ws` beside `agentcy serve`, on one PostgreSQL.

use std::time::Duration;

use agentcy_sdk::{Change, NewSource};
use futures_util::StreamExt;
use serde_json::json;
use tokio::time::timeout;

use crate::{database::Database, process::Machine};

/// Far more than anything takes here; only what would never end runs into it.
const BOUND: Duration = Duration::from_mins(1);

#[tokio::test]
async fn sockets_alone_tell_what_happens_at_the_server_and_know_its_sessions() {
    let db = Database::new().await;
    let machine = Machine::new().with("DATABASE_URL", db.app());
    let server = machine.start().await;
    let alone = Machine::new()
        .with("DATABASE_URL", db.app())
        .with("AGENTCY_DATA_DIR", machine.data().to_str().unwrap());
    let mut sockets = alone.sockets().await;
    let session = machine.session().await;
    let mut changes =
        alone.with_token(&session.token).watch().topic("sources").begin().await.unwrap();

    let client = machine.with_token(&session.token);
    let new = NewSource {
        name: "things".to_owned(),
        source_type: "csv".to_owned(),
        realm: "data".to_owned(),
        config: json!({ "key": "id", "label": "Thing" }),
        credentials: std::collections::BTreeMap::new(),
    };
    let source = client.create_source(&new).await.unwrap();
    client.upload_content(&source.id, b"id\none\n".to_vec()).await.unwrap();
    client.sync_source(&source.id).await.unwrap();
    let told = timeout(BOUND, changes.next()).await.unwrap().unwrap().unwrap();
    let Change::Event(event) = told else { panic!("{told:?}") };
    assert_eq!((event.event.as_str(), event.seq), ("sync.updated", 1));
    assert_eq!(event.data["source_id"], source.id);

    assert!(alone.client().create_source(&new).await.is_err(), "it serves sockets alone");
    assert_eq!(sockets.stop().await.code(), Some(0), "{}", sockets.said());
    drop(server);
}

#[tokio::test]
async fn sockets_without_the_secrets_of_the_server_do_not_start_and_say_what_to_set() {
    let db = Database::new().await;
    let machine = Machine::new().with("DATABASE_URL", db.app());
    let output = machine.run(&["ws"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("JWT_SECRET"), "{said}");
}
