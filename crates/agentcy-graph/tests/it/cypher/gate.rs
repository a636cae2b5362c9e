//! The gate: what passes, what does not, and where it says so.

use agentcy_graph::cypher::{Dialect, MAX_TEXT, RefusalKind, check};
use proptest::prelude::*;

use super::queries::{ALLOWED, ON_NEO4J, REFUSED, REFUSED_EMBEDDED};

#[test]
fn queries_that_read_pass_with_their_text_untouched() {
    for text in ALLOWED {
        for dialect in [Dialect::NEO4J, Dialect::EMBEDDED] {
            match check(text, &dialect) {
                Ok(checked) => assert_eq!(checked.text(), *text),
                Err(refusal) => panic!("{text}\n{refusal}"),
            }
        }
    }
    for text in ON_NEO4J {
        if let Err(refusal) = check(text, &Dialect::NEO4J) {
            panic!("{text}\n{refusal}");
        }
    }
}

#[test]
fn everything_else_is_refused_with_its_place() {
    let mut wrong = Vec::new();
    for (text, kind, offset) in REFUSED {
        for dialect in [Dialect::NEO4J, Dialect::EMBEDDED] {
            match check(text, &dialect) {
                Ok(_) => wrong.push(format!("{text:?} passed")),
                Err(refusal) if (refusal.kind, refusal.offset) != (*kind, *offset) => {
                    wrong.push(format!(
                        "{text:?}: {:?} at {}: {refusal}",
                        refusal.kind, refusal.offset
                    ));
                }
                Err(_) => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_the_embedded_engine_could_not_stop_is_refused_there() {
    let mut wrong = Vec::new();
    for (text, offset) in REFUSED_EMBEDDED {
        match check(text, &Dialect::EMBEDDED) {
            Err(refusal) if (refusal.kind, refusal.offset) == (RefusalKind::TooLarge, *offset) => {}
            other => wrong.push(format!("{text:?}: {other:?}")),
        }
        if let Err(refusal) = check(text, &Dialect::NEO4J) {
            wrong.push(format!("{text:?} on Neo4j: {refusal}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_place_counts_lines_and_characters() {
    let refusal = check("MATCH (ä)\r\n  WHERE 'é' = 'é' SET ä.x = 1", &Dialect::NEO4J).unwrap_err();
    assert_eq!((refusal.line, refusal.column, refusal.offset), (2, 19, 29));
    assert_eq!(refusal.kind, RefusalKind::NotReadOnly);
    assert!(refusal.message.contains("SET"), "{refusal}");
}

#[test]
fn depth_length_and_number_are_bounded() {
    for (open, close) in
        [("(", ")"), ("[", "]"), ("{a: ", "}"), ("NOT ", ""), ("-", ""), ("size(", ")")]
    {
        for depth in [100, 1_000, 8_000] {
            let text = format!("RETURN {}1{}", open.repeat(depth), close.repeat(depth));
            assert!(check(&text, &Dialect::NEO4J).is_err(), "{open} {depth}");
        }
        let text = format!("RETURN {}1{}", open.repeat(15), close.repeat(15));
        assert!(check(&text, &Dialect::NEO4J).is_ok(), "{open}");
    }
    for chain in [" + 1", " OR true", ", (a)", "-->()", ":A", ".x", "[0]", " = 1"] {
        let _ = check(&format!("RETURN 1{}", chain.repeat(8_000)), &Dialect::NEO4J);
    }
    let calls = format!("{}RETURN 1 AS x{}", "CALL { ".repeat(200), " } RETURN 1 AS x".repeat(200));
    assert_eq!(check(&calls, &Dialect::NEO4J).unwrap_err().kind, RefusalKind::TooLarge);
    let conditions =
        |count| format!("MATCH (n) WHERE {} RETURN n", vec!["n.x = 1"; count].join(" OR "));
    assert!(check(&conditions(400), &Dialect::EMBEDDED).is_ok());
    assert!(check(&conditions(600), &Dialect::EMBEDDED).is_err());
    let long = format!("RETURN '{}'", "x".repeat(MAX_TEXT));
    assert_eq!(check(&long, &Dialect::NEO4J).unwrap_err().kind, RefusalKind::TooLarge);
}

/// Every way to write a word that Cypher reads in any letter case.
fn cased(word: &'static str) -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<bool>(), word.len()).prop_map(move |upper| {
        let cased = word.chars().zip(upper);
        cased
            .map(|(c, up)| if up { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
            .collect()
    })
}

fn space() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        " ",
        "\n",
        "\t",
        "/* x */",
        "/**/",
        "// x\n",
        " \r\n ",
        "/* ' \" ` */",
    ])
}

proptest! {
    #[test]
    fn a_write_is_refused_in_any_case_and_any_spacing(
        write in prop::sample::select(vec!["create", "merge", "set", "delete", "detach", "remove", "foreach"])
            .prop_flat_map(cased),
        around in prop::sample::select(vec![
            ("MATCH (n)", "n"), ("MATCH (n) WITH n", "n"), ("CALL {", "(n) } RETURN 1"),
            ("MATCH (n) WHERE EXISTS {", "(n) } RETURN n"), ("RETURN 1 UNION", "(n)"), ("", "(n)"),
        ]),
        (before, after) in (space(), space()),
    ) {
        let text = format!("{}{before}{write}{after}{}", around.0, around.1);
        let refusal = check(&text, &Dialect::NEO4J).expect_err(&text);
        prop_assert_eq!(refusal.kind, RefusalKind::NotReadOnly, "{}: {}", text, refusal);
    }

    #[test]
    fn any_text_is_judged_without_a_panic(text in any::<String>()) {
        let _ = check(&text, &Dialect::EMBEDDED);
    }

    #[test]
    fn words_in_any_order_are_judged_without_a_panic(
        words in proptest::collection::vec(prop::sample::select(vec![
            "MATCH", "(", ")", "[", "]", "{", "}", "n", ":", "A", "-", ">", "<", "*", "1", "..", "RETURN",
            "WITH", "WHERE", "CALL", "EXISTS", "COUNT", "CASE", "WHEN", "THEN", "END", "x", "IN", "|", ",",
            "=", "+", ".", "'t'", "$p", "reduce", "range", "all", "UNWIND", "AS", "IS", "NULL", "::", "=~",
            "shortestPath", "ANY", "SHORTEST", "ORDER", "BY", "LIMIT", ";", "UNION", "!", "&", "%", "date",
        ]), 0..60),
    ) {
        let _ = check(&words.join(" "), &Dialect::EMBEDDED);
    }

    #[test]
    fn what_passes_holds_no_bare_write(
        words in proptest::collection::vec(prop::sample::select(vec![
            "MATCH (n)", "RETURN n", "SET", "DELETE", "n", "n.x = 1", "WITH n", "WHERE", "'", "\"", "`", "//",
            "/*", "*/", "\n", "\\", "AS", "CALL {", "}", "RETURN 1 AS x", "x", "CREATE", "(m)", ";",
        ]), 0..10),
    ) {
        let text = words.join(" ");
        if check(&text, &Dialect::NEO4J).is_ok() {
            let bare = bare(&text);
            for write in ["SET", "DELETE", "CREATE"] {
                prop_assert!(!bare.split_whitespace().any(|word| word == write), "{}", text);
            }
        }
    }
}

/// The text without comments, texts and names in backticks, told by another means than the gate's.
fn bare(text: &str) -> String {
    let (mut bare, mut rest) = (String::new(), text);
    while let Some(c) = rest.chars().next() {
        let skipped = match c {
            _ if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => rest[2..].find("*/").map_or(rest.len(), |end| end + 4),
            '\'' | '"' | '`' => rest[1..].find(c).map_or(rest.len(), |end| end + 2),
            _ => 0,
        };
        if skipped == 0 {
            bare.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            bare.push(' ');
            rest = &rest[skipped..];
        }
    }
    bare
}
