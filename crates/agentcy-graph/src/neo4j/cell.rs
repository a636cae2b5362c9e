//! Values of Bolt as cells of an answer.

use std::collections::{HashMap, HashSet};

use agentcy_core::id::OrgId;
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};
use neo4rs::{BoltList, BoltMap, BoltNode, BoltType};
use serde_json::{Map, Value as Json, json};

use super::bolt::{StoredEdge, StoredNode};
use crate::{
    Edge, Error, Node, Result,
    cypher::{Cell, Path},
    name::{EDGE, ID, META, REMOVED},
};

/// How large a value is in an answer, in bytes and roughly.
pub(super) fn weigh(value: &BoltType) -> usize {
    let map = |map: &BoltMap| {
        map.value.iter().map(|(name, value)| name.value.len() + 3 + weigh(value)).sum::<usize>()
    };
    let list = |list: &BoltList| list.value.iter().map(weigh).sum::<usize>();
    match value {
        BoltType::String(text) => text.value.len() + 3,
        BoltType::Map(entries) => 2 + map(entries),
        BoltType::List(items) => 2 + list(items),
        BoltType::Node(node) => 200 + list(&node.labels) + map(&node.properties),
        BoltType::Relation(edge) => 250 + map(&edge.properties),
        BoltType::UnboundedRelation(edge) => 250 + map(&edge.properties),
        BoltType::Path(path) => list(&path.nodes) + list(&path.rels),
        BoltType::Bytes(bytes) => bytes.len() * 2,
        _ => 16,
    }
}

/// Our ids of nodes, by those of the server.
pub(super) type Ids = HashMap<i64, String>;

/// Notes the ids of nodes that are in a value, and those of the server that are ends of its edges.
pub(super) fn ends(value: &BoltType, ids: &mut Ids, wanted: &mut HashSet<i64>) {
    match value {
        BoltType::Node(node) => note(node, ids),
        BoltType::Relation(edge) => {
            wanted.extend([edge.start_node_id.value, edge.end_node_id.value]);
        }
        BoltType::Path(path) => path.nodes().iter().for_each(|node| note(node, ids)),
        BoltType::List(items) => items.value.iter().for_each(|item| ends(item, ids, wanted)),
        BoltType::Map(map) => map.value.values().for_each(|value| ends(value, ids, wanted)),
        _ => {}
    }
}

fn note(node: &BoltNode, ids: &mut Ids) {
    if let Some(BoltType::String(id)) = node.properties.value.get(ID) {
        ids.insert(node.id.value, id.value.clone());
    }
}

/// A cell; `None` for a record of ours, which no answer shows.
pub(super) fn cell(value: BoltType, org: OrgId, ids: &Ids) -> Result<Option<Cell>> {
    Ok(Some(match value {
        BoltType::Node(node) => match read_node(&node, org)? {
            Some(node) => Cell::Node(Box::new(node)),
            None => return Ok(None),
        },
        BoltType::Relation(edge) => {
            let (from, to) = (edge.start_node_id.value, edge.end_node_id.value);
            Cell::Edge(Box::new(read_edge(&edge.typ.value, edge.properties, (from, to), org, ids)?))
        }
        BoltType::Path(path) => {
            let mut read = Path::default();
            for node in path.nodes() {
                let Some(node) = read_node(&node, org)? else { return Ok(None) };
                read.nodes.push(node);
            }
            let (nodes, rels, indices) = (path.nodes(), path.rels(), path.indices());
            let mut at = nodes.first().map(|node| node.id.value);
            // Pairs of which edge, from 1 and negative when it is walked against its direction, and which node.
            for pair in indices.chunks_exact(2) {
                let (edge, node) = (pair[0].value, pair[1].value);
                let place = usize::try_from(edge.unsigned_abs()).unwrap_or(0).wrapping_sub(1);
                let next = usize::try_from(node).ok().and_then(|node| nodes.get(node));
                let (Some(rel), Some(here), Some(next)) = (rels.get(place), at, next) else {
                    return Err(damaged(org, "a path"));
                };
                let next = next.id.value;
                let way = if edge > 0 { (here, next) } else { (next, here) };
                read.edges.push(read_edge(&rel.typ.value, rel.properties.clone(), way, org, ids)?);
                at = Some(next);
            }
            Cell::Path(read)
        }
        BoltType::List(items) => {
            let mut cells = Vec::with_capacity(items.value.len());
            for item in items.value {
                cells.extend(cell(item, org, ids)?);
            }
            Cell::List(cells)
        }
        BoltType::Map(map) => {
            let mut entries = Vec::with_capacity(map.value.len());
            for (name, value) in map.value {
                if let Some(value) = cell(value, org, ids)? {
                    entries.push((name.value, value));
                }
            }
            entries.sort_by(|(left, _), (right, _)| left.cmp(right));
            Cell::Map(entries)
        }
        scalar => Cell::Value(plain(scalar)),
    }))
}

fn damaged(org: OrgId, what: &str) -> Error {
    Error::Corrupt { org, what: what.to_owned(), source: None }
}

