//! The questions that can be read, and the words they are asked in.

mod kinds;
mod orders;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use super::{
    when::{self, When},
    words::{MOST, Word, any, fit, text, words},
};

/// A question.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Question {
    /// What it can do, and what it is.
    Help,
    /// Which sources are connected.
    Sources,
    /// Which tools there are for something.
    Tools(String),
    /// Who owns something, or who made it.
    Owner { name: Name, verb: String },
    /// What changed, everywhere or at something.
    Changed { name: Option<Name>, when: Option<When> },
    /// Which files changed most.
    Busiest { when: Option<When> },
    /// Things of a kind: how many, or which.
    Kind { kind: Vec<Word>, only: Option<Only>, count: bool },
    /// How many things are in a state that is not a property: what was counted, and the state.
    Vague { kind: Vec<Word>, state: String },
    /// What something is connected to.
    Connected(Name),
    /// What something is connected to in one way.
    Related(Related),
    /// How two things hang together.
    Path(Name, Name),
    /// Since when something is there.
    Since(Name),
    /// What something is.
    Describe(Name),
    /// Makes a node.
    Create { label: String, name: String, realm: Option<String>, properties: Map<String, Value> },
    /// Makes an edge.
    Link { from: Name, to: Name, kind: Option<String> },
    /// Runs a tool of a source; `None` where the arguments are no JSON object.
    Run { tool: String, connector: String, args: Option<Value> },
    /// Something else.
    Unknown,
}

/// What something is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name(pub(super) Vec<Word>);

/// Which things of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Only {
    /// Those that hold these words.
    Words(String),
    /// Those with this property.
    Is { property: String, value: String },
}

/// Things that hang together with something in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Related {
    /// What kind of things; any when empty.
    pub(super) kind: Vec<Word>,
    /// In which way; any when empty.
    pub(super) verb: String,
    pub(super) name: Name,
    /// Whether the thing that is named does it to them, or they to it.
    pub(super) does: bool,
    pub(super) count: bool,
}

impl Name {
    fn of(words: &[Word]) -> Self {
        let mut words = words;
        while let [first, rest @ ..] = words
            && !rest.is_empty()
            && matches!(first.key.as_str(), "the" | "a" | "an" | "my" | "our")
        {
            words = rest;
        }
        Self(words.to_vec())
    }

    pub(super) fn text(&self) -> String {
        text(&self.0)
    }

    /// Whether it stands for what was spoken of before.
    pub(super) fn is_pronoun(&self) -> bool {
        let pronoun = |word: &Word| {
            let pronouns = "it its that this these those they them he she him her one there";
            pronouns.split(' ').any(|one| one == word.key)
        };
        match self.0.as_slice() {
            [first] => pronoun(first),
            [first, rest @ ..] => {
                matches!(first.key.as_str(), "that" | "this" | "these" | "those") && rest.len() < 3
            }
            [] => false,
        }
    }
}

/// How long a question may be, in bytes.
const LONGEST: usize = 4 << 10;

/// Words before a question that ask nothing.
const POLITE: &[&str] = &[
    "please|hey|hi|hello|ok|okay|so|and|well|agentcy *",
    "can|could|would|will you *",
    "i|we want|need|like|would to? know|see? *",
    "do you know *",
    "tell|let me|us know? *",
];

/// Reads a question. What was said before it and left without an answer, or in short, stands in paragraphs of its own.
pub(super) fn read(said: &str) -> Question {
    let said = said.trim();
    let last = said.rsplit("\n\n").next().unwrap_or(said);
    match paragraph(last) {
        Question::Unknown => orders::run(said).unwrap_or(Question::Unknown),
        read => read,
    }
}

fn paragraph(said: &str) -> Question {
    if let Some(run) = orders::run(said) {
        return run;
    }
    let all = if said.len() <= LONGEST { words(said) } else { return Question::Unknown };
    if all.len() > MOST {
        return Question::Unknown;
    }
    let mut rest = all.as_slice();
    while let Some(stars) = any(POLITE, rest) {
        rest = stars[0];
    }
    while let [first @ .., last] = rest
        && !first.is_empty()
        && matches!(
            last.key.as_str(),
            "please" | "thanks" | "now" | "currently" | "right" | "exactly"
        )
    {
        rest = first;
    }
    orders::writes(rest)
        .or_else(|| about_itself(rest))
        .or_else(|| about_time(rest))
        .or_else(|| about_two(rest))
        .or_else(|| about_one(rest))
        .or_else(|| kinds::about(rest))
        .or_else(|| at_last(rest))
        .unwrap_or(Question::Unknown)
}

fn about_itself(words: &[Word]) -> Option<Question> {
    let help = [
        "help|hello|hi|hey me?",
        "what can|could you do|answer|plan *",
        "what can|could you do|answer",
        "what can|could i|we ask you?",
        "who|what are|r you",
        "are you *",
        "how do|does you|this work",
        "what model|llm are you",
        "which model|llm are you",
    ];
    if any(&help, words).is_some() || words.is_empty() {
        return Some(Question::Help);
    }
    let sources = [
        "what|which are the? data? sources|connectors|source|connector|connections connected|there|configured|available?",
        "what|which data? sources|connectors|connections are|do we|you|i? connected|there|configured|available|have?",
        "list|show|give me? the|all|my|our? connected? data? sources|connectors|connections",
        "what|which is|are connected",
        "how many data? sources|connectors are there|connected?",
    ];
    if any(&sources, words).is_some() {
        return Some(Question::Sources);
    }
    let tools = [
        "what|which tools does|do|has|have * have|offer?",
        "list|show|search|find|give me? the|all? tools for|of|to|from|about *",
        "what|which tools are|is there for|of|to|from|about *",
    ];
    if let Some(stars) = any(&tools, words) {
        return Some(Question::Tools(text(stars[0])));
    }
    let tools = ["what|which tools are there|available?", "list|show me? the|all? tools"];
    any(&tools, words).map(|_| Question::Tools(String::new()))
}

