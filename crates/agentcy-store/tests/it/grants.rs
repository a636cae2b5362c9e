//! What the two roles may touch is a checked-in list.

use sqlx::Row as _;

use crate::world::{World, connect};

const GRANTS: &str = "
    select r.rolname || ' ' || c.relname || ': ' || string_agg(lower(p.kind), ', ' order by p.kind)
    from pg_class c
    cross join (values ('agentcy_tenant'), ('agentcy_system')) r (rolname)
    cross join (values ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('REFERENCES'), ('TRIGGER')) p (kind)
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
      and has_table_privilege(r.rolname, c.oid, p.kind)
    group by r.rolname, c.relname
    union all
    select r.rolname || ' ' || c.relname || ' ' || lower(p.kind) || ': '
           || string_agg(a.attname, ', ' order by a.attname)
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    cross join (values ('agentcy_tenant'), ('agentcy_system')) r (rolname)
    cross join (values ('SELECT'), ('INSERT'), ('UPDATE'), ('REFERENCES')) p (kind)
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
      and has_column_privilege(r.rolname, c.oid, a.attnum, p.kind)
      and not has_table_privilege(r.rolname, c.oid, p.kind)
    group by r.rolname, c.relname, p.kind
    order by 1";

#[tokio::test]
async fn the_roles_reach_exactly_what_the_list_says() {
    let world = World::new().await;
    let rows = sqlx::query(GRANTS).fetch_all(&mut world.owner().await).await.unwrap();
    let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    insta::assert_snapshot!(found.join("\n"));
}

#[tokio::test]
async fn the_system_role_is_refused_what_is_not_on_the_list() {
    let world = World::new().await;
    let mut conn = connect(&world.test.app.clone().options([("role", "agentcy_system")])).await;
    for statement in [
        "select * from llm_settings",
        "select * from usage_days",
        "update orgs set name = 'x'",
        "delete from users",
        "delete from audit",
        "update audit set actor = 'x'",
        "update users set platform_admin = true",
        "create table mine ()",
    ] {
        let error = sqlx::raw_sql(statement).execute(&mut conn).await.unwrap_err();
        let refusal = error.as_database_error().unwrap();
        let code = refusal.code().unwrap_or_default();
        assert_eq!(code, "42501", "{statement}: {error}");
    }
}

#[tokio::test]
async fn a_tenant_cannot_rewrite_what_happened_or_number_it() {
    let world = World::new().await;
    let mut conn = connect(&world.test.app.clone().options([("role", "agentcy_tenant")])).await;
    for statement in [
        "update audit set actor = 'x'",
        "delete from audit",
        "update outbox set seq = 1",
        "delete from outbox",
        "insert into outbox (seq) values (1)",
        "insert into audit (seq) values (1)",
        "update sequences set last = 0",
        "select * from leases",
    ] {
        sqlx::raw_sql(statement).execute(&mut conn).await.unwrap_err();
    }
}
