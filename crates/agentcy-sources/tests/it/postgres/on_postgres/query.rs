use agentcy_sources::{Error, MAX_OUTPUT, Output, Postgres, Result};
use serde_json::{Value, json};

use super::super::world::World;
use crate::stage::{Stage, paths, refusal};

async fn ask(stage: &Stage, sql: &str) -> Result<Output> {
    stage.run(&Postgres, "query", json!({ "sql": sql })).await
}

async fn row(stage: &Stage, sql: &str) -> Value {
    let output = ask(stage, sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    output.content["rows"][0].clone()
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test brings it"]
async fn values_of_every_type_are_answered() {
    let world = World::new(
        "create type mood as enum ('good', 'bad'); create type pair as (a int, b text); create domain small as int check (value < 9)",
    )
    .await;
    let stage = world.stage(json!({}));
    let sql = r#"select 1::int2, 2::int4, 9007199254740993::int8, 1.5::float4, 2.5::float8, 'NaN'::float8, 12345678901234567890.10::numeric,
        'a"b\c'::text, 'x'::char(3), 'n'::name, true, null::int, '\xff00'::bytea, '2024-02-29'::date, '12:34:56.789'::time,
        '2024-02-29 12:00:00.123456'::timestamp, '2024-02-29 12:00:00+02'::timestamptz, '1 day 2 hours'::interval,
        'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, '{"b": [1, null]}'::jsonb, '{"b":  1}'::json, array[1, null, 3], array['a', 'b,c'],
        array[[1, 2], [3, 4]], array[1.10::numeric], '10.0.0.1/8'::inet, int4range(1, 5), 'good'::mood, row(1, 'x')::pair, 7::small,
        '1.5'::money is not null, '(1,2)'::point, b'101', '<a/>'::xml, 'a b'::tsvector, 'pg_class'::regclass, 5::oid, '0/1'::pg_lsn,
        '{}'::int[], row(1, 2)"#;
    let output = ask(&stage, sql).await.unwrap();
    let mut values = output.content["rows"][0].as_array().unwrap().clone();
    // The time zone of the server.
    let moment = values.remove(16);
    assert_eq!(
        chrono::DateTime::parse_from_rfc3339(moment.as_str().unwrap()).unwrap(),
        chrono::DateTime::parse_from_rfc3339("2024-02-29T10:00:00Z").unwrap()
    );
    assert_eq!(
        Value::from(values),
        json!([
            1, 2, 9_007_199_254_740_993_i64, 1.5, 2.5, "NaN", "12345678901234567890.10", "a\"b\\c", "x  ", "n", true, null,
            "\\xff00", "2024-02-29", "12:34:56.789", "2024-02-29T12:00:00.123456", "1 day 02:00:00",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", { "b": [1, null] }, { "b": 1 }, [1, null, 3], ["a", "b,c"], [[1, 2], [3, 4]],
            ["1.10"], "10.0.0.1/8", "[1,5)", "good", { "a": 1, "b": "x" }, 7, true, "(1,2)", "101", "<a/>", "'a' 'b'", "pg_class",
            "5", "0/1", [], { "f1": 1, "f2": 2 },
        ])
    );
    assert_eq!(output.content["columns"][6], json!({ "name": "numeric", "type": "numeric" }));
    // Two columns of one name, none at all, more than a function takes, and hostile names.
    assert_eq!(row(&stage, "select 1 as a, 2 as a").await, json!([1, 2]));
    assert_eq!(row(&stage, "select from pg_class").await, json!([]));
    let many: Vec<_> = (0..250).map(|number| number.to_string()).collect();
    assert_eq!(
        row(&stage, &format!("select {}", many.join(", "))).await,
        json!((0..250).collect::<Vec<_>>())
    );
    let odd = ask(&stage, r#"select 1 as "a"" b;--", 2 as "😀""#).await.unwrap();
    assert_eq!(odd.content["columns"][0]["name"], "a\" b;--");
    assert_eq!(
        row(&stage, "select E'it\\'s \\\\ \\n\\t ü', $q$it's$q$, 'back\\slash'").await,
        json!(["it's \\ \n\t ü", "it's", "back\\slash"])
    );
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test brings it"]
async fn parameters_are_values_and_never_syntax() {
    let world = World::new("create table t (a int, b text)").await;
    let stage = world.stage(json!({}));
    let hostile = "'; drop table t; -- $1 \\ \" ü";
    let args = json!({
        "sql": "select $1::text, $2::int + 1, $3::jsonb, $4::text[], $5::date, $6::bool, $7::int, $8::numeric(4, 2), $9::int[]",
        "params": [hostile, 41, { "a": hostile }, [hostile, null, "a,{}b"], "2024-01-01", true, null, "1.5", [[1, 2]]],
    });
    let output = stage.run(&Postgres, "query", args).await.unwrap();
    assert_eq!(
        output.content["rows"],
        json!([[hostile, 42, { "a": hostile }, [hostile, null, "a,{}b"], "2024-01-01", true, null, "1.50", [[1, 2]]]])
    );
    let few = stage
        .run(&Postgres, "query", json!({ "sql": "select $1::int, $2::int", "params": [1] }))
        .await;
    assert_eq!(paths(few), ["args.params"]);
    let wrong =
        stage.run(&Postgres, "query", json!({ "sql": "select $1::int", "params": ["x"] })).await;
    assert!(refusal(wrong).contains("invalid input syntax"));
    let nul = stage
        .run(&Postgres, "query", json!({ "sql": "select $1::text", "params": ["a\u{0}"] }))
        .await;
    assert!(nul.is_err());
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test brings it"]
async fn rows_and_bytes_are_bounded() {
    let world = World::new("").await;
    let stage = world.stage(json!({}));
    let all = stage
        .run(
            &Postgres,
            "query",
            json!({ "sql": "select n from generate_series(1, 7) n order by n desc", "limit": 7 }),
        )
        .await
        .unwrap();
    assert!(!all.truncated && all.content["rows"] == json!([[7], [6], [5], [4], [3], [2], [1]]));
    let some = stage
        .run(
            &Postgres,
            "query",
            json!({ "sql": "select n from generate_series(1, 100000) n", "limit": 3 }),
        )
        .await
        .unwrap();
    assert!(some.truncated && some.content["rows"] == json!([[1], [2], [3]]));
    assert!(some.content["note"].as_str().unwrap().contains("3 rows"));
    let wide = ask(&stage, "select repeat('\"', 5000) from generate_series(1, 100)").await.unwrap();
    assert!(wide.truncated && wide.content.to_string().len() <= MAX_OUTPUT);
    assert_eq!(wide.content["rows"].as_array().unwrap().len(), 6);
    let long = ask(&stage, "select repeat('x', 100000)").await.unwrap();
    assert!(long.truncated && long.content["rows"] == json!([]));
    assert!(refusal(ask(&stage, "select repeat('x', 100000000)").await).contains("too much"));
    let plan = ask(&stage, "explain (analyze, costs off, timing off, summary off) select 1")
        .await
        .unwrap();
    assert!(plan.content["plan"].as_str().unwrap().starts_with("Result (actual rows=1"));
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test brings it"]
async fn functions_that_may_do_more_than_read_are_refused_in_every_form() {
    let world = World::new(
        "create schema app; grant usage on schema app to READER; create sequence app.s; create table app.t (a int, b text);
         grant all on all tables in schema app to READER; grant all on all sequences in schema app to READER;
         create function app.touch(int) returns int language plpgsql as 'begin return $1; end';
         create function app.plain(int) returns int language sql immutable as 'select $1 + 1';
         create function app.whisper(app.t) returns int language plpgsql as 'begin return 1; end';
         create function app.same(app.t, app.t) returns bool language plpgsql as 'begin return true; end';
         create operator app.<~> (leftarg = app.t, rightarg = app.t, function = app.same);
         create type app.box2 as (x int);
         create function app.to_box2(app.t) returns app.box2 language plpgsql as 'begin return null; end';
         create function app.any_row(anyelement) returns int language plpgsql as 'begin return 1; end';
         create cast (app.t as app.box2) with function app.to_box2(app.t);
         insert into app.t values (1, 'x')",
    )
    .await;
    for stage in [world.stage(json!({})), world.superuser(json!({ "allow_superuser": true }))] {
        for sql in [
            "select pg_read_file('/etc/passwd')",
            "select \"pg_read_file\"('/etc/passwd')",
            "select PG_CATALOG.PG_Read_Binary_File('/etc/passwd')",
            "select * from pg_ls_dir('/')",
            "select pg_stat_file('/etc/passwd')",
            "select lo_import('/etc/passwd')",
            "select lo_export(1, '/tmp/x')",
            "select lo_get(1), loread(1, 1), lo_create(0)",
            "select lo_from_bytea(0, 'x')",
            "select nextval('app.s')",
            "select setval('app.s', 9)",
            "select set_config('transaction_read_only', 'off', false)",
            "select pg_advisory_lock(1)",
            "select pg_try_advisory_xact_lock(1)",
            "select pg_sleep(1)",
            "select pg_sleep_for('1s')",
            "select pg_terminate_backend(1)",
            "select pg_cancel_backend(1)",
            "select pg_reload_conf()",
            "select pg_rotate_logfile()",
            "select pg_notify('a', 'b')",
            "select pg_switch_wal()",
            "select pg_export_snapshot()",
            "select pg_create_restore_point('x')",
            "select pg_logical_emit_message(true, 'a', 'b')",
            "select query_to_xml('delete from app.t', true, true, '')",
            "select table_to_xml('app.t', true, true, '')",
            "select * from ts_stat('select pg_sleep(1)')",
            "select app.touch(1)",
            "select (select app.touch(a) from app.t)",
            "select t.whisper from app.t",
            "select (t).whisper from app.t as t",
            "select t.any_row from app.t",
            "select t operator(app.<~>) t from app.t",
            "select t::app.box2 from app.t",
            "select app.plain(1), app . touch (1)",
            "explain analyze select app.touch(1)",
            "select case when false then pg_sleep(1) end",
        ] {
            let refused = ask(&stage, sql).await;
            assert!(matches!(&refused, Err(Error::Invalid(_))), "{sql}: {refused:?}");
        }
    }
    let stage = world.stage(json!({}));
    for sql in [
        "select app.plain(41)",
        "select random() < 2, gen_random_uuid() is not null, clock_timestamp() is not null, now() is not null",
        "select pg_total_relation_size('app.t') > 0, pg_size_pretty(pg_database_size(current_database())) is not null",
        "select count(*), max(b), string_agg(b, ','), json_agg(t) from app.t",
        "select * from app.t tablesample system (100)",
        "select * from information_schema.tables limit 1",
        "select * from pg_stat_activity limit 1",
        "select generate_series(1, 2), unnest(array[1, 2]), regexp_replace('a', 'b', 'c')",
        "select coalesce(null, 1), greatest(1, 2), nullif(1, 2), extract(year from now()), position('a' in 'ba'), substring('abc' from 2)",
    ] {
        ask(&stage, sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }
    assert_eq!(world.count("select last_value from app.s").await, 1);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test brings it"]
async fn what_the_server_refuses_is_said_and_what_takes_long_ends() {
    let world = World::new("create table secret (a int)").await;
    let stage = world.stage(json!({}));
    assert!(refusal(ask(&stage, "select * from secret").await).contains("permission denied"));
    assert!(
        refusal(ask(&stage, "select x from pg_class").await).contains("does not exist (42703)")
    );
    assert!(refusal(ask(&stage, "select 1 / 0").await).contains("division by zero"));
    // The search path is the role's.
    world.execute(&format!("create schema own; create table own.t (a int); insert into own.t values (7);
        grant usage on schema own to {0}; grant select on own.t to {0}; alter role {0} set search_path = own", world.name)).await;
    assert_eq!(row(&stage, "select a from t").await, json!([7]));
    let locked = async {
        world.execute("begin; lock table own.t; select pg_sleep(4); commit").await;
    };
    let waiting = async {
        while world.count("select count(*) from pg_locks where relation = 'own.t'::regclass and mode = 'AccessExclusiveLock'").await == 0 {}
        ask(&stage, "select a from own.t").await
    };
    let ((), waited) = tokio::join!(locked, waiting);
    assert!(waited.unwrap_err().is_temporary());
}
