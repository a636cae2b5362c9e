//! The server refuses to work on a database that does not hold it back, and says the mend.

use agentcy_store::{
    Error, PgConnectOptions,
    embedded::{Embedded, Options},
    migrate,
};

use crate::world::{World, connect, run};

async fn fault(login: &PgConnectOptions) -> String {
    match migrate::check_fit(login).await {
        Err(Error::Unfit(text)) => text,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// A login of this database alone, dropped by the test: roles belong to the whole server.
async fn login(world: &World, attributes: &str) -> (PgConnectOptions, String) {
    let name = world.test.name.replace("agentcy_test_", "login_");
    let statement = format!("create role {name} login noinherit password 'pw' {attributes}");
    run(&mut world.owner().await, statement).await;
    (world.test.app.clone().username(&name).password("pw"), name)
}

#[tokio::test]
async fn the_login_that_migrate_makes_is_fit() {
    let world = World::new().await;
    migrate::check_fit(&world.test.app).await.unwrap();
    assert_eq!(migrate::pending(&world.test.app).await.unwrap(), Vec::<i64>::new());
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let world = World::new().await;
    migrate::migrate(&world.test.owner, &world.test.app).await.unwrap();
    migrate::check_fit(&world.test.app).await.unwrap();
}

#[tokio::test]
async fn an_empty_database_lacks_every_migration() {
    let world = World::new().await;
    let name = format!("{}_empty", world.test.name);
    run(&mut world.owner().await, format!("create database {name} template template0")).await;
    let pending = migrate::pending(&world.test.app.clone().database(&name)).await.unwrap();
    assert!(pending.len() >= 5, "{pending:?}");
    run(&mut world.owner().await, format!("drop database {name} with (force)")).await;
}

#[tokio::test]
async fn a_superuser_is_refused() {
    let world = World::new().await;
    let fault = fault(&world.test.owner).await;
    assert!(fault.contains("superuser") && fault.contains("DATABASE_MIGRATE_URL"), "{fault}");
}

#[tokio::test]
async fn a_login_that_bypasses_row_security_is_refused() {
    let world = World::new().await;
    let (login, name) = login(&world, "bypassrls in role agentcy_tenant, agentcy_system").await;
    let fault = fault(&login).await;
    run(&mut world.owner().await, format!("drop role {name}")).await;
    assert!(fault.contains("bypasses row security"), "{fault}");
}

#[tokio::test]
async fn a_login_that_owns_a_table_or_may_become_its_owner_is_refused() {
    let world = World::new().await;
    let (login, name) = login(&world, "in role agentcy_tenant, agentcy_system").await;
    let mut owner = world.owner().await;
    run(&mut owner, format!("alter table realms owner to {name}")).await;
    let first = fault(&login).await;

    let between = format!("{name}_group");
    run(&mut owner, format!("create role {between}; grant {between} to {name}")).await;
    run(&mut owner, format!("alter table realms owner to {between}")).await;
    let second = fault(&login).await;
    run(&mut owner, "alter table realms owner to current_user").await;
    run(&mut owner, format!("drop role {name}; drop role {between}")).await;
    assert!(first.contains("owns tables") && second.contains("owns tables"), "{first}; {second}");
}

#[tokio::test]
async fn a_login_without_the_two_roles_is_refused() {
    let world = World::new().await;
    let (login, name) = login(&world, "in role agentcy_tenant").await;
    let fault = fault(&login).await;
    run(&mut world.owner().await, format!("drop role {name}")).await;
    assert!(fault.contains("agentcy_system") && fault.contains("agentcy migrate"), "{fault}");
}

#[tokio::test]
async fn a_table_without_enforced_row_security_is_refused_by_name() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    run(&mut owner, "alter table realms no force row level security").await;
    run(&mut owner, "alter table leases disable row level security").await;
    run(&mut owner, "create table forgotten (org_id uuid)").await;
    let fault = fault(&world.test.app).await;
    assert!(fault.contains("forgotten, leases, realms"), "{fault}");
}

/// References whose rows go, or forget, with what they refer to, and are found neither by all columns of an index nor by a
/// first one that tells more than the org. Nobody may delete an org.
const WITHOUT_INDEX: &str = "
    select c.conname::text from pg_constraint c
    where c.contype = 'f' and c.confdeltype in ('c', 'n') and c.confrelid <> 'orgs'::regclass
        and not exists (
            select from pg_index i
            where i.indrelid = c.conrelid
                and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) in (
                    select format('(%I IS NOT NULL)', attname) from pg_attribute
                    where attrelid = c.conrelid and attnum = any(c.conkey)))
                and ((i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey
                     or i.indkey[0] in (select attnum from pg_attribute
                                        where attrelid = c.conrelid and attnum = any(c.conkey)
                                            and attname <> 'org_id')))
    order by 1";

