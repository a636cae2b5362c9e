//! A database that is away for a while.

use std::{sync::Arc, time::Duration};

use agentcy_core::Role;
use agentcy_testkit::{
    fault_proxy::{Fault, FaultProxy},
    platform::TestPlatform,
    postgres::TestDb,
};

use crate::stage::{Watcher, World, over};

#[tokio::test]
async fn a_store_that_is_away_takes_no_socket_along_and_what_happened_is_told_afterwards() {
    let database = TestDb::new().await;
    let proxy = FaultProxy::start(database.upstream()).await.unwrap();
    let stage = TestPlatform::over(
        database,
        |_| {},
        |database, engines| {
            engines.db = database.db_at(proxy.addr, 8);
        },
    );
    let platform = stage.platform.clone();
    let app = over(Arc::new(stage), platform, |_| {}).await;
    let org = app.stage.org().await;
    let world = World::of(&app, org).await;
    let viewer = app.member(org, Role::Viewer).await;
    let mut watcher = Watcher::open(&app, &viewer).await;
    watcher.subscribe(&["graph"]).await;
    proxy.set(Fault::Refuse).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    watcher.hears_nothing().await;
    proxy.set(Fault::Pass).await;
    world.change("crm", 1).await;
    assert_eq!(watcher.numbers(1).await, [1]);
}
