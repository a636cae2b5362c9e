//! `agentcy init`: a .env with random secrets.

use std::{
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use agentcy_core::{Entropy, clock::SystemEntropy};
use anyhow::{Context, bail};
use serde::Serialize;

use crate::{cli::Init, output};

/// Lower-case letters and digits that nobody mistakes for one another; 32 of them, so five bits each.
const READABLE: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const GROUPS: usize = 5;
const GROUP: usize = 5;

const HEAD: &str = "\
# Secrets of agentcy, made by `agentcy init`. Keep this file to yourself, and keep a copy of it:
# without AGENTCY_ENCRYPTION_KEY stored credentials are lost. Every setting: agentcy env-example.
";

/// What the person who ran it needs to know; the password is shown nowhere else.
#[derive(Serialize)]
struct Made<'a> {
    file: &'a Path,
    admin_email: &'a str,
    admin_password: &'a str,
}

/// Writes the file, and shows the password once.
pub(crate) fn run(options: &Init, json: bool) -> anyhow::Result<()> {
    let Init { file, admin_email } = options;
    check_email(admin_email)?;
    let password = readable();
    write_new(file, &text(admin_email, &password))?;
    if json {
        return output::print_json(&Made { file, admin_email, admin_password: &password });
    }
    output::say(&format!(
        "wrote {}, readable by you alone\nSign in as {admin_email} with the password that follows; it is shown this once:",
        file.display()
    ));
    output::print(&password)
}

fn text(admin_email: &str, admin_password: &str) -> String {
    let sections = [
        (
            "The first owner, made when the server starts for the first time.",
            vec![
                ("AGENTCY_ADMIN_EMAIL", admin_email.to_owned()),
                ("AGENTCY_ADMIN_PASSWORD", admin_password.to_owned()),
            ],
        ),
        (
            "Signs sessions. Another one signs everybody out, unless this becomes JWT_SECRET_PREVIOUS.",
            vec![("JWT_SECRET", secret())],
        ),
        ("Encrypts the credentials that are stored.", vec![("AGENTCY_ENCRYPTION_KEY", secret())]),
        ("What remote workers show.", vec![("WORKER_TOKEN", secret())]),
        ("What a scraper of /metrics shows.", vec![("AGENTCY_METRICS_TOKEN", secret())]),
        (
            "The owner of the database, who migrates it, and the login that the server works as. For docker-compose.yml.",
            vec![("POSTGRES_PASSWORD", secret()), ("POSTGRES_APP_PASSWORD", secret())],
        ),
        (
            "The graph database and the bus of docker-compose.yml. Elsewhere NEO4J_PASSWORD goes with NEO4J_URI.",
            vec![("NEO4J_PASSWORD", secret()), ("REDIS_PASSWORD", secret())],
        ),
    ];
    let mut text = HEAD.to_owned();
    for (comment, settings) in sections {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n# {comment}");
        for (name, value) in settings {
            let _ = writeln!(text, "{name}={value}");
        }
    }
    text
}

/// 32 random bytes in hex: good as a key, and in a URL or a shell without quoting.
fn secret() -> String {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes);
    hex::encode(bytes)
}

/// 125 bits that a person can type.
fn readable() -> String {
    let mut bytes = [0; GROUPS * GROUP];
    SystemEntropy.fill(&mut bytes);
    let groups = bytes.chunks(GROUP).map(|group| {
        group.iter().map(|byte| char::from(READABLE[usize::from(byte % 32)])).collect::<String>()
    });
    groups.collect::<Vec<_>>().join("-")
}

/// Whether it can stand in the file as it is, and be signed in with.
fn check_email(email: &str) -> anyhow::Result<()> {
    let plain = |c: char| c.is_alphanumeric() || "@._+-".contains(c);
    let is_address = email
        .split_once('@')
        .is_some_and(|(local, host)| !local.is_empty() && !host.is_empty() && !host.contains('@'));
    if !is_address || !email.chars().all(plain) {
        bail!("{email:?} is not an e-mail address; give one with --admin-email");
    }
    Ok(())
}

/// All of the text in a file that was not there before, or nothing: never half of it, never over another.
fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let name = path.file_name().with_context(|| format!("{} names no file", path.display()))?;
    let mut suffix = [0; 8];
    SystemEntropy.fill(&mut suffix);
    let mut draft = name.to_owned();
    draft.push(format!(".{}", hex::encode(suffix)));
    let draft = path.with_file_name(draft);
    let written = write(&draft, text).and_then(|()| fs::hard_link(&draft, path));
    // There may be no draft, and a link more or less to what was refused harms nobody.
    let _ = fs::remove_file(&draft);
    match written {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!(
            "{} exists and stays as it is; move it away, or write another with --file",
            path.display()
        ),
        written => written.with_context(|| format!("{} cannot be written", path.display())),
    }
}

fn write(draft: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    match draft.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_has_no_letters_that_look_alike() {
        let (one, other) = (readable(), readable());
        assert_ne!(one, other);
        assert_eq!(one.len(), 29);
        assert!(!one.contains(['i', 'l', 'o', 'u']));
    }

    #[test]
    fn an_address_that_would_break_the_file_is_refused() {
        for good in ["ops@example.com", "a.b+c@x"] {
            check_email(good).unwrap();
        }
        for bad in ["ops", "@x", "a@", "a@b@c", "a b@c", "a@b\nX=1", "a@b#c", "a@$HOME", "\"a\"@b"]
        {
            assert!(check_email(bad).is_err(), "{bad}");
        }
    }
}
