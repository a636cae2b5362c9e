//! `agentcy serve` and `agentcy migrate` on a PostgreSQL of somebody else's.

use crate::{database::Database, err, json, process::Machine};

const MEND: &str = "run `agentcy migrate`";

#[tokio::test]
async fn migrating_makes_the_login_of_the_server_which_then_needs_no_other() {
    let db = Database::empty().await;
    let machine = Machine::new().with("DATABASE_URL", db.stranger());
    let owner = [("DATABASE_MIGRATE_URL", db.owner())];
    let output = machine.command(["migrate", "--json"]).envs(owner.clone()).output().unwrap();
    assert!(output.status.success(), "{}", err(&output));
    let done = json(&output);
    assert_eq!(done["embedded"], false);
    assert!(!done["applied"].as_array().unwrap().is_empty(), "{done}");

    let server = machine.start().await;
    assert!(machine.with_token(&machine.session().await.token).me().await.is_ok());
    assert!(!machine.data().join("postgres").exists(), "a database of our own was made as well");
    drop(server);

    let again = machine.command(["migrate"]).envs(owner).output().unwrap();
    assert!(again.status.success() && err(&again).contains("up to date"), "{}", err(&again));
    db.forget_stranger().await;
}

#[tokio::test]
async fn a_database_that_is_behind_is_refused_and_the_way_forward_named() {
    let db = Database::empty().await;
    let machine = Machine::new().with("DATABASE_URL", db.app());
    let said = machine.refused().await;
    assert!(said.contains("migrations behind") && said.contains(MEND), "{said}");
    let output = machine.run(&["migrate"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("DATABASE_MIGRATE_URL"), "{}", err(&output));
}

#[tokio::test]
async fn a_superuser_is_refused_as_the_login_of_the_server() {
    let db = Database::new().await;
    let said = Machine::new().with("DATABASE_URL", db.owner()).refused().await;
    assert!(said.contains("superuser") && said.contains("DATABASE_MIGRATE_URL"), "{said}");
    assert!(said.contains(MEND), "{said}");
}

#[tokio::test]
async fn the_owner_of_the_tables_is_refused_as_the_login_of_the_server() {
    let db = Database::new().await;
    let owner = db.stranger_name();
    db.0.execute(&format!(
        "create role {owner} login password 'agentcy_test_app';
         do $$ declare it record; begin
           for it in select oid::regclass as name from pg_class
               where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') loop
             execute format('alter table %s owner to {owner}', it.name);
           end loop;
         end $$"
    ))
    .await;
    let said = Machine::new().with("DATABASE_URL", db.stranger()).refused().await;
    db.forget_stranger().await;
    assert!(said.contains("owns tables") && said.contains("DATABASE_MIGRATE_URL"), "{said}");
    assert!(said.contains(MEND), "{said}");
}

#[tokio::test]
async fn a_login_without_the_roles_of_the_server_is_refused_with_its_mend() {
    let db = Database::new().await;
    let name = db.stranger_name();
    db.0.execute(&format!("create role {name} login password 'agentcy_test_app'")).await;
    let said = Machine::new().with("DATABASE_URL", db.stranger()).refused().await;
    db.forget_stranger().await;
    assert!(said.contains(MEND) && said.contains("DATABASE_MIGRATE_URL"), "{said}");
}

#[tokio::test]
async fn a_second_server_with_embedded_twins_on_one_database_is_refused() {
    let db = Database::new().await;
    let first = Machine::new().with("DATABASE_URL", db.app());
    let mut server = first.start().await;
    let second = Machine::new().with("DATABASE_URL", db.app());
    let said = second.refused().await;
    assert!(said.contains("NEO4J_URI") && said.contains("another agentcy works"), "{said}");
    // Nothing of the first is held against its successor.
    assert_eq!(server.stop().await.code(), Some(0));
    second.start().await;
}