#[tokio::test]
async fn what_goes_with_another_row_is_found_by_an_index() {
    let world = World::new().await;
    let mut owner = world.owner().await;
    let without: Vec<String> =
        sqlx::query_scalar(WITHOUT_INDEX).fetch_all(&mut owner).await.unwrap();
    assert!(without.is_empty(), "{without:?}");
    run(&mut owner, "drop index task_runs_of_conversation_idx").await;
    let without: Vec<String> =
        sqlx::query_scalar(WITHOUT_INDEX).fetch_all(&mut owner).await.unwrap();
    assert_eq!(without, ["task_runs_conversation_id_fkey"]);
}

#[tokio::test]
async fn an_owner_that_may_not_make_the_login_is_told_what_to_run() {
    let world = World::new().await;
    let (owner, name) = login(&world, "").await;
    let missing = format!("{name}_app");
    let mut admin = world.owner().await;
    let tables = "grant select, insert, update on _sqlx_migrations";
    run(&mut admin, format!("{tables} to {name}; grant create on schema public to {name}")).await;
    run(&mut admin, format!("alter table _sqlx_migrations owner to {name}")).await;
    let error = migrate::migrate(&owner, &world.test.app.clone().username(&missing)).await;
    run(&mut admin, "alter table _sqlx_migrations owner to current_user").await;
    run(&mut admin, format!("drop owned by {name}; drop role {name}")).await;
    let Err(Error::Unfit(fault)) = error else { panic!("expected a refusal, got {error:?}") };
    assert!(fault.contains(&format!("create role \"{missing}\" login noinherit")), "{fault}");
    assert!(!fault.contains("agentcy_test_app"), "no password is shown: {fault}");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_worked_on_as_it_is() {
    let world = World::new().await;
    let newer =
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (99999999999999, 'later', true, '\\x00', 0)";
    run(&mut world.owner().await, newer).await;
    migrate::migrate(&world.test.owner, &world.test.app).await.unwrap();
    migrate::check_fit(&world.test.app).await.unwrap();
    // What was changed afterwards is another thing.
    let changed = "update _sqlx_migrations set checksum = '\\x00' where version < 99999999999999";
    run(&mut world.owner().await, changed).await;
    let Err(Error::Unfit(fault)) = migrate::migrate(&world.test.owner, &world.test.app).await
    else {
        panic!("a migration that is another than the one that ran")
    };
    assert!(fault.contains("not one that this version knows"), "{fault}");
}

#[tokio::test]
async fn a_backup_that_was_restored_without_the_roles_is_refused_by_what_it_lacks() {
    let folder = tempfile::TempDir::new().unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).unwrap();
    // Roles are the whole server's, so it is one of the test's own.
    let options = Options { durable: false, ..Options::new(folder.path()) };
    let embedded = Embedded::start(options).await.unwrap();
    let (owner, app) = (embedded.owner(), embedded.app());
    migrate::migrate(&owner, &app).await.unwrap();
    let lose = "drop owned by agentcy_tenant, agentcy_system cascade;
                drop role agentcy_tenant, agentcy_system";
    run(&mut connect(&owner).await, lose).await;
    migrate::migrate(&owner, &app).await.unwrap();
    let fault = fault(&app).await;
    embedded.stop().await.unwrap();
    assert!(fault.contains("policies or grants are missing on"), "{fault}");
    assert!(fault.contains("api_keys") && fault.contains("restore"), "{fault}");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_takes_a_connection_and_says_nothing_is_given_up_by_name() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let login = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(address.port());
    let error = migrate::pending(&login).await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains(&address.to_string()) && cause.contains("does not answer"), "{cause}");
}
