//! Questions in the words of those who ask.

use serde_json::{Value, json};

use super::{Name, Only, Question, Related, read};
use crate::builtin::words::text;

/// What was read, in short.
fn short(said: &str) -> String {
    let on = |name: &Name| name.text();
    match read(said) {
        Question::Help => "help".to_owned(),
        Question::Sources => "sources".to_owned(),
        Question::Tools(about) => format!("tools {about}"),
        Question::Owner { name, verb } => format!("{verb} {}", on(&name)),
        Question::Changed { name, when } => {
            let name = name.map_or("all".to_owned(), |name| name.text());
            format!("changed {name} {}", if when.is_some() { "since" } else { "ever" })
        }
        Question::Busiest { .. } => "busiest".to_owned(),
        Question::Kind { kind, only, count } => {
            let only = match only {
                None => String::new(),
                Some(Only::Words(words)) => format!(" ~ {words}"),
                Some(Only::Is { property, value }) => format!(" {property} = {value}"),
            };
            format!("{} {}{only}", if count { "count" } else { "list" }, text(&kind))
        }
        Question::Vague { kind, state } => format!("count {} which are {state}", text(&kind)),
        Question::Connected(name) => format!("around {}", on(&name)),
        Question::Related(Related { kind, verb, name, does, count }) => {
            let count = if count { "count" } else { "list" };
            let (kind, name) = (text(&kind), on(&name));
            let way = if does { [&name, &verb, &kind] } else { [&kind, &verb, &name] };
            format!("{count} {}|{}|{}", way[0], way[1], way[2])
        }
        Question::Path(from, to) => format!("path {} to {}", on(&from), on(&to)),
        Question::Since(name) => format!("since {}", on(&name)),
        Question::Describe(name) => format!("describe {}", on(&name)),
        Question::Create { label, name, realm, properties } => {
            format!("create {label} {name} {realm:?} {}", Value::from(properties))
        }
        Question::Link { from, to, kind } => format!("link {} to {} {kind:?}", on(&from), on(&to)),
        Question::Run { tool, connector, args } => format!("run {tool} of {connector} {args:?}"),
        Question::Unknown => "unknown".to_owned(),
    }
}

fn all_read(cases: &[(&str, &str)]) {
    for (said, read) in cases {
        assert_eq!(short(said), *read, "{said}");
    }
}

#[test]
fn owners_and_makers_are_asked_for_in_many_words() {
    all_read(&[
        ("Who owns payments?", "owns payments"),
        ("who maintains the payments service", "maintains payments service"),
        ("Hi, could you please tell me who owns 'Payments API'?", "owns Payments API"),
        ("who is the owner of payments", "owns payments"),
        ("who is responsible for payments?", "owns payments"),
        ("which team owns payments", "owns payments"),
        ("who wrote src/lib.rs?", "wrote src/lib.rs"),
        ("who was README.md written by", "written README.md"),
        ("who are the authors of README.md", "wrote README.md"),
        ("WHO CHANGED README.md", "changed README.md"),
    ]);
}

#[test]
fn changes_are_asked_for_with_and_without_time_and_place() {
    all_read(&[
        ("what changed?", "changed all ever"),
        ("What changed this week?", "changed all since"),
        ("what has changed since 2026-11-01", "changed all since"),
        ("what's new?", "changed all ever"),
        ("what is new today", "changed all since"),
        ("what changed in src/api in the last 7 days?", "changed src/api since"),
        ("what changed this week in the repository", "changed repository since"),
        ("what happened to payments yesterday", "changed payments since"),
        ("show me the latest commits since monday", "changed all since"),
        ("when was README.md last changed", "changed README.md ever"),
        ("which files change most?", "busiest"),
        ("which files changed the most this month", "busiest"),
        ("what are the most changed files", "busiest"),
    ]);
}

#[test]
fn kinds_are_counted_and_listed_with_and_without_a_condition() {
    all_read(&[
        ("how many files are there?", "count files"),
        ("How many files do we have", "count files"),
        ("count the services", "count services"),
        ("how many files are there with extension = rs", "count files extension = rs"),
        ("how many services have tier = gold?", "count services tier = gold"),
        ("how many services are there where the tier is gold", "count services tier = gold"),
        ("how many files with extension rs are there", "count files extension = rs"),
        ("how many pods are down?", "count pods which are down"),
        ("list services", "list services"),
        ("list my kubernetes pods", "list my kubernetes pods"),
        ("Show me all services with tier=gold", "list services tier = gold"),
        ("list services named pay", "list services ~ pay"),
        ("find services called \"pay with me\"", "list services ~ pay with me"),
        ("which services are there", "list services"),
        ("what are the services", "list the services"),
    ]);
}

