//! What passes the gate, and what it is taken for.

use super::*;

fn names_of(sql: &str) -> Names {
    pass(sql).unwrap_or_else(|fault| panic!("{sql}: {fault}")).names
}

#[test]
fn what_reads_passes_and_is_sent_without_its_comments() {
    for (sql, text) in [
        ("select 1 -- one\n;", "SELECT 1"),
        (
            "select /* a /* b */ c */ a, 'it''s', E'a\\'b' from \"T\" where x = $1",
            "SELECT a, 'it''s', E'a\\'b' FROM \"T\" WHERE x = $1",
        ),
        ("values (1, 2)", "VALUES (1, 2)"),
        (
            "with recursive t(n) as (select 1 union all select n + 1 from t) select * from t limit 3",
            "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT * FROM t LIMIT 3",
        ),
        (
            "select a->>'b', c #> '{d}', e @> '{}'::jsonb, f ? 'g' from t",
            "SELECT a ->> 'b', c #> '{d}', e @> '{}'::JSONB, f ? 'g' FROM t",
        ),
    ] {
        assert_eq!(pass(sql).unwrap().text, text, "{sql}");
    }
    for sql in [
        "select count(*) filter (where a > 1) over (partition by b order by c rows 2 preceding) from t",
        "select * from a left join lateral (select * from b where b.x = a.x) c on true",
        "select t.*, row_number() over w from t window w as (order by x)",
        "select * from generate_series(1, 3) with ordinality as g(x, n)",
        "select a from t group by grouping sets ((a), ()) having count(*) > 1 order by 1 desc nulls last offset 2",
        "select extract(year from now()), interval '1 day', date '2024-01-01', now() at time zone 'UTC'",
        "select array[1, 2], (array[1, 2])[1], row(1, 2), case when a then 1 else 2 end from t",
        "select 'x'::regclass, cast(a as numeric(10, 2)), a::text[] from t where b ilike '%x' and c ~* 'y'",
        "select $tag$it's$tag$, B'101', X'ff', 1.5e3",
        "select distinct on (a) a, b from t where (a, b) in (select 1, 2) and exists (select 1)",
        "select percentile_cont(0.5) within group (order by x) from t tablesample system (10)",
        "select 1 union (select 2 intersect select 3) except values (4)",
    ] {
        names_of(sql);
    }
    assert!(pass("explain (analyze, verbose, buffers) select 1").unwrap().is_plan);
    assert!(pass("explain analyze select 1").unwrap().is_plan);
    assert!(!pass("select 1").unwrap().is_plan);
}

#[test]
fn what_writes_or_is_more_than_one_statement_is_refused() {
    for sql in [
        "",
        ";",
        "select 1; select 2",
        "select 1; drop table t",
        "insert into t values (1)",
        "update t set a = 1",
        "delete from t",
        "merge into t using u on true when matched then delete",
        "truncate t",
        "create table t (a int)",
        "create temp table t as select 1",
        "drop table t",
        "alter table t add a int",
        "grant select on t to u",
        "with x as (insert into t values (1) returning *) select * from x",
        "with x as (update t set a = 1 returning *) select * from x",
        "with x as (delete from t returning *) select * from x",
        "select * from (with x as (delete from t returning *) select * from x) y",
        "with x as (select 1) insert into t select * from x",
        "select * into t from u",
        "select a into temp t from u",
        "select * from t for update",
        "select * from (select * from t for share) x",
        "select * from t for no key update skip locked",
        "copy t to '/tmp/x'",
        "copy t from program 'id'",
        "copy (select 1) to stdout",
        "do $$ begin end $$",
        "call p()",
        "set role postgres",
        "set local statement_timeout = 0",
        "set session authorization x",
        "reset all",
        "show all",
        "begin",
        "commit",
        "rollback",
        "savepoint x",
        "prepare x as select 1",
        "execute x",
        "deallocate x",
        "declare c cursor for select 1",
        "fetch c",
        "lock table t",
        "listen x",
        "notify x",
        "vacuum",
        "analyze",
        "reindex table t",
        "refresh materialized view v",
        "load 'x'",
        "discard all",
        "comment on table t is 'x'",
        "explain insert into t values (1)",
        "explain analyze delete from t",
        "explain analyze with x as (delete from t returning *) select * from x",
        "explain (format json) select 1",
        "explain (serialize text) select 1",
        "explain create table t as select 1",
        "explain execute x",
        "explain explain select 1",
        "explain declare c cursor for select 1",
        "describe t",
    ] {
        assert!(pass(sql).is_err(), "{sql}: {:?}", pass(sql));
    }
    assert!(pass(&format!("select '{}'", "x".repeat(70_000))).is_err());
    assert!(pass(&format!("select {}1{}", "(".repeat(10_000), ")".repeat(10_000))).is_err());
}

