//! `cargo xtask compose-env`: the environment that docker-compose.yml gives agentcy, without docker.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

pub(crate) const HELP: &str = "
usage: cargo xtask compose-env [--env-file <file>]

Prints KEY=VALUE lines: the environment of the service `agentcy` in docker-compose.yml, with variables
taken from the file (default: .env) as docker compose would.
";

const SERVICE: &str = "agentcy";

pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    let file = match args {
        [] => workspace.root().join(".env"),
        [option, file] if option == "--env-file" => PathBuf::from(file),
        _ => bail!("usage: cargo xtask compose-env [--env-file <file>]"),
    };
    // No file is like an empty one: the compose file itself then says what is missing.
    let variables = parse_env(&fs::read_to_string(file).unwrap_or_default());
    let compose = fs::read_to_string(workspace.root().join("docker-compose.yml"))?;
    for (name, value) in environment(&compose, SERVICE)? {
        println!("{name}={}", substitute(&value, &variables)?);
    }
    Ok(())
}

fn parse_env(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.trim().to_owned(), unquoted(value.trim()).to_owned())).collect()
}

// Our own file uses block mappings only, so lines and their indent are all there is to know.
fn environment(compose: &str, service: &str) -> Result<Vec<(String, String)>> {
    let heading = format!("{service}:");
    let mut path: Vec<(usize, &str)> = Vec::new();
    let mut found = Vec::new();
    for line in compose.lines() {
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        while path.last().is_some_and(|(above, _)| *above >= indent) {
            path.pop();
        }
        let inside: Vec<&str> = path.iter().map(|(_, name)| *name).collect();
        if inside == ["services:", heading.as_str(), "environment:"] {
            let (name, value) = text.split_once(": ").context("environment must be a mapping")?;
            found.push((name.to_owned(), unquoted(value.trim()).to_owned()));
        }
        path.push((indent, text));
    }
    if found.is_empty() {
        bail!("docker-compose.yml gives the service {service} no environment");
    }
    Ok(found)
}

fn unquoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)) {
            return inner;
        }
    }
    text
}

// ${NAME}, ${NAME:-default} and ${NAME:?what to do}.
fn substitute(text: &str, variables: &BTreeMap<String, String>) -> Result<String> {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (inner, behind) = after.split_once('}').context("a ${ without its }")?;
        result.push_str(before);
        let name_end = inner.find(':').unwrap_or(inner.len());
        let (name, rule) = inner.split_at(name_end);
        let value = variables.get(name).filter(|value| !value.is_empty());
        match (value, rule.get(..2)) {
            (Some(value), _) => result.push_str(value),
            (None, Some(":-")) => result.push_str(&rule[2..]),
            (None, Some(":?")) => bail!("{name} is not set: {}", &rule[2..]),
            (None, _) => {}
        }
        rest = behind;
    }
    result.push_str(rest);
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPOSE: &str = "
services:
  db:
    environment:
      POSTGRES_USER: owner
  agentcy:
    image: agentcy
    environment:
      # where it listens
      AGENTCY_BIND: 0.0.0.0:8080
      DATABASE_URL: postgres://app:${DB:?run `agentcy init` first}@db/agentcy
      AGENTCY_LOG: \"json\"
    ports:
      - 127.0.0.1:8080:8080
volumes:
  data:
";

    #[test]
    fn only_the_environment_of_the_service_is_read() {
        let pairs = environment(COMPOSE, "agentcy").unwrap();
        let names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["AGENTCY_BIND", "DATABASE_URL", "AGENTCY_LOG"]);
        assert_eq!(pairs[0].1, "0.0.0.0:8080");
        assert_eq!(pairs[2].1, "json");
    }

    #[test]
    fn a_service_without_environment_is_an_error() {
        assert!(environment(COMPOSE, "cache").is_err());
    }

    #[test]
    fn variables_are_substituted_as_docker_compose_does() {
        let variables = parse_env("# a comment\nDB=\"s3cret\"\nEMPTY=\n");
        let of = |text| substitute(text, &variables);
        assert_eq!(of("a-${DB:?needed}-b").unwrap(), "a-s3cret-b");
        assert_eq!(of("${PORT:-8080}:${DB}").unwrap(), "8080:s3cret");
        assert_eq!(of("${EMPTY:-full}${GONE}").unwrap(), "full");
    }

    #[test]
    fn a_missing_variable_is_told_with_its_mend() {
        let error = substitute("${DB:?run `agentcy init` first}", &BTreeMap::new()).unwrap_err();
        assert_eq!(error.to_string(), "DB is not set: run `agentcy init` first");
    }
}
