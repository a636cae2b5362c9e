//! The tools: one call, and the redirects that stay with it.

use agentcy_egress::Answer;
use http::{HeaderValue, Method, header};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use super::{answer, config::Settings, mask::Mask, path::Path};
use crate::{Error, Job, Output, Result, settings::invalid};

const MAX_REDIRECTS: usize = 5;
const MAX_URL: usize = 8 << 10;
const MAX_BODY: usize = 1 << 20;

/// What `get` takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Get {
    /// The path below the base URL, without query.
    path: String,
    /// The query: texts, numbers, booleans, or lists of them for repeated names.
    #[serde(default)]
    query: Map<String, Value>,
}

/// What `request` takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    /// The method.
    method: Verb,
    /// The path below the base URL, without query.
    path: String,
    /// The query: texts, numbers, booleans, or lists of them for repeated names.
    #[serde(default)]
    query: Map<String, Value>,
    /// The body: any JSON, or with another `content_type` a text that is sent as it is.
    body: Option<Value>,
    /// The type of the body; `application/json` when it is not given.
    content_type: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Verb {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

impl From<Verb> for Method {
    fn from(verb: Verb) -> Self {
        match verb {
            Verb::Get => Self::GET,
            Verb::Head => Self::HEAD,
            Verb::Post => Self::POST,
            Verb::Put => Self::PUT,
            Verb::Patch => Self::PATCH,
            Verb::Delete => Self::DELETE,
        }
    }
}

pub(super) async fn get(job: Job<'_>, settings: &Settings, args: Get) -> Result<Output> {
    let (path, url) = place(settings, &args.path, &args.query)?;
    let answer = follow(job, settings, Method::GET, url, settings.is_read(&path)).await?;
    answer::show(answer, &Mask::new(job.credentials)).await
}

pub(super) async fn request(job: Job<'_>, settings: &Settings, args: Request) -> Result<Output> {
    let (_, url) = place(settings, &args.path, &args.query)?;
    let method = Method::from(args.method);
    let body = body(args.body, args.content_type)?;
    let answer = match body {
        None if matches!(method, Method::GET | Method::HEAD) => {
            follow(job, settings, method, url, false).await?
        }
        None => settings.call(job.egress, method, url)?.send().await?,
        Some((kind, bytes)) => {
            let call = settings.call(job.egress, method, url)?;
            call.header(header::CONTENT_TYPE, kind).body(bytes).send().await?
        }
    };
    answer::show(answer, &Mask::new(job.credentials)).await
}

/// Follows redirects that stay below the base, and on read paths when the call began on one. Another
/// redirect is the answer.
async fn follow(
    job: Job<'_>,
    settings: &Settings,
    method: Method,
    mut url: Url,
    is_read: bool,
) -> Result<Answer> {
    for _ in 0..MAX_REDIRECTS {
        let answer = settings.call(job.egress, method.clone(), url.clone())?.send().await?;
        let is_redirect = answer.status().is_redirection();
        let location = answer.headers().get(header::LOCATION).filter(|_| is_redirect);
        let next =
            location.and_then(|location| url.join(location.to_str().ok()?).ok()).and_then(|next| {
                let path = Path::of(&next, &settings.base)?;
                let mut kept = path.below(&settings.base)?;
                kept.set_query(next.query());
                (!is_read || settings.is_read(&path)).then_some(kept)
            });
        match next {
            Some(next) => url = next,
            None => return Ok(answer),
        }
    }
    Err(Error::Refused("there were too many redirects".to_owned()))
}

/// Where a call goes.
fn place(settings: &Settings, path: &str, query: &Map<String, Value>) -> Result<(Path, Url)> {
    let path = Path::parse(path).map_err(|rule| invalid("args.path", rule))?;
    let url = path.below(&settings.base);
    let mut url = url.ok_or_else(|| invalid("args.path", "a path below the base URL"))?;
    if !query.is_empty() {
        let mut pairs = url.query_pairs_mut();
        for (name, value) in query {
            let items =
                if let Value::Array(items) = value { items } else { std::slice::from_ref(value) };
            for item in items {
                let text = match item {
                    Value::String(text) => text.clone(),
                    Value::Number(_) | Value::Bool(_) => item.to_string(),
                    _ => {
                        let rule = "a text, number or boolean, or a list of them";
                        return Err(invalid(format!("args.query.{name}"), rule));
                    }
                };
                pairs.append_pair(name, &text);
            }
        }
    }
    if url.as_str().len() > MAX_URL {
        return Err(invalid("args.query", "at most 8 KiB with the URL"));
    }
    Ok((path, url))
}

/// The body that is sent, with its type.
fn body(body: Option<Value>, kind: Option<String>) -> Result<Option<(HeaderValue, Vec<u8>)>> {
    let Some(body) = body else { return Ok(None) };
    let kind = kind.unwrap_or_else(|| "application/json".to_owned());
    let value = HeaderValue::from_str(&kind);
    let value =
        value.map_err(|_| invalid("args.content_type", "a value that a header can hold"))?;
    let bytes = match body {
        Value::String(text) if !kind.contains("json") => text.into_bytes(),
        body if kind.contains("json") => body.to_string().into_bytes(),
        _ => return Err(invalid("args.body", "a text, when it is no JSON")),
    };
    if bytes.len() > MAX_BODY {
        return Err(invalid("args.body", "at most 1 MiB"));
    }
    Ok(Some((value, bytes)))
}
