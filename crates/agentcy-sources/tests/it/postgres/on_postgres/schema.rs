use agentcy_sources::{Postgres, Record};
use serde_json::json;

use super::super::world::World;
use crate::stage::{edges, faults, ids, properties, refusal};

const SHOP: &str = r#"
create schema app;
comment on schema app is 'The shop.';
grant usage on schema app to READER;
create table app.customers (id bigint primary key, mail text not null unique, born date default '2000-01-01',
    upper_mail text generated always as (upper(mail)) stored, check (id > 0));
comment on table app.customers is 'Who buys.';
comment on column app.customers.mail is 'Where to write.';
create table app.orders (customer bigint, at timestamptz, note varchar(20),
    constraint who foreign key (customer) references app.customers on delete cascade) partition by range (at);
create table app.orders_2024 partition of app.orders for values from ('2024-01-01') to ('2025-01-01');
create index by_note on app.orders_2024 (lower(note), at) where note is not null;
create view app.buyers as select c.mail from app.customers c join app.orders o on o.customer = c.id;
create materialized view app.mails as select mail from app.buyers;
create table public."odd ""name""/x" ("a;b" int);
"#;

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test brings it"]
async fn a_database_becomes_its_parts_and_what_depends_on_what() {
    let world = World::new(SHOP).await;
    let records = world.stage(json!({})).collect(&Postgres).await.unwrap();
    let mut found = ids(&records);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "/",
            "app",
            "app/buyers",
            "app/buyers/mail",
            "app/by_note",
            "app/customers",
            "app/customers/born",
            "app/customers/id",
            "app/customers/mail",
            "app/customers/upper_mail",
            "app/customers_mail_key",
            "app/customers_pkey",
            "app/mails",
            "app/mails/mail",
            "app/orders",
            "app/orders/at",
            "app/orders/customer",
            "app/orders/note",
            "app/orders_2024",
            "app/orders_2024/at",
            "app/orders_2024/customer",
            "app/orders_2024/note",
            "public",
            "public/odd%20%22name%22%2Fx",
            "public/odd%20%22name%22%2Fx/a;b",
        ]
    );
    assert_eq!(
        json!(properties(&records, "app/customers")),
        json!({
            "name": "customers", "schema": "app", "owner": "postgres", "rows_at_least": null, "bytes_at_least": 10_000,
            "checks": ["customers_id_check: (id > 0)"], "primary_key": ["id"], "description": "Who buys.",
        })
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<serde_json::Value>()
    );
    assert_eq!(properties(&records, "app/orders")["kind"], "partitioned");
    assert_eq!(
        json!(properties(&records, "app/customers/mail")),
        json!({ "name": "mail", "table": "app.customers", "position": 2, "type": "text", "description": "Where to write." })
    );
    assert_eq!(properties(&records, "app/customers/born")["default"], "'2000-01-01'::date");
    assert_eq!(properties(&records, "app/customers/upper_mail")["generated"], true);
    assert_eq!(properties(&records, "app/orders/note")["type"], "character varying(20)");
    assert_eq!(
        json!(properties(&records, "app/by_note")),
        json!({
            "name": "by_note", "table": "app.orders_2024", "method": "btree", "columns": ["lower(note::text)", "at"],
            "predicate": "(note IS NOT NULL)", "bytes_at_least": 1000,
        })
    );
    assert_eq!(properties(&records, "public/odd%20%22name%22%2Fx/a;b")["name"], "a;b");
    let edges = edges(&records);
    for edge in [
        "/ -CONTAINS-> app",
        "app -CONTAINS-> app/customers",
        "app/customers -HAS_COLUMN-> app/customers/id",
        "app/orders -REFERENCES-> app/customers",
        "app/orders/customer -REFERENCES-> app/customers/id",
        "app/orders_2024 -PARTITION_OF-> app/orders",
        "app/by_note -INDEXES-> app/orders_2024",
        "app/by_note -INDEXES-> app/orders_2024/at",
        "app/buyers -DEPENDS_ON-> app/customers",
        "app/buyers -DEPENDS_ON-> app/orders",
        "app/mails -DEPENDS_ON-> app/buyers",
    ] {
        assert_eq!(edges.iter().filter(|found| *found == edge).count(), 1, "{edge} in {edges:#?}");
    }
    assert!(!edges.iter().any(|edge| edge.starts_with("app/orders_2024 -REFERENCES->")));
    let keys: Vec<_> = records
        .iter()
        .filter_map(|record| match record {
            Record::Node(node) => node.key.clone(),
            _ => None,
        })
        .collect();
    assert!(keys.contains(&format!("postgres://{}/{}/app/customers", world.address, world.name)));
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test brings it"]
async fn an_unchanged_schema_is_said_in_the_same_words_although_its_rows_change() {
    let world = World::new("create table t (a int primary key, b text); insert into t select n, 'x' from generate_series(1, 2000) n; analyze t").await;
    let stage = world.stage(json!({}));
    let first = stage.collect(&Postgres).await.unwrap();
    assert_eq!(properties(&first, "public/t")["rows_at_least"], 1000);
    world
        .execute("insert into t select n, 'y' from generate_series(2001, 2300) n; analyze t")
        .await;
    assert_eq!(stage.collect(&Postgres).await.unwrap(), first);
    world.execute("alter table t alter b set not null").await;
    let changed = stage.collect(&Postgres).await.unwrap();
    let differing = first.iter().zip(&changed).filter(|(before, after)| before != after).count();
    assert_eq!((changed.len(), differing), (first.len(), 1));
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test brings it"]
async fn only_the_wanted_schemas_are_read_and_a_missing_one_is_listed() {
    let world = World::new(
        "create schema a; create table a.t (x int); create schema b; create table b.u (y int)",
    )
    .await;
    let records =
        world.stage(json!({ "schemas": ["a", "gone"] })).collect(&Postgres).await.unwrap();
    assert_eq!(ids(&records), ["/", "a", "a/t", "a/t/x"]);
    assert_eq!(faults(&records), ["schema gone: there is no such schema"]);
    let system = world.stage(json!({ "include_system": true })).collect(&Postgres).await.unwrap();
    let ids = ids(&system);
    assert!(
        ids.contains(&"pg_catalog/pg_class")
            && ids.contains(&"information_schema/tables")
            && ids.contains(&"b/u")
    );
    assert!(!ids.iter().any(|id| id.starts_with("pg_toast")));
    assert!(ids.len() > 2000, "more than one page: {}", ids.len());
    let mut unique = ids.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), ids.len());
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test brings it"]
async fn powerful_roles_are_refused_unless_told_otherwise() {
    let world = World::new("create table t (a int)").await;
    world.stage(json!({})).validate(&Postgres).await.unwrap();
    assert!(
        refusal(world.superuser(json!({})).validate(&Postgres).await).contains("allow_superuser")
    );
    world.superuser(json!({ "allow_superuser": true })).validate(&Postgres).await.unwrap();
    let name = &world.name;
    for (give, take, words) in [
        (
            format!("grant pg_read_server_files to {name}"),
            format!("revoke pg_read_server_files from {name}"),
            "pg_read_server_files",
        ),
        (
            format!("grant pg_execute_server_program to {name}"),
            format!("revoke pg_execute_server_program from {name}"),
            "pg_execute_server_program",
        ),
        (format!("grant postgres to {name}"), format!("revoke postgres from {name}"), ""),
        (
            format!("alter role {name} replication"),
            format!("alter role {name} noreplication"),
            name.as_str(),
        ),
        (format!("alter role {name} superuser"), format!("alter role {name} nosuperuser"), ""),
    ] {
        world.execute(&give).await;
        let stage = world.stage(json!({}));
        assert!(refusal(stage.validate(&Postgres).await).contains(words), "{give}");
        assert!(refusal(stage.collect(&Postgres).await).contains("rights of"), "{give}");
        assert!(
            refusal(stage.run(&Postgres, "query", json!({ "sql": "select 1" })).await)
                .contains("rights of")
        );
        world.execute(&take).await;
    }
    let wrong = world.stage(json!({})).credential("password", "wrong");
    // A server of the developer may trust everybody.
    if let Err(error) = wrong.validate(&Postgres).await {
        assert!(!error.is_temporary() && !error.to_string().contains("wrong"));
    }
    // A role may bring a search path of its own.
    world.execute(&format!("create schema evil; alter role {name} set search_path = evil, pg_catalog;
        create function evil.lie(name, text) returns bool language sql immutable as 'select false';
        create operator evil.= (leftarg = name, rightarg = text, function = evil.lie); grant usage on schema evil to {name};
        alter role {name} superuser")).await;
    assert!(refusal(world.stage(json!({})).validate(&Postgres).await).contains("rights of"));
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test brings it"]
async fn the_database_of_a_server_of_ours_is_refused() {
    let world = World::new(
        "create schema x; create table x.installation (); create table x.fact_batches ();
        create table x.job_records ()",
    )
    .await;
    world.stage(json!({})).validate(&Postgres).await.unwrap();
    world.execute("create table x._sqlx_migrations ()").await;
    for stage in [world.stage(json!({})), world.superuser(json!({ "allow_superuser": true }))] {
        assert!(refusal(stage.validate(&Postgres).await).contains("agentcy server"));
        assert!(refusal(stage.collect(&Postgres).await).contains("agentcy server"));
        assert!(
            refusal(stage.run(&Postgres, "query", json!({ "sql": "select 1" })).await)
                .contains("agentcy server")
        );
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test brings it"]
async fn what_leads_out_of_the_wanted_schemas_is_not_told() {
    let world = World::new(
        "create schema app; create schema shared; create table shared.t (id int primary key);
        create table shared.above (at int) partition by range (at);
        create table app.u (t int references shared.t, u int primary key, above int references app.u);
        create table app.part partition of shared.above for values from (0) to (9);
        create view app.v as select t.id from shared.t join app.u on u.t = t.id;
        create view app.s as select relname from pg_class",
    )
    .await;
    for (config, is_whole) in [(json!({ "schemas": ["app"] }), false), (json!({}), true)] {
        let records = world.stage(config).collect(&Postgres).await.unwrap();
        let said = ids(&records);
        for record in &records {
            let Record::Edge(edge) = record else { continue };
            for end in [&edge.from, &edge.to] {
                let agentcy_sources::End::Own(id) = end else { continue };
                assert!(said.contains(&id.as_str()), "{edge:?} leads to nothing");
            }
        }
        let edges = edges(&records);
        assert!(edges.contains(&"app/v -DEPENDS_ON-> app/u".to_owned()));
        assert!(edges.contains(&"app/u -REFERENCES-> app/u".to_owned()));
        let out = edges.contains(&"app/u -REFERENCES-> shared/t".to_owned());
        assert_eq!(out, is_whole);
    }
}
