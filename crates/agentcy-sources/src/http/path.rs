//! A path below the base URL: what is judged is what is sent.
//!
//! Servers disagree on dots, slashes and escapes, so whatever one of them might read as a step elsewhere is refused
//! rather than mended. What is left is decoded once, judged, and written anew.

use percent_encoding::percent_decode_str;
use url::Url;

const MAX_PATH: usize = 2048;
/// Characters that some servers take for a dot, a slash or a backslash.
const LOOKALIKES: [char; 7] = ['．', '․', '／', '⁄', '∕', '＼', '﹨'];

const RULE: &str = "a path below the base URL without query and fragment";
const DOTS: &str =
    "a path without dot steps, backslashes and empty steps, however they are written";
const ESCAPES: &str = "a path that is escaped once at most, and in UTF-8";

/// The decoded steps of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    steps: Vec<String>,
    /// Whether it ends in a slash.
    is_folder: bool,
}

impl Path {
    /// Reads a path; the slash at its beginning may be missing.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > MAX_PATH || text.contains(['?', '#']) {
            return Err(RULE);
        }
        let text = text.strip_prefix('/').unwrap_or(text);
        let (text, is_folder) = match text.strip_suffix('/') {
            Some(text) => (text, true),
            None => (text, false),
        };
        if text.is_empty() {
            return if is_folder { Err(DOTS) } else { Ok(Self { steps: Vec::new(), is_folder }) };
        }
        let steps = text.split('/').map(step).collect::<Result<_, _>>()?;
        Ok(Self { steps, is_folder })
    }

    /// The URL of this path below a base.
    pub(super) fn below(&self, base: &Url) -> Option<Url> {
        let mut url = base.clone();
        {
            let mut steps = url.path_segments_mut().ok()?;
            if !self.steps.is_empty() {
                steps.pop_if_empty().extend(&self.steps);
            }
            if self.is_folder {
                steps.push("");
            }
        }
        Some(url)
    }

    /// The path of a URL below a base, or `None` when it is not below it.
    pub(super) fn of(url: &Url, base: &Url) -> Option<Self> {
        let is_plain = url.username().is_empty() && url.password().is_none();
        let prefix = base.path().strip_suffix('/').unwrap_or(base.path());
        let rest = url.path().strip_prefix(prefix)?;
        let is_below = url.origin() == base.origin() && (rest.is_empty() || rest.starts_with('/'));
        if is_plain && is_below { Self::parse(rest).ok() } else { None }
    }
}

fn step(text: &str) -> Result<String, &'static str> {
    let mut escapes = text.split('%').skip(1);
    let is_hex =
        |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    if !escapes.all(is_hex) {
        return Err(ESCAPES);
    }
    let step = percent_decode_str(text).decode_utf8().map_err(|_| ESCAPES)?.into_owned();
    if step.split('%').skip(1).any(is_hex) {
        return Err(ESCAPES);
    }
    // Some servers drop what follows a semicolon, or spaces at the end, before they look for dots.
    let bare = step.split(';').next().unwrap_or_default().trim();
    let is_dots = !bare.is_empty() && bare.chars().all(|character| character == '.');
    let is_odd = |character: char| {
        matches!(character, '/' | '\\') || character.is_control() || LOOKALIKES.contains(&character)
    };
    if bare.is_empty() || is_dots || step.contains(is_odd) {
        return Err(DOTS);
    }
    Ok(step)
}

/// Paths that are alike: `*` is any one step, and `**` at the end any steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    path: Path,
    is_open: bool,
}

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if !text.starts_with('/') {
            return Err("a path that begins with a slash");
        }
        let mut path = Path::parse(text)?;
        let is_open = path.steps.last().is_some_and(|step| step == "**");
        if is_open {
            path.steps.pop();
        }
        let is_wild = |step: &String| step.contains('*') && step != "*";
        if path.steps.iter().any(is_wild) || (is_open && path.is_folder) {
            return Err("`*` only as a whole step, and `**` only as the last");
        }
        Ok(Self { path, is_open })
    }

    pub(super) fn covers(&self, path: &Path) -> bool {
        let wanted = &self.path.steps;
        let fits = if self.is_open {
            path.steps.len() > wanted.len()
        } else {
            path.steps.len() == wanted.len() && path.is_folder == self.path.is_folder
        };
        fits && wanted.iter().zip(&path.steps).all(|(wanted, step)| wanted == "*" || wanted == step)
    }
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;