fn read_node(node: &BoltNode, org: OrgId) -> Result<Option<Node>> {
    let is = |label: &BoltType, name| matches!(label, BoltType::String(text) if text.value == name);
    let ours = node.labels.value.iter().any(|label| is(label, EDGE) || is(label, META));
    if ours || node.properties.value.contains_key(REMOVED) {
        return Ok(None);
    }
    let labels: Vec<Json> = node.labels.value.iter().cloned().map(plain).collect();
    let whole = json!({ "labels": labels, "properties": properties(node.properties.clone()) });
    let stored: StoredNode = serde_json::from_value(whole).map_err(|_| damaged(org, "a node"))?;
    stored.read(org).map(Some)
}

fn read_edge(
    kind: &str,
    stored: BoltMap,
    (from, to): (i64, i64),
    org: OrgId,
    ids: &Ids,
) -> Result<Edge> {
    let whole = json!({
        "edge": properties(stored), "type": kind, "from": ids.get(&from), "to": ids.get(&to),
    });
    let stored: StoredEdge = serde_json::from_value(whole).map_err(|_| damaged(org, "an edge"))?;
    stored.read(org)
}

fn properties(map: BoltMap) -> Map<String, Json> {
    map.value.into_iter().map(|(name, value)| (name.value, plain(value))).collect()
}

/// A value as JSON; times and places are their text.
fn plain(value: BoltType) -> Json {
    match value {
        // Nodes, edges and paths are never values by themselves.
        BoltType::Null(_)
        | BoltType::Node(_)
        | BoltType::Relation(_)
        | BoltType::UnboundedRelation(_)
        | BoltType::Path(_) => Json::Null,
        BoltType::Boolean(flag) => flag.value.into(),
        BoltType::Integer(int) => int.value.into(),
        BoltType::Float(float) if float.value.is_finite() => float.value.into(),
        BoltType::Float(float) => float.value.to_string().into(),
        BoltType::String(text) => text.value.into(),
        BoltType::List(items) => items.value.into_iter().map(plain).collect(),
        BoltType::Map(map) => properties(map).into(),
        BoltType::Date(date) => NaiveDate::try_from(&date).map_or(Json::Null, |date| text(&date)),
        BoltType::Time(time) => {
            let (time, offset): (NaiveTime, FixedOffset) = (&time).into();
            format!("{time}{offset}").into()
        }
        BoltType::LocalTime(time) => text(&NaiveTime::from(&time)),
        BoltType::DateTime(time) => DateTime::<FixedOffset>::try_from(&time)
            .map_or(Json::Null, |time| time.to_rfc3339().into()),
        BoltType::LocalDateTime(time) => NaiveDateTime::try_from(&time)
            .map_or(Json::Null, |time| time.format("%Y-%m-%dT%H:%M:%S%.f").to_string().into()),
        BoltType::DateTimeZoneId(time) => DateTime::<FixedOffset>::try_from(&time)
            .map_or(Json::Null, |at| format!("{}[{}]", at.to_rfc3339(), time.tz_id()).into()),
        BoltType::Duration(duration) => self::duration(&format!("{duration:?}")).into(),
        BoltType::Point2D(point) => format!(
            "point({{x: {}, y: {}, srid: {}}})",
            point.x.value, point.y.value, point.sr_id.value
        )
        .into(),
        BoltType::Point3D(point) => {
            let (x, y, z) = (point.x.value, point.y.value, point.z.value);
            format!("point({{x: {x}, y: {y}, z: {z}, srid: {}}})", point.sr_id.value).into()
        }
        BoltType::Bytes(bytes) => bytes.value.iter().copied().collect(),
    }
}

fn text(value: &impl ToString) -> Json {
    value.to_string().into()
}

/// A duration in ISO 8601. The driver tells its months and days in its debug text only.
fn duration(debug: &str) -> String {
    let mut numbers = debug
        .split(|c: char| !c.is_ascii_digit() && c != '-')
        .filter_map(|number| number.parse::<i64>().ok());
    let mut next = || numbers.next().unwrap_or_default();
    let (months, days, seconds, nanos) = (next(), next(), next(), next());
    let fraction = format!("{nanos:09}");
    let seconds = match fraction.trim_end_matches('0') {
        "" => format!("{seconds}"),
        fraction => format!("{seconds}.{fraction}"),
    };
    format!("P{months}M{days}DT{seconds}S")
}

#[cfg(test)]
mod tests {
    use neo4rs::BoltDuration;

    use super::*;

    #[test]
    fn a_duration_keeps_its_months_and_days() {
        let made = |months: i64, days: i64, seconds: i64, nanos: i64| {
            let made = BoltDuration::new(months.into(), days.into(), seconds.into(), nanos.into());
            plain(BoltType::Duration(made))
        };
        assert_eq!(made(14, -3, 5, 0), "P14M-3DT5S");
        assert_eq!(made(0, 0, 1, 500_000_000), "P0M0DT1.5S");
    }
}
