//! What a path may be, by example and by property.

use proptest::prelude::*;

use super::*;

fn base(text: &str) -> Url {
    text.parse().unwrap()
}

fn sent(text: &str) -> String {
    Path::parse(text).unwrap().below(&base("https://api.example.org/v1/")).unwrap().to_string()
}

fn covers(pattern: &str, path: &str) -> bool {
    Pattern::parse(pattern).unwrap().covers(&Path::parse(path).unwrap())
}

#[test]
fn a_path_is_sent_below_the_base() {
    for (path, url) in [
        ("users/7", "https://api.example.org/v1/users/7"),
        ("/users/7", "https://api.example.org/v1/users/7"),
        ("/users/", "https://api.example.org/v1/users/"),
        ("", "https://api.example.org/v1/"),
        ("/", "https://api.example.org/v1/"),
        ("a%20b/%41", "https://api.example.org/v1/a%20b/A"),
        ("http:evil", "https://api.example.org/v1/http:evil"),
        ("user@evil.org", "https://api.example.org/v1/user@evil.org"),
        ("ü", "https://api.example.org/v1/%C3%BC"),
        ("...a/.well-known", "https://api.example.org/v1/...a/.well-known"),
        ("100%25", "https://api.example.org/v1/100%25"),
    ] {
        assert_eq!(sent(path), url, "{path}");
    }
    let bare = Path::parse("x").unwrap().below(&base("http://h")).unwrap();
    assert_eq!(bare.as_str(), "http://h/x");
}

#[test]
fn what_could_lead_elsewhere_is_refused() {
    for path in [
        "..",
        "../x",
        "a/../b",
        "./a",
        "a/.",
        "a/..",
        "%2e%2e/x",
        "%2E./x",
        ".%2e",
        "%252e%252e/x",
        "a%252fb",
        "%25%32%65",
        "a%2fb",
        "a%5cb",
        "a\\b",
        "..\\x",
        "\\\\evil.org",
        "//evil.org/x",
        "///x",
        "a//b",
        "a/%2f/b",
        "http://evil.org/x",
        "https://me@evil.org",
        "a?b",
        "a#b",
        "a%00b",
        "a\nb",
        "a%0d%0ab",
        "..;/x",
        "..;a=b/x",
        "%2e%2e%3b/x",
        ".. /x",
        "..%20/x",
        "%20..",
        ";/x",
        " /x",
        "．．/x",
        "a／b",
        "%ef%bc%8e%ef%bc%8e",
        "%ff",
        "%",
        "%2",
        "%zz",
        "a%c0%afb",
        "...",
        "a\u{7f}b",
    ] {
        assert!(Path::parse(path).is_err(), "{path}");
    }
    assert!(Path::parse(&"a".repeat(2049)).is_err());
}

#[test]
fn a_pattern_covers_steps_and_nothing_beyond() {
    assert!(covers("/users/*", "/users/7") && covers("/users/*", "users/%37"));
    assert!(covers("/docs/**", "/docs/a/b/c") && covers("/**", "/a") && covers("/a%20b", "/a b"));
    for (pattern, path) in [
        ("/users/*", "/users"),
        ("/users/*", "/users/7/delete"),
        ("/users/*", "/users/7/"),
        ("/users/*", "/Users/7"),
        ("/users", "/usersx"),
        ("/docs/**", "/docs"),
        ("/docs/**", "/docsx/a"),
        ("/", "/a"),
    ] {
        assert!(!covers(pattern, path), "{pattern} {path}");
    }
    for pattern in ["users", "/a*", "/**/a", "/../a", "/a?b", "/**/"] {
        assert!(Pattern::parse(pattern).is_err(), "{pattern}");
    }
}

#[test]
fn a_place_is_below_the_base_or_not() {
    let base = base("https://api.example.org/v1");
    let path = |url: &str| Path::of(&url.parse().unwrap(), &base);
    assert_eq!(path("https://api.example.org/v1/a?b"), Path::parse("a").ok());
    for url in [
        "https://api.example.org/v2/a",
        "https://api.example.org/v1x",
        "https://api.example.org/",
        "http://api.example.org/v1/a",
        "https://api.example.org:444/v1/a",
        "https://me@api.example.org/v1/a",
        "https://api.example.org/v1//a",
        "https://api.example.org/v1/../v2",
        "https://api.example.org/v1/%252e%252e/x",
    ] {
        assert_eq!(path(url), None, "{url}");
    }
}

proptest! {
    #[test]
    fn whatever_passes_is_below_the_base_and_reads_back_as_judged(text in "[a.%2eEfF5c/\\\\;?#@: ü．]{0,24}") {
        if let Ok(path) = Path::parse(&text) {
            let base = base("https://api.example.org/v1/");
            let url = path.below(&base).unwrap();
            prop_assert!(url.as_str().starts_with("https://api.example.org/v1/"), "{}", url);
            prop_assert!(url.query().is_none() && url.fragment().is_none());
            // Another parser's view of what is sent.
            let again = Url::parse(url.as_str()).unwrap();
            prop_assert_eq!(&again, &url);
            let read = Path::of(&again, &base).unwrap();
            prop_assert_eq!(&read.steps, &path.steps);
        }
    }
}
