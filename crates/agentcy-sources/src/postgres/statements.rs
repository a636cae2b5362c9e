//! What is asked of the catalogs, from PostgreSQL 12 on.

/// Stands before each of them, and gives `n`: the schemas that are wanted ($1, all when there are none), with those of
/// the system when $2 says so.
pub(super) const WANTED: &str = "with n as (
        select oid, nspname::text as name, nspowner from pg_namespace
        where nspname !~ '^pg_(toast|temp_|toast_temp_)'
          and case when cardinality($1::text[]) > 0 then nspname = any($1::text[])
                   else $2::bool or nspname not in ('pg_catalog', 'information_schema') end)";

pub(super) const DATABASE: &str = "
    select datname::text, current_setting('server_version_num')::int / 10000,
        pg_encoding_to_char(encoding)::text, shobj_description(oid, 'pg_database')
    from pg_database where datname = current_database()";

pub(super) const SCHEMAS: &str = "
    select n.name, pg_get_userbyid(n.nspowner)::text, obj_description(n.oid, 'pg_namespace') from n";

/// A count below zero is one that nobody took yet.
pub(super) const RELATIONS: &str = "
    select n.name, c.relname::text, c.relkind::text, pg_get_userbyid(c.relowner)::text,
        case when c.relkind in ('r', 'm') and c.reltuples >= 0 then c.reltuples::int8 end,
        case when c.relkind in ('r', 'm') then current_setting('block_size')::int8 * (c.relpages
            + coalesce((select t.relpages from pg_class t where t.oid = c.reltoastrelid), 0)
            + coalesce((select sum(i.relpages) from pg_index x join pg_class i on i.oid = x.indexrelid
                where x.indrelid = c.oid), 0))::int8 end,
        c.relrowsecurity,
        array(select k.conname::text || ': ' || pg_get_expr(k.conbin, k.conrelid) from pg_constraint k
            where k.conrelid = c.oid and k.contype = 'c' order by 1),
        (select array(select a.attname::text from unnest(x.indkey::int2[]) with ordinality as u (attnum, place)
            join pg_attribute a on a.attrelid = c.oid and a.attnum = u.attnum order by u.place)
            from pg_index x where x.indrelid = c.oid and x.indisprimary),
        obj_description(c.oid, 'pg_class')
    from pg_class c join n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'f', 'v', 'm')";

pub(super) const COLUMNS: &str = "
    select n.name, c.relname::text, a.attname::text, a.attnum::int4, format_type(a.atttypid, a.atttypmod),
        not a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity <> '', a.attgenerated <> '',
        exists (select from pg_index x where x.indrelid = c.oid and x.indisprimary
            and a.attnum = any(x.indkey::int2[])),
        col_description(c.oid, a.attnum)
    from pg_attribute a join pg_class c on c.oid = a.attrelid join n on n.oid = c.relnamespace
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'f', 'v', 'm')";

pub(super) const INDEXES: &str = "
    select n.name, c.relname::text, i.relname::text, m.amname::text,
        array(select coalesce(pg_get_indexdef(i.oid, k, true), '')
            from generate_series(1, x.indnkeyatts) k order by k),
        x.indisunique, x.indisprimary, not x.indisvalid, pg_get_expr(x.indpred, x.indrelid),
        (select k.conname::text from pg_constraint k
            where k.conindid = i.oid and k.contype in ('p', 'u', 'x') limit 1),
        array(select distinct a.attname::text from unnest(x.indkey::int2[]) u (attnum)
            join pg_attribute a on a.attrelid = c.oid and a.attnum = u.attnum order by 1),
        case when i.relkind = 'i' then i.relpages * current_setting('block_size')::int8 end,
        obj_description(i.oid, 'pg_class')
    from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid
    join n on n.oid = c.relnamespace join pg_am m on m.oid = i.relam
    where c.relkind in ('r', 'p', 'm')";

/// Only between schemas that are wanted, here and below: an edge to another would wait for ever. The copies that
/// partitions have of their parent's keys are left out.
pub(super) const FOREIGN_KEYS: &str = "
    select k.conname::text, n.name, c.relname::text, fn.name, f.relname::text,
        array(select a.attname::text from unnest(k.conkey) with ordinality as u (attnum, place)
            join pg_attribute a on a.attrelid = c.oid and a.attnum = u.attnum order by u.place),
        array(select a.attname::text from unnest(k.confkey) with ordinality as u (attnum, place)
            join pg_attribute a on a.attrelid = f.oid and a.attnum = u.attnum order by u.place),
        case k.confupdtype when 'r' then 'restrict' when 'c' then 'cascade' when 'n' then 'set null'
            when 'd' then 'set default' else 'no action' end,
        case k.confdeltype when 'r' then 'restrict' when 'c' then 'cascade' when 'n' then 'set null'
            when 'd' then 'set default' else 'no action' end
    from pg_constraint k join pg_class c on c.oid = k.conrelid join n on n.oid = c.relnamespace
    join pg_class f on f.oid = k.confrelid join n fn on fn.oid = f.relnamespace
    where k.contype = 'f' and k.conparentid = 0";

pub(super) const DEPENDENCIES: &str = "
    select distinct n.name, v.relname::text, tn.name, t.relname::text
    from pg_depend d join pg_rewrite r on r.oid = d.objid
    join pg_class v on v.oid = r.ev_class join n on n.oid = v.relnamespace
    join pg_class t on t.oid = d.refobjid join n tn on tn.oid = t.relnamespace
    where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and v.relkind in ('v', 'm')
      and t.relkind in ('r', 'p', 'f', 'v', 'm') and t.oid <> v.oid";

pub(super) const PARENTS: &str = "
    select n.name, c.relname::text, pn.name, p.relname::text, c.relispartition
    from pg_inherits h join pg_class c on c.oid = h.inhrelid join n on n.oid = c.relnamespace
    join pg_class p on p.oid = h.inhparent join n pn on pn.oid = p.relnamespace
    where c.relkind in ('r', 'p', 'f')";