fn about_time(words: &[Word]) -> Option<Question> {
    let since = [
        "since when does|do|did|has|have|is|are * exist|existed|there|been|known",
        "since when is|are there a|an|the? *",
        "when was|were|did * created|made|added|born|introduced|written|committed|appear|start",
        "how old is|are *",
        "how long has|have|does|do * existed|exist|been there|here?",
    ];
    if let Some(stars) = any(&since, words) {
        return Some(Question::Since(Name::of(stars[0])));
    }
    let last = "when was|were|did|has|have * last? changed|change|modified|touched|updated";
    if let Some(stars) = fit(last, words) {
        return Some(Question::Changed { name: Some(Name::of(stars[0])), when: None });
    }
    let (rest, when) = when::take(words);
    let rest = rest.as_slice();
    let busiest = [
        "what|which files|file? are|were|has|have|is? change|changes|changed|changing the? most often?",
        "what|which files? change|changes|changed often|frequently",
        "list|show me? the? most changed|changing files",
        "what|which are the? most changed|changing files",
    ];
    if any(&busiest, rest).is_some() {
        return Some(Question::Busiest { when });
    }
    let at = [
        "what|anything has|have|was|is? changed|changes|happened|new in|to|at|with|of|around *",
        "what did change|happen in|to|at|with *",
        "list|show|give me? the|all? latest|last|recent|newest? changes in|to|at|of *",
        "changes in|to|of *",
    ];
    if let Some(stars) = any(&at, rest) {
        return Some(Question::Changed { name: Some(Name::of(stars[0])), when });
    }
    let everywhere = [
        "what|anything has|have|was|is|are? the|there? changed|changes|happened|new",
        "what did change|happen",
        "list|show|give me? the|all? latest|last|recent|newest? changes",
        "list|show|give me? the|all? latest|last|recent|newest? commits",
        "changes",
    ];
    let commits = fit("list|show|give me? the|all? commits", rest).is_some();
    let fits = any(&everywhere, rest).is_some() && (!commits || when.is_some());
    fits.then_some(Question::Changed { name: None, when })
}

fn about_two(words: &[Word]) -> Option<Question> {
    let forms = [
        "how is|are|does|do * connected|related|linked|connect|relate to|with|and *",
        "how are|do * and * connected|related|linked|connect|relate",
        "what|which? is? the? shortest? path|way|route|connection from|between * to|and *",
        "find|show|give me? a|the? shortest? path|way|route|connection from|between * to|and *",
        "what connects * to|and|with *",
    ];
    let stars = any(&forms, words)?;
    Some(Question::Path(Name::of(stars[0]), Name::of(stars[1])))
}

fn about_one(words: &[Word]) -> Option<Question> {
    let connected = [
        "what|who|which is|are everything? connected|related|linked|attached to|with *",
        "what|which are the? neighbours|neighbors|connections|relations|links of *",
        "list|show me? the|all? neighbours|neighbors|connections|relations|links of *",
        "what is|are around *",
    ];
    if let Some(stars) = any(&connected, words) {
        return Some(Question::Connected(Name::of(stars[0])));
    }
    let passive = "owned|maintained|written|made|authored|created|changed|touched|committed";
    let owner = [
        "who|whom is|are|was|were the|an? owner|owners|maintainer|maintainers|author|authors|contributors|contributor of|for *",
        "what is|are the? owner|owners|maintainer|maintainers|author|authors of *",
        "who is|are responsible for *",
        "whose is|are *",
        "which|what team|teams|person|people owns|own|maintains|maintain *",
    ];
    if let Some(stars) = any(&owner, words) {
        let said = |verb: &str| words.iter().any(|word| word.key.starts_with(verb));
        let verb = if said("author") || said("contribut") { "wrote" } else { "owns" };
        return Some(Question::Owner { name: Name::of(stars[0]), verb: verb.to_owned() });
    }
    let active = "who owns|own|maintains|maintain|maintained|owned|wrote|writes|made|makes|created|authored|changed|touched|changes|touches|committed *";
    if let Some(stars) = fit(active, words) {
        return Some(Question::Owner { name: Name::of(stars[0]), verb: words[1].key.clone() });
    }
    let stars = any(&[&format!("who|whom is|was|were|are * {passive} by")], words)?;
    let verb = words[words.len() - 2].key.clone();
    Some(Question::Owner { name: Name::of(stars[0]), verb })
}

fn at_last(words: &[Word]) -> Option<Question> {
    let forms = [
        "what|who|which is|are|was|were *",
        "describe|explain|about|show|find|get me? *",
        "what do you know about *",
        "what about *",
    ];
    let stars = any(&forms, words)?;
    Some(Question::Describe(Name::of(stars[0])))
}
