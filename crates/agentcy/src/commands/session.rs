//! `agentcy login`, `logout` and `whoami`.

use std::io::{BufRead, IsTerminal, Read, Write};

use agentcy_sdk::{Client, Error, Me};
use anyhow::{Context, bail};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;
use url::Url;

use crate::{
    cli::{Login, Server},
    input, output,
    profile::Profile,
};

/// The most of a password that is read from standard input.
const MAX_PASSWORD: u64 = 4096;

/// Who is signed in, where, and with which rights.
#[derive(Serialize)]
struct Who<'a> {
    url: &'a Url,
    principal: &'a str,
    email: Option<&'a str>,
    name: Option<&'a str>,
    org_id: &'a str,
    org: &'a str,
    role: &'a str,
    realms: &'a [String],
    platform_admin: bool,
    expires_at: Option<String>,
}

/// Signs in and remembers the session.
pub(crate) async fn login(options: Login, json: bool) -> anyhow::Result<()> {
    let client = Client::new(options.url.clone())?;
    let profile = if options.token_stdin {
        Profile::with_token(options.url, input::secret("the token")?)
    } else {
        by_password(&client, options).await?
    };
    let me = client.with_token(profile.token.clone()).me().await?;
    profile.save()?;
    if json {
        return output::print_json(&who(&profile.url, &me));
    }
    output::say(&format!("signed in to {} as {}", profile.url, sentence(&me)));
    Ok(())
}

async fn by_password(client: &Client, options: Login) -> anyhow::Result<Profile> {
    let Login { url, email, password_stdin, org, .. } = options;
    let email = match email {
        Some(email) => email,
        None if password_stdin => bail!("--password-stdin needs --email"),
        None => ask_email()?,
    };
    let password = if password_stdin { read_password()? } else { ask_password(&email)? };
    let session = match org {
        Some(org) => client.login_to(&org, &email, &password).await?,
        None => client.login(&email, &password).await?,
    };
    Ok(Profile::of(url, session))
}

/// Ends the session, and forgets it whatever the server says.
pub(crate) async fn logout(options: Server, json: bool) -> anyhow::Result<()> {
    let client = Profile::client(options.url).await?;
    let told = client.logout().await;
    Profile::forget()?;
    match told {
        Ok(()) => output::say(&format!("signed out of {}", client.server())),
        Err(Error::Refused { status: 401, .. }) => {
            output::say("the session had ended already; it is forgotten");
        }
        Err(Error::Refused { status: 403, .. }) => {
            output::say("the token is forgotten here, and stays good: it is of no session");
        }
        Err(error) => {
            return Err(error)
                .context("the session is forgotten here, but the server was not told");
        }
    }
    if json { output::print_json(&json!({ "url": client.server() })) } else { Ok(()) }
}

/// Says who is signed in.
pub(crate) async fn whoami(options: Server, json: bool) -> anyhow::Result<()> {
    let client = Profile::client(options.url).await?;
    let me = client.me().await?;
    if json {
        return output::print_json(&who(client.server(), &me));
    }
    output::print(&format!("{} at {}", sentence(&me), client.server()))
}

fn who<'a>(url: &'a Url, me: &'a Me) -> Who<'a> {
    let user = me.user.as_ref();
    Who {
        url,
        principal: &me.principal,
        email: user.map(|user| user.email.as_str()),
        name: user.map(|user| user.name.as_str()),
        org_id: &me.org.id,
        org: &me.org.name,
        role: me.role.name(),
        realms: &me.realms,
        platform_admin: me.platform_admin,
        expires_at: me.expires_at.map(|at| at.to_rfc3339()),
    }
}

fn sentence(me: &Me) -> String {
    let who = match &me.user {
        Some(user) if user.name.is_empty() => user.email.clone(),
        Some(user) => format!("{} <{}>", user.name, user.email),
        None => format!("API key {}", me.principal),
    };
    let realms = match me.realms.as_slice() {
        [all] if all == "*" => String::new(),
        realms => format!(", limited to {}", realms.join(", ")),
    };
    format!("{who}, {} of {}{realms}", me.role.name(), me.org.name)
}

fn ask_email() -> anyhow::Result<String> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        bail!("there is no terminal to ask at; give --email and --password-stdin");
    }
    let mut prompt = std::io::stderr();
    write!(prompt, "E-mail: ")?;
    prompt.flush()?;
    let mut line = String::new();
    input.lock().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

fn ask_password(email: &str) -> anyhow::Result<SecretString> {
    if !std::io::stdin().is_terminal() {
        bail!("there is no terminal to ask at; give --password-stdin");
    }
    let password = rpassword::prompt_password(format!("Password of {email}: "));
    Ok(password.context("the password cannot be read")?.into())
}

/// All of standard input but the line break at its end.
fn read_password() -> anyhow::Result<SecretString> {
    let mut text = String::new();
    std::io::stdin().take(MAX_PASSWORD).read_to_string(&mut text)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        bail!("there is no password on standard input");
    }
    Ok(line.into())
}