#[test]
fn a_function_is_found_however_it_is_written() {
    for sql in [
        "select pg_sleep(1)",
        "select PG_SLEEP (1)",
        "select pg_catalog.pg_sleep(1)",
        "select pg_catalog . \"pg_sleep\" (1)",
        "select pg_/**/sleep(1), pg_sleep/* x */(1)",
        "select * from pg_sleep(1)",
        "select * from rows from (pg_sleep(1)) x",
        "select * from lateral pg_sleep(1) x",
        "select (select pg_sleep(1))",
        "select 1 order by pg_sleep(1)",
        "select 1 from t group by pg_sleep(1)",
        "select 1 limit (select pg_sleep(1))",
        "select sum(a) filter (where pg_sleep(1) is null) from t",
        "select sum(a) over (order by pg_sleep(1)) from t",
        "select case when pg_sleep(1) is null then 1 end",
        "select array[pg_sleep(1)], row(pg_sleep(1))",
        "select 1 from t join u on pg_sleep(1) is null",
        "with x as (select pg_sleep(1)) select 1",
        "values (pg_sleep(1))",
        "select 1 in (select pg_sleep(1))",
        "select coalesce(null, pg_sleep(1))",
        "select x from t where x = any (array(select pg_sleep(1)))",
        "select * from t tablesample system (pg_sleep(1))",
        "select xmlelement(name a, pg_sleep(1))",
        "select json_object('a': pg_sleep(1))",
        "select string_agg(a, ',' order by pg_sleep(1)) from t",
        "explain select pg_sleep(1)",
    ] {
        if let Ok(passed) = pass(sql) {
            assert!(
                passed.names.called.iter().any(|name| name == "pg_sleep"),
                "{sql}: {:?}",
                passed.names
            );
        }
    }
    // A quoted name is what it is.
    assert!(names_of("select \"PG_SLEEP\"(1)").called.contains(&"PG_SLEEP".to_owned()));
    assert!(names_of("select t.\"a\"\"b\"(1)").called.contains(&"a\"b".to_owned()));
    // PostgreSQL cuts what is too long.
    let cut = "x".repeat(63);
    assert!(names_of(&format!("select {cut}yy(1)")).called.contains(&cut));
    let operators = names_of("select a @@ b, c operator(s.||) d, - e").operators;
    assert!(operators.iter().any(|operator| operator == "@@"), "{operators:?}");
}

#[test]
fn names_that_are_hidden_by_escapes_do_not_pass() {
    for sql in [
        "select U&\"pg\\005fsleep\"(1)",
        "select u&'\\0061'",
        "select U&\"pg!005fsleep\" UESCAPE '!' (1)",
        "select N'x'",
    ] {
        // An escape that is sent would have to touch its quote; apart, it is a name of its own.
        let hides = |text: &str| text.to_lowercase().contains("u&");
        assert!(!pass(sql).is_ok_and(|passed| hides(&passed.text)), "{sql}");
    }
    let hidden = "select - -1 -- \n, pg_sleep(1)";
    let called = pass(hidden).map(|passed| passed.names.called);
    assert!(called.is_err() || called.is_ok_and(|called| called == ["pg_sleep"]));
}

#[test]
fn catalogs_of_secrets_and_files_are_closed() {
    for sql in [
        "select * from pg_authid",
        "select * from pg_catalog.\"pg_shadow\"",
        "select data from PG_LARGEOBJECT",
        "select 1 from pg_user_mapping",
        "select table_to_xml('pg_authid', true, true, '')",
        "select pg_catalog.Database_To_XML(true, true, '')",
    ] {
        assert!(pass(sql).is_err(), "{sql}");
    }
}

#[test]
fn a_statement_that_is_as_deep_as_long_breaks_nothing() {
    let chain = |part: &str| part.repeat(60_000 / part.len());
    for sql in [
        format!("select 1{}", chain(" + 1")),
        format!("select 1{}", chain("+1")),
        format!("select true{}", chain(" and true")),
        format!("select {}true", chain("not ")),
        format!("select {}1", chain("- ")),
        format!("select 1{}", chain("::int")),
        format!("select a{}", chain("[1]")),
        format!("select a{}", chain(".a")),
        format!("select a{}", chain(" is null")),
        format!("select 1{}", chain(" union select 1")),
        format!("select {}", chain("case when true then ")),
        format!("select {}1{}", "(".repeat(30_000), ")".repeat(30_000)),
        format!("select {}1{}", "(select ".repeat(6_000), ")".repeat(6_000)),
        format!("select {}1{}", "f(".repeat(15_000), ")".repeat(15_000)),
        format!("select * from a{}", chain(" join a on true")),
        format!("{}select 1", chain("with a as (select 1) ")),
        format!("select {}1", "1,".repeat(3_900)),
    ] {
        let _ = pass(&sql);
    }
    // Deep and short enough.
    let sums = format!("select 1{}", " + 1".repeat(3_900));
    assert_eq!(pass(&sums).unwrap().text.len(), sums.len());
    let wide = format!("select {}1", "1,".repeat(3_900));
    assert!(pass(&wide).is_ok());
}
