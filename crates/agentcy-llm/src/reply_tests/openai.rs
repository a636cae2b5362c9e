use super::*;

fn decoder() -> Decoder {
    Decoder::Openai(crate::openai::Decoder::default())
}

/// What a stream of these events comes to.
fn read(events: &[&str]) -> (String, std::result::Result<(), Fault>) {
    let stream: String = events.iter().flat_map(|event| ["data: ", event, "\n\n"]).collect();
    let (chunks, over) = told(decoder(), &[stream.as_bytes()]);
    (short(&chunks), over)
}

fn whole(events: &[&str]) -> String {
    let (chunks, over) = read(events);
    assert_eq!(over, Ok(()), "{chunks}");
    chunks
}

fn delta(delta: &str) -> String {
    format!(r#"{{"choices":[{{"index":0,"delta":{delta}}}]}}"#)
}

fn calls(calls: &str) -> String {
    delta(&format!(r#"{{"tool_calls":{calls}}}"#))
}

const STOP: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
const CALLS: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#;
const DONE: &str = "[DONE]";

#[test]
fn text_and_parallel_calls_are_read_wherever_the_bytes_are_cut() {
    let stream = ": PROCESSING\r\n\r\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\r\n\r\n\
        data:{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Grüße \\u00fc\\n\"}}]}\n\n\
        data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}}]}\n\n\
        data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"q\\\":\\\"ä\"}}]}}]}\r\r\
        data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]}}]}\n\n\
        data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\"}\"}}]}}]}\n\n\
        data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n\
        data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"prompt_tokens_details\":{\"cached_tokens\":5}}}\n\n\
        data: [DONE]\n\n";
    let expected = "Grüße ü\n|+0 a f|0: {\"q\":\"ä|+1 b g|1: {}|0: \"}|#9/5/0>4|.Calls";
    assert_cuts_do_not_matter(decoder, stream, expected);
}

#[test]
fn an_answer_ends_with_a_reason_a_mark_or_both_but_not_with_neither() {
    let text = delta(r#"{"content":"a"}"#);
    assert_eq!(whole(&[&text, STOP, DONE]), "a|.EndTurn");
    assert_eq!(whole(&[&text, STOP]), "a|.EndTurn");
    assert_eq!(whole(&[&text, DONE]), "a|.EndTurn");
    let empty = r#"{"choices":[{"delta":{"content":"b"},"finish_reason":""}]}"#;
    assert_eq!(whole(&[&text, empty, DONE]), "a|b|.EndTurn");
    assert_eq!(read(&[&text]), ("a".to_owned(), Err(Fault::Incomplete)));
    assert_eq!(read(&[&text, empty]), ("a|b".to_owned(), Err(Fault::Incomplete)));
    assert_eq!(read(&[]), (String::new(), Err(Fault::Incomplete)));
}

#[test]
fn the_reasons_of_many_servers_are_understood() {
    let reason = |word: &str| {
        let end = format!(r#"{{"choices":[{{"delta":{{}},"finish_reason":"{word}"}}]}}"#);
        whole(&[&delta(r#"{"content":"a"}"#), &end])
    };
    for (word, expected) in [
        ("stop", "a|.EndTurn"),
        ("eos", "a|.EndTurn"),
        ("length", "a|.MaxTokens"),
        ("content_filter", "a|.Filtered"),
        // It speaks of calls, and there are none.
        ("tool_calls", "a|.EndTurn"),
    ] {
        assert_eq!(reason(word), expected, "{word}");
    }
    let call = calls(r#"[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]"#);
    assert_eq!(whole(&[&call, STOP]), "+0 a f|0: {}|.Calls");
    assert_eq!(whole(&[&call, DONE]), "+0 a f|0: {}|.Calls");
}

#[test]
fn calls_are_told_apart_however_they_are_marked() {
    let begin = r#"[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}},{"index":1,"id":"b","function":{"name":"g","arguments":"["}}]"#;
    let go_on = r#"[{"index":1,"function":{"arguments":"]"}},{"index":0,"id":null,"function":{"name":null,"arguments":"}"}}]"#;
    let two = "+0 a f|0: {|+1 b g|1: [|1: ]|0: }|.Calls";
    assert_eq!(whole(&[&calls(begin), &calls(go_on), CALLS]), two, "interleaved");

    let twice = r#"[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}},{"index":0,"id":"b","function":{"name":"f","arguments":"{}"}}]"#;
    assert_eq!(whole(&[&calls(twice), CALLS]), "+0 a f|0: {}|+1 b f|1: {}|.Calls", "one index");

    let whole_calls = r#"[{"id":"a","function":{"name":"f","arguments":"{}"}},{"function":{"name":"g","arguments":"{}"}}]"#;
    let expected = "+0 a f|0: {}|+1 call_1 g|1: {}|.Calls";
    assert_eq!(whole(&[&calls(whole_calls), CALLS]), expected, "no index, no id");

    let pieces = [
        r#"[{"id":"a","function":{"name":"f","arguments":"{"}}]"#,
        r#"[{"function":{"arguments":"}"}}]"#,
        r#"[{"id":"b","function":{"name":"g","arguments":"{}"}}]"#,
    ]
    .map(calls);
    let expected = "+0 a f|0: {|0: }|+1 b g|1: {}|.Calls";
    assert_eq!(whole(&[&pieces[0], &pieces[1], &pieces[2], CALLS]), expected, "no index");

    let repeated = [
        r#"[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]"#,
        r#"[{"index":0,"id":"a","function":{"name":"f","arguments":"}"}}]"#,
        r#"[{"index":0,"id":"x7","function":{"arguments":" "}}]"#,
    ]
    .map(calls);
    let expected = "+0 a f|0: {|0: }|0:  |.Calls";
    assert_eq!(whole(&[&repeated[0], &repeated[1], &repeated[2], CALLS]), expected, "all repeated");
}

#[test]
fn a_name_may_come_after_the_arguments_and_must_come() {
    let early = calls(r#"[{"index":0,"id":"a","function":{"arguments":"{\"q\":"}}]"#);
    let late = calls(r#"[{"index":0,"function":{"name":"f","arguments":"1}"}}]"#);
    assert_eq!(whole(&[&early, &late, CALLS]), "+0 a f|0: {\"q\":|0: 1}|.Calls");
    let (_, nameless) = read(&[&early, CALLS]);
    assert!(matches!(nameless, Err(Fault::Unreadable(_))), "{nameless:?}");
}

#[test]
fn ids_are_made_unique_and_odd_ones_replaced() {
    let same = r#"[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}},{"index":1,"id":"a","function":{"name":"f","arguments":"{}"}},{"index":2,"id":"a_2","function":{"name":"f","arguments":"{}"}}]"#;
    let expected = "+0 a f|0: {}|+1 a_2 f|1: {}|+2 a_2_2 f|2: {}|.Calls";
    assert_eq!(whole(&[&calls(same), CALLS]), expected);
    let long = "x".repeat(200);
    let odd = format!(
        r#"[{{"index":0,"id":"{long}","function":{{"name":"f"}}}},{{"index":1,"id":"a b","function":{{"name":"f"}}}},{{"index":2,"id":7,"function":{{"name":"f"}}}}]"#
    );
    let expected = "+0 call_0 f|+1 call_1 f|+2 7 f|0: {}|1: {}|2: {}|.Calls";
    assert_eq!(whole(&[&calls(&odd), CALLS]), expected);
}

#[test]
fn arguments_may_be_text_json_or_missing() {
    for (arguments, expected) in [
        (r#""{\"q\":1}""#, r#"{"q":1}"#),
        (r#"{"q":1}"#, r#"{"q":1}"#),
        (r#""""#, "{}"),
        ("null", "{}"),
        (r#""{\"q\":""#, r#"{"q":"#),
    ] {
        let call = format!(
            r#"[{{"index":0,"id":"a","function":{{"name":"f","arguments":{arguments}}}}}]"#
        );
        assert_eq!(whole(&[&calls(&call), CALLS]), format!("+0 a f|0: {expected}|.Calls"));
    }
}

#[test]
fn the_old_form_of_a_call_is_taken() {
    let begin = delta(r#"{"content":null,"function_call":{"name":"f","arguments":""}}"#);
    let more = delta(r#"{"function_call":{"arguments":"{}"}}"#);
    let end = r#"{"choices":[{"delta":{},"finish_reason":"function_call"}]}"#;
    assert_eq!(whole(&[&begin, &more, end]), "+0 call_0 f|0: {}|.Calls");
}

#[test]
fn usage_is_taken_wherever_it_stands_and_told_when_it_is_news() {
    let text =
        |usage: &str| format!(r#"{{"choices":[{{"delta":{{"content":"a"}}}}],"usage":{usage}}}"#);
    let each = [1, 2, 3].map(|n| {
        text(&format!(r#"{{"prompt_tokens":9,"completion_tokens":{n},"total_tokens":1}}"#))
    });
    let expected = "a|#9/0/0>1|a|a|#9/0/0>3|.EndTurn";
    assert_eq!(whole(&[&each[0], &each[1], &each[2], STOP, DONE]), expected);
    let with_reason = r#"{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1,"prompt_cache_hit_tokens":4}}"#;
    assert_eq!(whole(&[&text("null"), with_reason]), "a|#9/4/0>1|.EndTurn");
    for none in ["null", "{}", "[]", "7", r#"{"prompt_tokens":null}"#, r#"{"prompt_tokens":"9"}"#] {
        assert_eq!(whole(&[&text(none), STOP]), "a|.EndTurn", "{none}");
    }
}

#[test]
fn what_is_missing_null_or_unknown_does_no_harm() {
    for event in [
        "{}",
        r#"{"choices":null,"usage":null,"error":null}"#,
        r#"{"choices":[]}"#,
        r#"{"choices":[{}]}"#,
        r#"{"choices":[{"index":null,"delta":null,"finish_reason":null,"logprobs":null}]}"#,
        r#"{"choices":[{"delta":{"role":"assistant","content":null,"tool_calls":null,"function_call":null}}]}"#,
        r#"{"choices":[{"delta":{"content":"","reasoning_content":"hmm","reasoning":"hmm","annotations":[]}}]}"#,
        r#"{"choices":[{"delta":{"tool_calls":[]}}],"prompt_filter_results":[{"x":{}}]}"#,
        r#"{"choices":[{"index":1,"delta":{"content":"of another answer"}}]}"#,
        "",
        " ",
    ] {
        assert_eq!(whole(&[event, STOP, DONE]), ".EndTurn", "{event}");
    }
    let parts =
        delta(r#"{"content":[{"type":"thinking","thinking":[]},{"type":"text","text":"a"}]}"#);
    assert_eq!(whole(&[&parts, STOP]), "a|.EndTurn");
}

#[test]
fn an_answer_that_is_not_streamed_is_taken_whole() {
    let answer = r#"{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"a","tool_calls":[{"id":"b","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#;
    assert_eq!(whole(&[answer]), "a|+0 b f|0: {}|#3/0/0>2|.Calls");
}

#[test]
fn an_error_within_a_stream_is_an_error() {
    let text = delta(r#"{"content":"a"}"#);
    for (event, status, words) in [
        (r#"{"error":{"message":"gone","code":502}}"#, 502, "gone"),
        (
            r#"{"error":{"message":"slow","type":"rate_limit_exceeded"},"choices":[{"delta":{}}]}"#,
            429,
            "slow",
        ),
        (r#"{"object":"error","message":"no","code":400}"#, 400, "no"),
        (r#"{"error":"odd"}"#, 500, "odd"),
    ] {
        let (chunks, over) = read(&[&text, event, DONE]);
        let expected = Fault::Said { status, message: words.to_owned() };
        assert_eq!((chunks.as_str(), over), ("a", Err(expected)), "{event}");
    }
    let (_, over) = read(&[r#"{"choices":[{"delta":{},"finish_reason":"error"}]}"#]);
    assert!(matches!(over, Err(Fault::Said { status: 500, .. })), "{over:?}");
}

#[test]
fn what_is_no_json_is_not_passed_over() {
    for event in
        ["<html>", "hello", r#"{"choices":"x"}"#, r#"{"choices":[{"delta":{"content":"\ud800"}}]}"#]
    {
        let (_, over) = read(&[event, STOP, DONE]);
        assert!(matches!(over, Err(Fault::Unreadable(_))), "{event}: {over:?}");
    }
    let half = r#"{"choices":[{"delta":{"content":"a"#;
    assert_eq!(read(&[half, STOP, DONE]).1, Err(Fault::Incomplete));
}

#[test]
fn json_may_be_spread_over_the_lines_of_one_event() {
    let stream = b"data: {\"choices\":\ndata: [{\"delta\":{\"content\":\"a\"},\ndata: \"finish_reason\":\"stop\"}]}\n\n";
    let (chunks, over) = told(decoder(), &[stream]);
    assert_eq!((short(&chunks).as_str(), over), ("a|.EndTurn", Ok(())));
}

#[test]
fn calls_without_end_are_stopped() {
    let many: Vec<String> = (0..65)
        .map(|n| calls(&format!(r#"[{{"index":{n},"id":"a{n}","function":{{"name":"f"}}}}]"#)))
        .collect();
    let events: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(matches!(read(&events).1, Err(Fault::Unreadable(_))));
    let (chunks, _) = read(&[&events[..64], &[CALLS]].concat());
    assert!(chunks.ends_with(".Calls"));
}

#[test]
fn what_stands_in_a_delta_and_again_in_a_message_is_said_once() {
    let said = whole(&[
        r#"{"choices":[{"delta":{"content":"a"},"message":{"content":"a"}}]}"#,
        r#"{"choices":[{"delta":{"content":"b"},"message":{"content":"ab"},"finish_reason":"stop"}]}"#,
    ]);
    assert_eq!(said, "a|b|.EndTurn");
}
