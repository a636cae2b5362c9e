//! How it speaks.

use agentcy_llm::{Chunk, Message, Request, Stop};
use serde_json::json;

use super::{TOOLS, asked, found, node, result, said, turn};

#[tokio::test]
async fn a_turn_is_said_in_words_and_ends_with_what_it_used() {
    let chunks = turn(&asked("help", &TOOLS)).await;
    assert_eq!(chunks[0], Chunk::Model("builtin".to_owned()));
    let [.., Chunk::Usage(used), Chunk::End(Stop::EndTurn)] = chunks.as_slice() else {
        panic!("{chunks:?}")
    };
    let words: Vec<&String> = chunks
        .iter()
        .filter_map(|chunk| if let Chunk::Text(text) = chunk { Some(text) } else { None })
        .collect();
    assert!(words.len() > 100 && words.iter().all(|word| word.trim_end().find(' ').is_none()));
    let bytes: usize = words.iter().map(|word| word.len()).sum();
    assert_eq!(used.output, bytes.div_ceil(4) as u64);
    assert!(used.input > 20, "system, question and tools are read");
}

#[tokio::test]
async fn it_says_that_it_is_no_language_model_whenever_it_is_asked_or_cannot_read() {
    for question in ["help", "what are you?", "are you an AI", "write me a poem", ""] {
        let (text, calls) = said(&turn(&asked(question, &TOOLS)).await);
        assert!(calls.is_empty(), "{question}");
        let plain = text.contains("not a language model");
        assert!(plain && text.contains("rules"), "{question}: {text}");
    }
}

#[tokio::test]
async fn calls_begin_in_order_with_names_of_their_own_and_their_arguments_come_in_pieces() {
    let mut request = asked("how is payments connected to 'orders of ünïcode customers'?", &TOOLS);
    let chunks = turn(&request).await;
    let starts: Vec<_> = chunks
        .iter()
        .filter_map(|chunk| match chunk {
            Chunk::CallStart { index, id, .. } => Some((*index, id.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(starts, [(0, "call_1"), (1, "call_2")], "both names at once");
    assert!(chunks.iter().filter(|chunk| matches!(chunk, Chunk::CallArgs { .. })).count() > 3);
    let (text, calls) = said(&chunks);
    assert_eq!(text, "");
    assert_eq!(calls[1].args, json!({ "query": "orders of ünïcode customers", "limit": 20 }));

    let one = found(&[node(1, "Service", "payments")]);
    let other = found(&[node(2, "Service", "orders of ünïcode customers")]);
    // Results may come in any order.
    let results = vec![result(&calls[1], &other), result(&calls[0], &one)];
    request.messages.push(Message::Assistant { text, calls, kept: None });
    request.messages.push(Message::Results(results));
    let (_, calls) = said(&turn(&request).await);
    let ids: Vec<&str> = calls.iter().map(|call| call.id.as_str()).collect();
    assert_eq!(ids, ["call_3", "call_4"], "no name comes twice in a conversation");
}

#[tokio::test]
async fn the_same_conversation_gives_the_same_turn() {
    for question in ["help", "who owns payments", "how is a connected to b"] {
        let request = asked(question, &TOOLS);
        assert_eq!(turn(&request).await, turn(&request).await);
    }
}

#[tokio::test]
async fn an_answer_that_may_be_no_longer_is_cut() {
    let request = Request { max_tokens: 10, ..asked("help", &TOOLS) };
    let chunks = turn(&request).await;
    assert_eq!(chunks.last(), Some(&Chunk::End(Stop::MaxTokens)));
    assert!(said(&chunks).0.len() <= 40);
}

#[tokio::test]
async fn each_question_is_read_by_itself() {
    let mut request = asked("who owns payments?", &TOOLS);
    let answer = "Red.".to_owned();
    request.messages.push(Message::Assistant { text: answer, calls: Vec::new(), kept: None });
    request.messages.push(Message::User("and who owns it?".to_owned()));
    let (text, calls) = said(&turn(&request).await);
    assert!(calls.is_empty() && text.contains("I do not know what “it” means"), "{text}");
}

#[tokio::test]
async fn the_time_is_that_of_the_newest_question() {
    let aside = |minute: u32| Message::Aside(format!("It is 2027-03-04 05:{minute:02} UTC."));
    let mut request = asked("what changed in the last hour?", &TOOLS);
    request.messages.insert(0, aside(1));
    request.messages.push(Message::User("what changed in the last hour?".to_owned()));
    request.messages.insert(2, aside(2));
    let (_, calls) = said(&turn(&request).await);
    assert!(calls[0].args.to_string().contains("2027-03-04T04:02:00Z"), "{calls:?}");
}

#[tokio::test]
async fn what_it_may_not_call_it_says() {
    for (question, tool) in [
        ("who owns payments?", "search_graph"),
        ("which sources are connected?", "list_connectors"),
        ("add a Service named payments", "upsert_node"),
        ("run log of docs", "execute_connector_tool"),
    ] {
        let (text, calls) = said(&turn(&asked(question, &[])).await);
        assert!(calls.is_empty() && text.contains(&format!("`{tool}` is not among")), "{text}");
    }
}