#[test]
fn what_hangs_together_is_asked_for_from_either_end() {
    all_read(&[
        ("what is connected to payments?", "around payments"),
        ("what are the neighbours of payments", "around payments"),
        ("which services does payments use", "list payments|use|services"),
        ("what does payments depend on?", "list payments|depend|"),
        ("which services use payments", "list services|use|payments"),
        ("which services depend on payments", "list services|depend|payments"),
        ("which services are owned by 'red team'", "list red team|owned|services"),
        ("which commits touch README.md", "list commits|touch|README.md"),
        ("which files are in src", "list src|contains|files"),
        ("list the files in src", "list src|contains|the files"),
        ("how many files are there in src", "count src|contains|files"),
        ("how many files are in src", "count src|contains|files"),
        ("how many commits did Ada Lovelace write?", "count Ada Lovelace|write|commits"),
        ("how many columns has orders", "count orders|has|columns"),
        ("how many tables reference customers", "count tables|reference|customers"),
        ("which commits of Ada", "list Ada||commits"),
        ("how is payments connected to orders?", "path payments to orders"),
        ("how are payments and orders related", "path payments to orders"),
        ("find the shortest path from payments to orders", "path payments to orders"),
    ]);
}

#[test]
fn one_thing_is_asked_for_by_its_name() {
    all_read(&[
        ("since when does payments exist?", "since payments"),
        ("when was src/lib.rs created", "since src/lib.rs"),
        ("how old is the repository", "since repository"),
        ("what is payments?", "describe payments"),
        ("describe the branch main", "describe branch main"),
        ("tell me about payments", "describe payments"),
        ("show README.md", "describe README.md"),
        ("who is Ada Lovelace", "describe Ada Lovelace"),
        ("who owns [payments](node:n_01)?", "owns n_01"),
    ]);
    assert!(Name(crate::builtin::words::words("it")).is_pronoun());
    assert!(Name(crate::builtin::words::words("that service")).is_pronoun());
    assert!(!Name(crate::builtin::words::words("'it'")).is_pronoun());
    assert!(!Name(crate::builtin::words::words("item")).is_pronoun());
}

#[test]
fn it_is_asked_what_it_is_and_what_there_is() {
    all_read(&[
        ("help", "help"),
        ("Hello!", "help"),
        ("What can you do?", "help"),
        ("who are you", "help"),
        ("are you a language model?", "help"),
        ("", "help"),
        ("what sources are connected?", "sources"),
        ("which connectors do we have", "sources"),
        ("list all sources", "sources"),
        ("what tools are there for logs", "tools logs"),
        ("list tools", "tools "),
    ]);
}

#[test]
fn orders_are_read_with_their_values() {
    let create = |label: &str, name: &str, realm: Option<&str>, properties: Value| {
        format!("create {label} {name} {:?} {properties}", realm.map(str::to_owned))
    };
    let tier = json!({ "port": 8080, "tier": "gold plus", "up": true, "zip": "0123" });
    for (said, read) in [
        ("add a Service named payments", create("Service", "payments", None, json!({}))),
        (
            "please create a new service called 'Pay it' with tier = gold plus, port=8080 and up=true and zip=0123",
            create("Service", "Pay it", None, tier),
        ),
        (
            "create a Team named red in the realm infrastructure",
            create("Team", "red", Some("infrastructure"), json!({})),
        ),
        ("add a Service named x with tier = ", "unknown".to_owned()),
        ("add a Service named x with tier", "unknown".to_owned()),
        (
            "link payments to the orders service as uses",
            "link payments to orders service Some(\"uses\")".to_owned(),
        ),
        ("connect payments to orders", "link payments to orders None".to_owned()),
        (
            "run git_log of my repository with {\"limit\": 5, \"path\": \"{\"}",
            format!("run git_log of my repository {:?}", Some(json!({ "limit": 5, "path": "{" }))),
        ),
        ("run status of docs", format!("run status of docs {:?}", Some(json!({})))),
        ("run git_log of docs with {limit}", "run git_log of docs None".to_owned()),
    ] {
        assert_eq!(short(said), read, "{said}");
    }
}

#[test]
fn of_several_paragraphs_the_last_is_the_question() {
    all_read(&[
        ("who owns a?\n\nwho owns b?", "owns b"),
        ("What was said before, in short:\nUser: add a Service named x\n\nwho owns b?", "owns b"),
        ("add a Service named x\n\nthanks, that is all", "unknown"),
        ("run status of docs\n\nwho owns b", "owns b"),
        ("who owns\nb", "owns b"),
    ]);
    let spread = "run status of docs with {\n\n\"limit\": 5\n\n}";
    assert!(matches!(read(spread), Question::Run { args: Some(_), .. }), "{:?}", read(spread));
}

#[test]
fn what_is_no_form_is_not_read() {
    let long = "who owns ".to_owned() + &"x ".repeat(100);
    let longer = "“".repeat(1 << 20);
    for said in
        ["write me a poem", "why is the sky blue", "drop all tables", "=", "?", &long, &longer]
    {
        let read = read(said);
        let harmless = matches!(read, Question::Unknown | Question::Help);
        assert!(harmless, "{}: {read:?}", &said[..said.floor_char_boundary(40)]);
    }
}
