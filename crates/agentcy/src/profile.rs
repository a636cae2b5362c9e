//! The remembered session of the command line: one file only its owner reads.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::PathBuf,
};

use agentcy_core::{
    Timestamp,
    clock::{Clock, SystemClock},
};
use agentcy_sdk::{Client, Session};
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
    /// From when on the token shall be traded for a newer one; never for one that the server did not give for a
    /// password.
    renew_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    url: Url,
    token: String,
    #[serde(default)]
    renew_at: Option<Timestamp>,
}

impl Profile {
    /// A session that has just begun or was renewed; it is renewed when half of the token's life is over.
    pub(crate) fn of(url: Url, session: Session) -> Self {
        let now = SystemClock.now();
        let renew_at = Some(now + (session.expires_at - now) / 2);
        Self { url, token: session.token, renew_at }
    }

    /// A token of another kind.
    pub(crate) const fn with_token(url: Url, token: SecretString) -> Self {
        Self { url, token, renew_at: None }
    }

    /// The remembered session, if there is one.
    pub(crate) fn load() -> anyhow::Result<Option<Self>> {
        let path = path("session.json")?;
        match fs::read(&path) {
            Ok(bytes) => {
                let Stored { url, token, renew_at } =
                    serde_json::from_slice(&bytes).with_context(|| {
                        format!("{} is damaged; run `agentcy login`", path.display())
                    })?;
                Ok(Some(Self { url, token: token.into(), renew_at }))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
        }
    }

    /// Remembers it. Whoever reads meanwhile reads the one before.
    pub(crate) fn save(&self) -> anyhow::Result<()> {
        let path = path("session.json")?;
        if let Some(folder) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let stored = Stored {
            url: self.url.clone(),
            token: self.token.expose_secret().to_owned(),
            renew_at: self.renew_at,
        };
        let beside = path.with_extension(format!("{}.new", std::process::id()));
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(true).write(true).mode(0o600).open(&beside);
        file.and_then(|mut file| file.write_all(&serde_json::to_vec(&stored)?))
            .and_then(|()| fs::rename(&beside, &path))
            .with_context(|| format!("{} cannot be written", path.display()))
    }

    /// Forgets it.
    pub(crate) fn forget() -> anyhow::Result<()> {
        match fs::remove_file(path("session.json")?) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// A client with the remembered session; `url` overrides where.
    pub(crate) async fn client(url: Option<Url>) -> anyhow::Result<Client> {
        let url = url.as_ref();
        Self::at(url)?;
        let lock = OpenOptions::new().create(true).append(true).open(path("session.lock")?);
        // Where none can be made, nothing is renewed, and there is nothing to be kept from.
        if let Ok(lock) = lock {
            Self::renew(url, &lock).await?;
            lock.lock_shared()?;
            // Held to the end of the process: a renewal takes the token from whoever works with it.
            std::mem::forget(lock);
        }
        Self::at(url)?.to_client()
    }

    /// Trades the token for a newer one, where that is due and no other command works with it.
    async fn renew(url: Option<&Url>, lock: &File) -> anyhow::Result<()> {
        if !Self::at(url)?.is_due() || lock.try_lock().is_err() {
            return Ok(());
        }
        // Another command may have done it meanwhile. What fails here is told by the call that comes next.
        let profile = Self::at(url)?;
        if profile.is_due()
            && let Ok(session) = profile.to_client()?.refresh().await
        {
            Self::of(profile.url, session).save()?;
        }
        Ok(lock.unlock()?)
    }

    /// What is remembered, where it is of that server.
    fn at(url: Option<&Url>) -> anyhow::Result<Self> {
        let nobody = || NotSignedIn("; run `agentcy login`".to_owned());
        let profile = Self::load()?.ok_or_else(nobody)?;
        if let Some(url) = url.filter(|url| url.origin() != profile.url.origin()) {
            return Err(NotSignedIn(format!(" to {url}; run `agentcy login --url {url}`")).into());
        }
        Ok(profile)
    }

    fn to_client(&self) -> anyhow::Result<Client> {
        Ok(Client::new(self.url.clone())?.with_token(self.token.clone()))
    }

    fn is_due(&self) -> bool {
        self.renew_at.is_some_and(|at| at <= SystemClock.now())
    }
}

fn path(name: &str) -> anyhow::Result<PathBuf> {
    let folder =
        std::env::home_dir().context("there is no home folder to remember a session in")?;
    Ok(folder.join(".config/agentcy").join(name))
}
