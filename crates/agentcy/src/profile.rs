//! The remembered session of the command line: one file only its owner reads.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::PathBuf,
};

use agentcy_sdk::Client;
use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

/// There is no session to act in.
#[derive(Debug, thiserror::Error)]
#[error("not signed in{0}")]
pub(crate) struct NotSignedIn(String);

/// A server and a token for it.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) url: Url,
    pub(crate) token: SecretString,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    url: Url,
    token: String,
}

impl Profile {
    /// The remembered session, if there is one.
    pub(crate) fn load() -> anyhow::Result<Option<Self>> {
        let path = path()?;
        match fs::read(&path) {
            Ok(bytes) => {
                let Stored { url, token } = serde_json::from_slice(&bytes).with_context(|| {
                    format!("{} is damaged; run `agentcy login`", path.display())
                })?;
                Ok(Some(Self { url, token: token.into() }))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
        }
    }

    /// Remembers it.
    pub(crate) fn save(&self) -> anyhow::Result<()> {
        let path = path()?;
        if let Some(folder) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let stored = Stored { url: self.url.clone(), token: self.token.expose_secret().to_owned() };
        let mut file =
            OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&path)?;
        file.write_all(&serde_json::to_vec(&stored)?)
            .with_context(|| format!("{} cannot be written", path.display()))
    }

    /// Forgets it.
    pub(crate) fn forget() -> anyhow::Result<()> {
        match fs::remove_file(path()?) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// A client with the remembered session; `url` overrides where.
    pub(crate) fn client(url: Option<Url>) -> anyhow::Result<Client> {
        let nobody = || NotSignedIn("; run `agentcy login`".to_owned());
        let profile = Self::load()?.ok_or_else(nobody)?;
        if let Some(url) = url
            && url.origin() != profile.url.origin()
        {
            return Err(NotSignedIn(format!(" to {url}; run `agentcy login --url {url}`")).into());
        }
        Ok(Client::new(profile.url)?.with_token(profile.token))
    }
}

fn path() -> anyhow::Result<PathBuf> {
    let folder =
        std::env::home_dir().context("there is no home folder to remember a session in")?;
    Ok(folder.join(".config/agentcy/session.json"))
}
