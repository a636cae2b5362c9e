use super::*;

fn decoder() -> Decoder {
    Decoder::Anthropic(crate::anthropic::Decoder::default())
}

fn read(events: &[&str]) -> (String, std::result::Result<(), Fault>) {
    let stream: String =
        events.iter().flat_map(|event| ["event: x\ndata: ", event, "\n\n"]).collect();
    let (chunks, over) = told(decoder(), &[stream.as_bytes()]);
    (short(&chunks), over)
}

fn whole(events: &[&str]) -> String {
    let (chunks, over) = read(events);
    assert_eq!(over, Ok(()), "{chunks}");
    chunks
}

const START: &str = r#"{"type":"message_start","message":{"id":"m","content":[],"usage":{"input_tokens":9,"cache_creation_input_tokens":2,"cache_read_input_tokens":5,"output_tokens":1}}}"#;
const TEXT: &str =
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}"#;
const STOP: &str = r#"{"type":"message_stop"}"#;

fn reason(word: &str) -> String {
    format!(
        r#"{{"type":"message_delta","delta":{{"stop_reason":"{word}","stop_sequence":null}},"usage":{{"output_tokens":7}}}}"#
    )
}

fn call(number: u64, id: &str, input: &str) -> String {
    format!(
        r#"{{"type":"content_block_start","index":{number},"content_block":{{"type":"tool_use","id":"{id}","name":"f","input":{input}}}}}"#
    )
}

fn args(number: u64, json: &str) -> String {
    let json = serde_json::Value::from(json);
    format!(
        r#"{{"type":"content_block_delta","index":{number},"delta":{{"type":"input_json_delta","partial_json":{json}}}}}"#
    )
}

fn close(number: u64) -> String {
    format!(r#"{{"type":"content_block_stop","index":{number}}}"#)
}

#[test]
fn text_thoughts_and_calls_are_read_wherever_the_bytes_are_cut() {
    let (call, first, second, close, reason) =
        (call(2, "t1", "{}"), args(2, "{\"q\":\"ä"), args(2, "\"}"), close(2), reason("tool_use"));
    let events = [
        START,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
        r#"{"type":"ping"}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hmm"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"x"}}"#,
        r#"{"type":"content_block_stop","index":0}"#,
        r#"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#,
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Grüße \u00fc"}}"#,
        r#"{"type":"content_block_stop","index":1}"#,
        &call,
        &first,
        &second,
        &close,
        &reason,
        STOP,
    ];
    let stream: String =
        events.iter().flat_map(|event| ["event: x\r\ndata: ", event, "\r\n\r\n"]).collect();
    let thought = r#"{"signature":"x","thinking":"hmm","type":"thinking"}"#;
    let said = "#16/5/2>1|Grüße ü|+0 t1 f|0: {\"q\":\"ä|0: \"}|#16/5/2>7";
    let expected = &format!("{said}|~[{thought},\"text\",\"tool_use\"]|.Calls");
    assert_cuts_do_not_matter(decoder, &stream, expected);
}

#[test]
fn a_call_without_arguments_has_an_empty_object_and_one_may_come_whole() {
    let (empty, nothing, one) = (call(0, "a", "{}"), args(0, ""), close(0));
    let (full, two) = (call(1, "b", r#"{"q":1}"#), close(1));
    let (bare, three) = (call(2, "c", "{}"), close(2));
    let reason = reason("tool_use");
    let events = [&empty, &nothing, &one, &full, &two, &bare, &three, &reason].map(String::as_str);
    let expected = "+0 a f|0: {}|+1 b f|1: {\"q\":1}|+2 c f|2: {}|#0/0/0>7|.Calls";
    assert_eq!(whole(&events), expected);
}

#[test]
fn ids_that_stand_twice_are_made_unique() {
    let events = [call(0, "a", "{}"), close(0), call(1, "a", "{}"), close(1), reason("tool_use")];
    let events: Vec<&str> = events.iter().map(String::as_str).collect();
    assert_eq!(whole(&events), "+0 a f|0: {}|+1 a_2 f|1: {}|#0/0/0>7|.Calls");
}

#[test]
fn every_reason_to_stop_is_understood() {
    for (word, expected) in [
        ("end_turn", ".EndTurn"),
        ("stop_sequence", ".EndTurn"),
        ("max_tokens", ".MaxTokens"),
        ("model_context_window_exceeded", ".MaxTokens"),
        ("pause_turn", ".MaxTokens"),
        ("refusal", ".Filtered"),
        ("tool_use", ".EndTurn"),
        ("of tomorrow", ".EndTurn"),
    ] {
        let expected = format!("a|#0/0/0>7|{expected}");
        assert_eq!(whole(&[TEXT, &reason(word), STOP]), expected, "{word}");
    }
}

#[test]
fn an_answer_ends_with_a_reason_a_mark_or_both_but_not_with_neither() {
    assert_eq!(whole(&[TEXT, &reason("end_turn")]), "a|#0/0/0>7|.EndTurn");
    assert_eq!(whole(&[TEXT, STOP]), "a|.EndTurn");
    assert_eq!(read(&[TEXT]), ("a".to_owned(), Err(Fault::Incomplete)));
    assert_eq!(read(&[START]), ("#16/5/2>1".to_owned(), Err(Fault::Incomplete)));
}

#[test]
fn what_is_missing_null_or_new_does_no_harm() {
    for event in [
        "{}",
        r#"{"type":"message_start","message":{"usage":null}}"#,
        r#"{"type":"message_start","message":null}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":null},"usage":{"output_tokens":null}}"#,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"x","name":"y","input":{}}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{}}}"#,
        r#"{"type":"content_block_delta","index":0}"#,
        r#"{"type":"content_block_stop"}"#,
        r#"{"type":"of_tomorrow","delta":{"x":[]}}"#,
    ] {
        let told = whole(&[event, TEXT, STOP]);
        assert!(told.starts_with('a') || told.starts_with("#0"), "{event}: {told}");
        assert!(told.ends_with("a|.EndTurn"), "{event}: {told}");
    }
}

#[test]
fn an_error_within_a_stream_is_an_error_with_its_status() {
    let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    let expected = Fault::Said { status: 529, message: "Overloaded".to_owned() };
    assert_eq!(read(&[START, TEXT, error]), ("#16/5/2>1|a".to_owned(), Err(expected)));
}

#[test]
fn arguments_of_no_call_are_not_passed_over() {
    let stray = args(3, "{");
    assert!(matches!(read(&[TEXT, &stray, STOP]).1, Err(Fault::Unreadable(_))));
}
