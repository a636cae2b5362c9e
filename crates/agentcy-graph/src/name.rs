//! Names of labels, types and properties as the engines keep them.
//!
//! What starts with one underscore is our own. A user's name that starts with one, is empty or holds a NUL
//! (which Neo4j refuses) is kept behind two underscores with NUL and `%` escaped, so that names never meet.

use std::borrow::Cow;

use crate::{Error, Result};

/// The label of every node.
pub(crate) const NODE: &str = "_Node";
/// The label of the records of edges.
pub(crate) const EDGE: &str = "_Edge";
/// The label of the record of a graph.
pub(crate) const META: &str = "_Meta";
/// The id of a node, an edge or a record.
pub(crate) const ID: &str = "_id";
/// The realm.
pub(crate) const REALM: &str = "_realm";
/// Since when it is so, in microseconds since 1970.
pub(crate) const VALID_FROM: &str = "_valid_from";
/// Since when that is known, in microseconds since 1970.
pub(crate) const RECORDED_AT: &str = "_recorded_at";
/// The sources of a node as JSON text; absent when there are none.
pub(crate) const SOURCES: &str = "_sources";
/// The fact number.
pub(crate) const VERSION: &str = "_version";
/// Which properties hold JSON text, since the engine has no such value.
pub(crate) const JSON: &str = "_json";
/// Set on what is removed.
pub(crate) const REMOVED: &str = "_removed";
/// The database that a graph is a projection of.
pub(crate) const DATABASE: &str = "_database";
/// The last applied fact.
pub(crate) const WATERMARK: &str = "_watermark";
/// The org.
pub(crate) const ORG: &str = "_org_id";

/// The longest name in bytes.
pub(crate) const MAX_NAME: usize = 1024;

/// A user's name as it is kept.
pub(crate) fn kept(name: &str) -> Cow<'_, str> {
    if name.is_empty() || name.starts_with('_') || name.contains('\0') {
        format!("__{}", name.replace('%', "%25").replace('\0', "%00")).into()
    } else {
        name.into()
    }
}

/// A kept name as its user wrote it; `None` for names of our own.
pub(crate) fn shown(name: &str) -> Option<Cow<'_, str>> {
    if let Some(rest) = name.strip_prefix("__") {
        return Some(rest.replace("%00", "\0").replace("%25", "%").into());
    }
    (!name.starts_with('_')).then_some(name.into())
}

/// A user's name as a Cypher identifier.
pub(crate) fn quoted(name: &str) -> String {
    quoted_kept(&kept(name))
}

/// A kept name as a Cypher identifier. The only place where a name becomes query text.
pub(crate) fn quoted_kept(kept: &str) -> String {
    // Cypher reads \uXXXX in a statement before anything else, so a name could otherwise smuggle in a backtick.
    format!("`{}`", kept.replace('\\', "\\u005C").replace('`', "``"))
}

/// Refuses a name that is too long.
pub(crate) fn check(name: &str) -> Result<()> {
    if name.len() > MAX_NAME {
        return Err(Error::TooLarge { what: "a name in the graph", limit: MAX_NAME });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_users_name_never_meets_one_of_ours() {
        for ours in [NODE, EDGE, META, ID, ORG, VERSION, REMOVED] {
            assert_ne!(kept(ours), ours);
            assert_eq!(shown(ours), None);
        }
    }

    #[test]
    fn a_backtick_or_an_escape_stays_inside_its_identifier() {
        assert_eq!(quoted("a`b"), "`a``b`");
        assert_eq!(quoted("a\\u0060b"), "`a\\u005Cu0060b`");
    }

    proptest! {
        #[test]
        fn a_kept_name_reads_back(name in any::<String>()) {
            let kept = kept(&name);
            prop_assert!(!kept.is_empty() && !kept.contains('\0'));
            prop_assert_eq!(shown(&kept), Some(Cow::from(&name)));
        }

        #[test]
        fn names_with_escapes_and_underscores_read_back(name in "[_%0-5a`\\\\\0]{0,6}") {
            let kept = kept(&name);
            prop_assert_eq!(shown(&kept), Some(Cow::from(&name)));
        }
    }
}
