//! Which words write or administer, and which functions and procedures only read.

/// Words that change or administer something; never a name without backticks.
pub(super) const WRITES: &str = "
    CREATE MERGE INSERT SET DELETE DETACH NODETACH REMOVE FOREACH DROP TRANSACTIONS";

/// Words that do so only where a clause begins.
pub(super) const COMMANDS: &str = "
    LOAD USING USE SHOW GRANT DENY REVOKE TERMINATE ALTER RENAME START STOP ENABLE DISABLE
    DEALLOCATE REALLOCATE DRYRUN COMMIT ROLLBACK BEGIN EXPLAIN PROFILE";

/// Keywords that are names in backticks only, since a query would read as something else.
pub(super) const RESERVED: &str = "
    MATCH OPTIONAL RETURN WITH WHERE UNWIND UNION CALL YIELD ORDER SKIP LIMIT AND OR XOR NOT IN
    AS DISTINCT CASE WHEN THEN ELSE IS";

/// Functions that may be called: of graphs, lists, groups, texts, types, numbers, times and places.
pub(super) const FUNCTIONS: &str = "
    id elementid labels type keys properties startnode endnode nodes relationships length
    exists isempty
    size head last tail reverse range coalesce nullif
    count sum avg min max collect stdev stdevp percentilecont percentiledisc
    tostring tostringornull tolower toupper lower upper trim ltrim rtrim btrim replace
    substring split left right char_length character_length normalize
    tointeger tointegerornull tofloat tofloatornull toboolean tobooleanornull tointegerlist
    tofloatlist tostringlist tobooleanlist valuetype
    abs ceil floor round sign sqrt exp log log10 e pi rand isnan sin cos tan cot asin acos atan
    atan2 degrees radians haversin sinh cosh tanh coth power
    date time localtime datetime localdatetime duration timestamp point randomuuid
    date.truncate time.truncate localtime.truncate datetime.truncate localdatetime.truncate
    datetime.fromepoch datetime.fromepochmillis duration.between duration.inmonths
    duration.indays duration.inseconds date.realtime datetime.realtime date.statement
    datetime.statement point.distance point.withinbbox";

/// Functions whose answer is a number or a boolean.
pub(super) const SCALARS: &str = "
    id length exists isempty size count sum avg stdev stdevp percentilecont percentiledisc
    char_length character_length tointeger tointegerornull tofloat tofloatornull toboolean
    tobooleanornull abs ceil floor round sign sqrt exp log log10 e pi rand isnan sin cos tan
    cot asin acos atan atan2 degrees radians haversin power timestamp";

/// Procedures of Neo4j that only read this graph.
pub(super) const NEO4J_PROCEDURES: &str = "
    db.labels db.relationshiptypes db.propertykeys db.schema.visualization
    db.schema.nodetypeproperties db.schema.reltypeproperties";

/// Procedures of the embedded engine.
pub(super) const EMBEDDED_PROCEDURES: &str = "";

/// Whether a word is on a list, in any letter case.
pub(super) fn is_in(word: &str, list: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(word))
}
