//! The marks that present nodes are asked for: one index has them all.

use serde_json::Value;
use sqlx::types::Uuid;

use super::{Ask, Sql};

/// A mark of a node.
pub(super) enum Mark<'a> {
    Org,
    Realm(&'a str),
    Label(&'a str),
    Source(Uuid),
    Property(&'a str, &'a Value),
}

impl Mark<'_> {
    fn push(&self, sql: &mut Sql, org: Uuid) {
        let (kind, value) = match *self {
            Self::Org => ("org".to_owned(), org.to_string()),
            Self::Realm(realm) => (org.to_string(), realm.to_owned()),
            Self::Label(label) => ("label".to_owned(), label.to_owned()),
            Self::Source(source) => ("source".to_owned(), source.to_string()),
            Self::Property(name, value) => {
                sql.push("search_property_mark(").push_bind(name.to_owned()).push(", ");
                sql.push_bind(value.clone()).push(")");
                return;
            }
        };
        sql.push("search_mark(").push_bind(kind).push(", ").push_bind(value).push(")");
    }
}

impl Ask {
    /// The marks of where a node must lie.
    pub(super) fn place(&self) -> Vec<Mark<'_>> {
        match &self.realms {
            Some(realms) => realms.iter().map(|realm| Mark::Realm(realm)).collect(),
            None => vec![Mark::Org],
        }
    }

    /// All marks that are asked for: of each list one.
    pub(super) fn marks(&self) -> Vec<Vec<Mark<'_>>> {
        let mut marks = vec![self.place()];
        if !self.labels.is_empty() {
            marks.push(self.labels.iter().map(|label| Mark::Label(label)).collect());
        }
        marks.extend(self.source.map(|source| vec![Mark::Source(source)]));
        for (name, values) in &self.properties {
            marks.push(told(values).iter().map(|value| Mark::Property(name, value)).collect());
        }
        marks
    }

    /// `and …` of the marks that `m` must bear. Those that there is no choice about are asked for at once: the index takes
    /// each condition for a search of its own.
    pub(super) fn bear(&self, sql: &mut Sql, marks: Vec<Vec<Mark<'_>>>) {
        let (sure, choices): (Vec<_>, Vec<_>) = marks.into_iter().partition(|list| list.len() == 1);
        let sure: Vec<Mark<'_>> = sure.into_iter().flatten().collect();
        let sure = (!sure.is_empty()).then_some(("@>", sure));
        for (how, list) in sure.into_iter().chain(choices.into_iter().map(|list| ("&&", list))) {
            sql.push(format_args!(" and m.marks {how} array["));
            for (at, mark) in list.iter().enumerate() {
                sql.push(if at > 0 { ", " } else { "" });
                mark.push(sql, self.org_id);
            }
            sql.push("]::bigint[]");
        }
    }
}

/// Those of the values whose marks tell of all of them: a number or truth value bears that of the text it is written as too.
fn told(values: &[Value]) -> &[Value] {
    match values {
        [Value::String(_), Value::Bool(_)] => &values[..1],
        [Value::String(text), Value::Number(number)]
            if (number.is_i64() || number.is_u64()) && number.to_string() == *text =>
        {
            &values[..1]
        }
        _ => values,
    }
}
