//! The plan for each form of question.

mod around;
mod changes;
mod kinds;
mod orders;
mod owner;
mod path;
mod related;
mod sources;

use super::{
    plan::{Next, Plan},
    question::Question,
};

const HELP: &str = "\
I am the built-in planner of agentcy. I am not a language model: I read questions by rules, ask the graph, and say what it \
says. I do not guess and remember nothing from one question to the next. These are the questions that I can read, with names \
of your own; put a name in quotes when it has words of mine in it:

- who owns `payments`? who wrote `README.md`?
- what changed in `src/api` in the last 7 days? what changed since yesterday? which files change most?
- how many files are there with extension = rs?
- what is connected to `payments`?
- since when does `payments` exist?
- what is `payments`?
- list services with tier = gold
- which tables does `orders` reference? which services use `payments`?
- how is `payments` connected to `orders`?
- which sources are connected? what tools are there for logs?

And I can ask for a change, which waits until a person agrees:

- add a Service named `payments` with tier = gold
- link `payments` to `orders` as USES
- run `git_log` of `my repository` with {\"limit\": 5}

For questions in words of your own, connect a model provider in the settings.";

const NOT_READ: &str = "\
I cannot read that question: I am the built-in planner, which knows some forms of question by rules, and not a language \
model. I invent nothing, so I stop here. Ask for example “who owns `payments`?”, “what changed in `src` in the last 7 days?”, \
“how many files are there?”, “what is connected to `README.md`?”, or say “help” for all forms.";

/// Answers a question, or says what to call first.
pub(super) fn answer(plan: &mut Plan<'_>, question: Question) -> Result<String, Next> {
    match question {
        Question::Help => Ok(HELP.to_owned()),
        Question::Unknown => Ok(NOT_READ.to_owned()),
        Question::Sources => sources::connected(plan),
        Question::Tools(about) => sources::tools(plan, &about),
        Question::Owner { name, verb } => owner::owner(plan, &name, &verb),
        Question::Changed { name: Some(name), when } => changes::at(plan, &name, when),
        Question::Changed { name: None, when } => changes::everywhere(plan, when),
        Question::Busiest { when } => changes::busiest(plan, when),
        Question::Kind { kind, only, count } => kinds::of_kind(plan, &kind, only, count),
        Question::Vague { kind, state } => kinds::vague(plan, &kind, &state),
        Question::Connected(name) => around::connected(plan, &name),
        Question::Describe(name) => around::describe(plan, &name),
        Question::Since(name) => around::since(plan, &name),
        Question::Related(related) => related::related(plan, &related),
        Question::Path(from, to) => path::path(plan, &from, &to),
        Question::Create { label, name, realm, properties } => {
            orders::create(plan, &label, &name, realm.as_deref(), properties)
        }
        Question::Link { from, to, kind } => orders::link(plan, &from, &to, kind),
        Question::Run { tool, connector, args } => orders::run(plan, &tool, &connector, args),
    }
}
