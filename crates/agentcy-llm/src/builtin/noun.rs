//! Words for kinds of things and for how they hang together, beside the labels and types that connectors gave them.

use super::words::Word;

/// What people call things whose label is another word.
const OTHER_NAMES: &[(&str, &[&str])] = &[
    ("repo", &["Repository"]),
    ("directory", &["Folder"]),
    ("person", &["Person", "Author", "User"]),
    ("contributor", &["Author"]),
    ("developer", &["Author", "Developer"]),
    ("version", &["Release"]),
];

/// Singulars that no rule gives.
const SINGULARS: &[(&str, &str)] =
    &[("people", "person"), ("indices", "index"), ("children", "child"), ("data", "data")];

/// Verbs that say the same.
const GROUPS: &[&[&str]] = &[
    &["have", "has", "had", "contain", "hold", "include", "in"],
    &["write", "wrote", "written", "author", "make", "made", "commit", "create"],
    &["touch", "change", "modify", "edit"],
    &["own", "owner", "maintain", "maintainer", "responsible", "steward"],
    &["tag", "tagger"],
    &["use", "depend", "need", "require", "consume"],
];

/// Those who do it, as edges to them are named.
const DOERS: &[&str] = &["owner", "maintainer", "author", "steward", "tagger"];

/// The words of a kind of thing in the singular and in lower case, without articles.
pub(super) fn singular(words: &[Word]) -> Vec<String> {
    let keys = words.iter().map(|word| if word.key.is_empty() { &word.text } else { &word.key });
    let mut keys: Vec<String> = keys
        .filter(|key| {
            !matches!(
                key.as_str(),
                "the" | "a" | "an" | "my" | "our" | "all" | "any" | "of" | "every"
            )
        })
        .cloned()
        .collect();
    if let Some(last) = keys.last_mut() {
        *last = one_of(last);
    }
    keys
}

fn one_of(word: &str) -> String {
    if let Some((_, one)) = SINGULARS.iter().find(|(many, _)| *many == word) {
        return (*one).to_owned();
    }
    let ends = |ends: &[&str]| ends.iter().any(|end| word.ends_with(end));
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        format!("{stem}y")
    } else if ends(&["sses", "shes", "ches", "xes"]) {
        word[..word.len() - 2].to_owned()
    } else if ends(&["ss", "us", "is"]) {
        word.to_owned()
    } else {
        word.strip_suffix('s').unwrap_or(word).to_owned()
    }
}

/// Whether the last word stands for several things.
pub(super) fn is_plural(words: &[Word]) -> bool {
    words.last().is_some_and(|word| !word.key.is_empty() && one_of(&word.key) != word.key)
}

/// The labels that may be meant.
pub(super) fn labels(words: &[Word]) -> Vec<String> {
    let one = singular(words);
    let capital = |word: &String| {
        let mut chars = word.chars();
        chars
            .next()
            .map_or(String::new(), |c| c.to_uppercase().collect::<String>() + chars.as_str())
    };
    let pascal: Vec<String> = one.iter().map(capital).collect();
    let typed = super::words::text(words);
    let mut labels = vec![
        pascal.concat(),
        pascal.join(" "),
        one.join("_"),
        one.join(" "),
        one.join("_").to_uppercase(),
        typed,
    ];
    let said = one.join(" ");
    let others = OTHER_NAMES.iter().filter(|(name, _)| *name == said);
    labels.extend(others.flat_map(|(_, labels)| labels.iter().map(|label| (*label).to_owned())));
    let mut kept = Vec::new();
    for label in labels {
        if !label.is_empty() && !kept.contains(&label) {
            kept.push(label);
        }
    }
    kept
}

/// What a verb is without its endings.
fn stem(verb: &str) -> String {
    let verb = verb.to_lowercase();
    let stem = ["ing", "ed", "es", "s"].iter().find_map(|end| verb.strip_suffix(end));
    let stem = stem.filter(|stem| stem.len() > 1).unwrap_or(&verb).trim_end_matches('e');
    let mut chars = stem.chars();
    let doubled = stem.len() > 3 && chars.next_back() == chars.clone().next_back();
    if doubled { chars.as_str().to_owned() } else { stem.to_owned() }
}

/// Whether it is this verb in some form.
pub(super) fn is_form_of(word: &str, verb: &str) -> bool {
    stem(word) == stem(verb)
}

/// Whether two verbs say the same.
fn same_verb(one: &str, other: &str) -> bool {
    let (one, other) = (stem(one), stem(other));
    let is = |group: &&&[&str], verb: &str| group.iter().any(|it| stem(it) == *verb);
    one == other || GROUPS.iter().any(|group| is(&group, &one) && is(&group, &other))
}

/// Whether an edge type says this verb, and then whether of the node that the edge leads to: `OWNED_BY`, `HAS_OWNER`.
pub(super) fn says(edge_type: &str, verb: &str) -> Option<bool> {
    let lower = edge_type.to_lowercase();
    let words: Vec<&str> = lower.split(['_', ' ', '-']).filter(|word| !word.is_empty()).collect();
    let doer = words.iter().find(|word| DOERS.contains(word));
    if doer.is_some_and(|doer| same_verb(doer, verb)) {
        return Some(true);
    }
    let passive = words.last() == Some(&"by");
    let (["is" | "was", main, ..] | [main, ..]) = words.as_slice() else { return None };
    same_verb(main, verb).then_some(passive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin::words::words;

    #[test]
    fn kinds_are_labels_however_they_are_written() {
        for (said, label) in [
            ("files", "File"),
            ("Branches", "Branch"),
            ("materialized views", "MaterializedView"),
            ("the repositories", "Repository"),
            ("indexes", "Index"),
            ("indices", "Index"),
            ("repos", "Repository"),
            ("PULL_REQUEST", "PULL_REQUEST"),
            ("status", "Status"),
        ] {
            assert!(
                labels(&words(said)).contains(&label.to_owned()),
                "{said}: {:?}",
                labels(&words(said))
            );
        }
        assert!(is_plural(&words("open issues")) && !is_plural(&words("status")));
        assert!(!is_plural(&words("'files'")), "a name in quotes is a name");
    }

    #[test]
    fn edge_types_say_verbs_in_their_direction() {
        assert_eq!(says("USES", "use"), Some(false));
        assert_eq!(says("DEPENDS_ON", "depends"), Some(false));
        assert_eq!(says("OWNED_BY", "owns"), Some(true));
        assert_eq!(says("MAINTAINS", "owns"), Some(false));
        assert_eq!(says("HAS_COLUMN", "contains"), Some(false));
        assert_eq!(says("CALLS", "calling"), Some(false));
        assert_eq!(says("TOUCHED", "changed"), Some(false));
        assert_eq!(says("AUTHORED", "wrote"), Some(false));
        assert_eq!(says("HAS_OWNER", "owns"), Some(true));
        assert_eq!(says("Is-Owned by", "owns"), Some(true));
        assert_eq!(says("USES", "own"), None);
        assert_eq!(says("", "own"), None);
    }
}
