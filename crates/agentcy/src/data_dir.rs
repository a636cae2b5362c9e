//! The data folder: one process at a time, and secrets that are made once.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use agentcy_core::{Entropy, clock::SystemEntropy};
use anyhow::{Context, bail};
use secrecy::SecretString;
use uuid::Uuid;

/// The folder, held by this process as long as it lives.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Makes the folder if needed and takes it for this process alone.
    pub(crate) fn take(path: &Path) -> anyhow::Result<Self> {
        // Others pass through to the database's own folder, which keeps itself closed; nobody lists it.
        fs::DirBuilder::new().recursive(true).mode(0o711).create(path).with_context(|| {
            format!("the data folder {} cannot be made; set AGENTCY_DATA_DIR", path.display())
        })?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join("lock"))
            .with_context(|| format!("the data folder {} cannot be written", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => bail!(
                "another agentcy runs on {}; stop it, or set AGENTCY_DATA_DIR to another folder",
                path.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} cannot be locked", path.display()))
            }
        }
    }

    /// Whether a process has taken the folder for itself.
    pub(crate) fn is_held(folder: &Path) -> bool {
        let lock = OpenOptions::new().read(true).open(folder.join("lock"));
        // The lock goes with the handle, so looking leaves nothing behind.
        lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
    }

    /// A secret of 32 bytes, made the first time it is asked for and kept (0600).
    pub(crate) fn secret(&self, name: &str) -> anyhow::Result<[u8; 32]> {
        let text = self.kept(name, || {
            let mut bytes = [0; 32];
            SystemEntropy.fill(&mut bytes);
            hex::encode(bytes)
        })?;
        parse_secret(&text, &self.path.join(name))
    }

    /// A secret in the folder of another process, if there is one.
    pub(crate) fn peek(folder: &Path, name: &str) -> anyhow::Result<Option<[u8; 32]>> {
        let path = folder.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => parse_secret(&text, &path).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
        }
    }

    /// The same as text.
    pub(crate) fn secret_text(&self, name: &str) -> anyhow::Result<SecretString> {
        Ok(hex::encode(self.secret(name)?).into())
    }

    /// What this installation calls itself when it holds a lease.
    pub(crate) fn instance(&self) -> anyhow::Result<Uuid> {
        let text = self.kept("instance", || {
            let mut bytes = [0; 16];
            SystemEntropy.fill(&mut bytes);
            uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
        })?;
        text.trim()
            .parse()
            .with_context(|| format!("{} is damaged", self.path.join("instance").display()))
    }

    fn kept(&self, name: &str, make: impl FnOnce() -> String) -> anyhow::Result<String> {
        let path = self.path.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => return Ok(text),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                return Err(error).with_context(|| format!("{} cannot be read", path.display()));
            }
        }
        // Whole or not at all: a half-written secret would lock out what the whole one sealed.
        let text = make();
        let draft = self.path.join(format!("{name}.new"));
        let write = || -> std::io::Result<()> {
            let mut file = OpenOptions::new()
                .create(true)
                .truncate(true)
                .write(true)
                .mode(0o600)
                .open(&draft)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&draft, &path)?;
            File::open(&self.path)?.sync_all()
        };
        write().with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(text)
    }
}

fn parse_secret(text: &str, path: &Path) -> anyhow::Result<[u8; 32]> {
    let bytes = hex::decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.with_context(|| format!("{} is not a secret of ours", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_folder_has_one_process_and_keeps_its_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataDir::take(folder.path()).unwrap();
        assert!(DataDir::take(folder.path()).unwrap_err().to_string().contains("another agentcy"));
        let (jwt, instance) = (first.secret("jwt_secret").unwrap(), first.instance().unwrap());
        let sealing = first.secret("encryption_key").unwrap();
        assert_ne!(jwt, sealing);
        assert_eq!(DataDir::peek(folder.path(), "encryption_key").unwrap(), Some(sealing));
        assert_eq!(DataDir::peek(folder.path(), "another").unwrap(), None);
        drop(first);
        let again = DataDir::take(folder.path()).unwrap();
        assert_eq!(again.secret("jwt_secret").unwrap(), jwt);
        assert_eq!(again.instance().unwrap(), instance);
        fs::write(folder.path().join("jwt_secret"), "short").unwrap();
        assert!(again.secret("jwt_secret").is_err());
    }
}
