//! Texts to values: what several sections need. No parser repeats the text it objects to.

use std::net::IpAddr;

use ipnet::IpNet;
use url::Url;

use crate::fault::{Objection, object};

/// The parts of a comma-separated list; blanks and empty parts do not count.
pub(crate) fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// Each part of a list by the same parser; says which part is wrong.
pub(crate) fn each<T>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, Objection>,
) -> Result<Vec<T>, Objection> {
    let numbered = list(text).zip(1..);
    let parsed = numbered.map(|(part, number)| {
        parse(part).map_err(|Objection { wrong, mend }| Objection {
            wrong: format!("entry {number} {wrong}"),
            mend,
        })
    });
    parsed.collect()
}

/// One of a closed list of words.
pub(crate) fn word<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, Objection> {
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        return Ok(*value);
    }
    let names: Vec<_> = words.iter().map(|(word, _)| *word).collect();
    object("is none of the words it knows", format!("set it to {}", names.join(" or ")))
}

/// Any text of one line.
pub(crate) fn text(text: &str) -> Result<String, Objection> {
    if text.chars().any(char::is_control) {
        return object("has a line break or a control character", "write it on one line");
    }
    Ok(text.to_owned())
}

/// A range of addresses, or one address.
pub(crate) fn net(text: &str) -> Result<IpNet, Objection> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse::<IpNet>().or_else(|_| address()).or_else(|_| {
        object("is not a range of addresses", "write ranges like 10.1.0.0/16 or fd00::/8")
    })
}

/// Ranges of addresses.
pub(crate) fn nets(text: &str) -> Result<Vec<IpNet>, Objection> {
    each(text, net)
}

/// A URL of one of these schemes.
pub(crate) fn url(text: &str, schemes: &[&str], example: &str) -> Result<Url, Objection> {
    let mend = || format!("write it like {example}");
    match Url::parse(text) {
        Err(error) => object(format!("is not a URL: {error}"), mend()),
        Ok(url) if !schemes.contains(&url.scheme()) => {
            let wrong = format!("has a scheme other than {}", schemes.join(", "));
            object(wrong, mend())
        }
        Ok(url) => Ok(url),
    }
}

/// A URL that carries no user, password or fragment, since such a setting is shown and logged.
pub(crate) fn bare_url(text: &str, schemes: &[&str], example: &str) -> Result<Url, Objection> {
    let url = url(text, schemes, example)?;
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if !bare || url.host_str().is_none_or(str::is_empty) {
        return object(
            "has no host, or has a user, password or fragment",
            format!("write it like {example}"),
        );
    }
    Ok(url)
}

/// An http or https URL.
pub(crate) fn http_url(text: &str, example: &str) -> Result<Url, Objection> {
    bare_url(text, &["https", "http"], example)
}

/// Scheme, host and port, and nothing after them.
pub(crate) fn origin(text: &str) -> Result<Url, Objection> {
    let example = "https://agentcy.example.org";
    let url = http_url(text, example)?;
    if url.path() != "/" || url.query().is_some() {
        return object("has a path or a query", format!("write it like {example}"));
    }
    Ok(url)
}
