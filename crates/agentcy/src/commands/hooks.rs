//! `agentcy hooks`: a delivery as its sender signs it.

use std::collections::BTreeMap;

use agentcy_core::clock::{Clock, SystemClock};
use agentcy_sdk::{Delivery, HookSecret};
use anyhow::{Context, bail};
use serde::Serialize;
use url::Url;

use crate::{
    cli::{HookSign, HooksCommand},
    input, output,
    profile::Profile,
};

/// Where the secret is looked for before standard input.
const SECRET: &str = "AGENTCY_HOOK_SECRET";

/// What is to be sent.
#[derive(Serialize)]
struct Signed<'a> {
    url: &'a Url,
    headers: &'a BTreeMap<&'static str, String>,
}

/// Does what was asked for.
pub(crate) fn run(command: HooksCommand, json: bool) -> anyhow::Result<()> {
    let HooksCommand::Sign(HookSign { hook, body: given, content_type, id, standard }) = command;
    let url = address(&hook)?;
    let body = match given.strip_prefix('@') {
        Some("-") => {
            bail!("the body cannot come from standard input, where the secret is; name a file")
        }
        Some(file) => std::fs::read(file).with_context(|| format!("{file} cannot be read"))?,
        None => given.clone().into_bytes(),
    };
    let content_type = content_type.unwrap_or_else(|| media(&body).to_owned());
    let delivery = Delivery { body, content_type, id }.named()?;
    let secret = secret()?;
    let at = standard.then(|| SystemClock.now());
    let headers = secret.headers(&delivery, at)?;
    if json {
        return output::print_json(&Signed { url: &url, headers: &headers });
    }
    // To the byte: what is signed is what is sent.
    output::print_exact(&curl(&url, &headers, &given))
}

/// Where the webhook is.
fn address(hook: &str) -> anyhow::Result<Url> {
    if !hook.starts_with("trg_") {
        return hook.parse().with_context(|| format!("{hook} is no address of a webhook"));
    }
    let profile = Profile::load()?;
    let mut url = profile.context("not signed in anywhere: give the whole address")?.url;
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(["api", "v1", "hooks", hook]);
    }
    Ok(url)
}

fn media(body: &[u8]) -> &'static str {
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok();
    if is_json { "application/json" } else { "text/plain; charset=utf-8" }
}

fn secret() -> anyhow::Result<HookSecret> {
    let secret = match std::env::var_os(SECRET) {
        Some(secret) => {
            let secret = secret.into_string();
            secret.map_err(|_| anyhow::anyhow!("{SECRET} is not UTF-8"))?.into()
        }
        None => input::secret("the secret of the webhook")?,
    };
    Ok(HookSecret::from(secret))
}

/// The command line that sends it, for any shell of POSIX.
fn curl(url: &Url, headers: &BTreeMap<&'static str, String>, body: &str) -> String {
    let mut parts = vec![format!("curl -sS {}", quoted(url.as_str()))];
    parts.extend(
        headers.iter().map(|(name, value)| format!("-H {}", quoted(&format!("{name}: {value}")))),
    );
    // What is read from a file is sent from there, byte for byte.
    let how = if body.starts_with('@') { "--data-binary" } else { "--data-raw" };
    parts.push(format!("{how} {}", quoted(body)));
    parts.join(" \\\n  ")
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_body_leaves_its_quotes() {
        assert_eq!(quoted("it's $HOME `x`"), r"'it'\''s $HOME `x`'");
        let url: Url = "http://a.example/hooks/trg_1".parse().unwrap();
        let headers = BTreeMap::from([("content-type", "application/json".to_owned())]);
        let told = curl(&url, &headers, "{}");
        assert_eq!(
            told,
            "curl -sS 'http://a.example/hooks/trg_1' \\\n  -H 'content-type: application/json' \\\n  --data-raw '{}'"
        );
        assert!(curl(&url, &headers, "@a.json").ends_with("--data-binary '@a.json'"));
    }
}
