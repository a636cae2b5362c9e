//! Password hashes: Argon2id, a few at a time, with a queue that has an end.

use std::sync::Arc;

use agentcy_core::{Entropy, ErrorCode};
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::{self, phc::PasswordHash},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::email;
use crate::{Error, Result, setup::PasswordCost};

/// How many may wait for each hash that runs; more would wait longer than anybody stays.
const WAITING_EACH: usize = 32;
/// Longer texts are no password of ours, and are not worth hashing as they are.
const LONGEST: usize = 1024;
const SALT: usize = 16;

/// Makes and checks password hashes on the blocking pool.
pub(crate) struct Passwords {
    argon2: Argon2<'static>,
    /// A hash of nothing that costs as much to check as a real one.
    dummy: Arc<str>,
    turns: Arc<Semaphore>,
    room: Arc<Semaphore>,
    entropy: Arc<dyn Entropy>,
}

/// What a check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is not the password.
    Wrong,
    /// It is.
    Right,
    /// It is, but its hash was made at another cost.
    RightButStale,
}

impl Passwords {
    pub(crate) fn new(cost: PasswordCost, entropy: Arc<dyn Entropy>) -> Self {
        let memory = cost.memory_kib.max(Params::MIN_M_COST);
        let passes = cost.iterations.max(Params::MIN_T_COST);
        let at_once = cost.at_once.max(1);
        #[expect(
            clippy::expect_used,
            reason = "every bound is met, which the two lines above see to"
        )]
        let params = Params::new(memory, passes, 1, None).expect("costs within their bounds");
        let dummy = format!(
            "$argon2id$v=19$m={memory},t={passes},p=1${}${}",
            "A".repeat(22),
            "A".repeat(43)
        );
        Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            dummy: dummy.into(),
            turns: Arc::new(Semaphore::new(at_once)),
            room: Arc::new(Semaphore::new(at_once * (1 + WAITING_EACH))),
            entropy,
        }
    }

    /// Hashes a password. Errors: `rate_limited` when too many wait.
    pub(crate) async fn hash(&self, password: &SecretString) -> Result<String> {
        let mut salt = [0; SALT];
        self.entropy.fill(&mut salt);
        let (argon2, password) = (self.argon2.clone(), password.clone());
        self.run(move || {
            let hash: PasswordHash =
                argon2.hash_password_with_salt(password.expose_secret().as_bytes(), &salt)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Checks a password; without a hash it costs as much, and is wrong. Errors: `rate_limited`.
    pub(crate) async fn verify(
        &self,
        password: &SecretString,
        hash: Option<&str>,
    ) -> Result<Verdict> {
        let too_long = password.expose_secret().len() > LONGEST;
        let known = hash.is_some() && !too_long;
        let hash: Arc<str> =
            hash.filter(|_| known).map_or_else(|| Arc::clone(&self.dummy), Into::into);
        let password = if too_long { SecretString::default() } else { password.clone() };
        let argon2 = self.argon2.clone();
        self.run(move || {
            let hash = PasswordHash::new(&hash)?;
            match argon2.verify_password(password.expose_secret().as_bytes(), &hash) {
                Ok(()) if !known => Ok(Verdict::Wrong),
                Ok(()) if is_of(&argon2, &hash) => Ok(Verdict::Right),
                Ok(()) => Ok(Verdict::RightButStale),
                Err(password_hash::Error::PasswordInvalid) => Ok(Verdict::Wrong),
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// Waits for a turn and hashes there. The turn ends with the work, even if nobody waits for it any more.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, password_hash::Error> + Send + 'static,
    ) -> Result<T> {
        let turn = self.turn().await?;
        let done = tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(turn);
            outcome
        });
        match done.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(Error::internal("a password hash is unreadable", error)),
            Err(error) => Err(Error::internal("a password hash was not finished", error)),
        }
    }

    async fn turn(&self) -> Result<(OwnedSemaphorePermit, OwnedSemaphorePermit)> {
        let Ok(room) = Arc::clone(&self.room).try_acquire_owned() else {
            return Err(too_many("too many people sign in at the moment", 2));
        };
        match Arc::clone(&self.turns).acquire_owned().await {
            Ok(turn) => Ok((room, turn)),
            Err(closed) => Err(Error::internal("the queue for password hashes is closed", closed)),
        }
    }
}

/// A refusal that says when to come back.
pub(crate) fn too_many(message: &'static str, secs: u64) -> Error {
    Error::refused(ErrorCode::RateLimited, message)
        .with_details(serde_json::json!({ "retry_after_secs": secs }))
}

fn is_of(argon2: &Argon2<'_>, hash: &PasswordHash) -> bool {
    let (ours, theirs) = (argon2.params(), Params::try_from(hash));
    hash.algorithm.as_str() == Algorithm::Argon2id.as_str()
        && hash.version == Some(Version::V0x13.into())
        && theirs.is_ok_and(|theirs| {
            (theirs.m_cost(), theirs.t_cost(), theirs.p_cost())
                == (ours.m_cost(), ours.t_cost(), ours.p_cost())
        })
}

/// Words that are tried first, whatever digits and signs stand around them.
const COMMON: [&str; 18] = [
    "password",
    "passwort",
    "passw",
    "pssword",
    "qwertyuiop",
    "qwertzuiop",
    "qwerty",
    "qwertz",
    "admin",
    "administrator",
    "letmein",
    "welcome",
    "iloveyou",
    "changeme",
    "secret",
    "agentcy",
    "default",
    "abc",
];

/// What is wrong with a password that somebody wants to have from now on.
pub(crate) fn objection(password: &SecretString, email: &str) -> Option<&'static str> {
    let text = password.expose_secret();
    if !(12..=256).contains(&text.chars().count()) {
        return Some("must have 12 to 256 characters");
    }
    let local = email.split('@').next().unwrap_or_default();
    if email::same(text, email) || email::same(text, local) {
        return Some("must not be the e-mail address");
    }
    is_common(text).then_some("is one of the first that anybody would try")
}

fn is_common(text: &str) -> bool {
    let lower = text.to_lowercase();
    let distinct: std::collections::HashSet<char> = lower.chars().collect();
    if distinct.len() < 5 {
        return true;
    }
    let chars: Vec<u32> = lower.chars().map(u32::from).collect();
    let follows = |step: i64| {
        let near = chars.windows(2).filter(|pair| i64::from(pair[1]) - i64::from(pair[0]) == step);
        near.count() * 4 >= chars.len() * 3
    };
    if follows(1) || follows(-1) {
        return true;
    }
    let letters: String = lower.chars().filter(|c| c.is_alphabetic()).collect();
    COMMON.iter().any(|word| {
        letters.len() >= word.len()
            && letters.as_bytes().chunks(word.len()).all(|chunk| word.as_bytes().starts_with(chunk))
    })
}

#[cfg(test)]
mod tests {
    use agentcy_core::clock::SystemEntropy;

    use super::*;

    fn passwords(memory_kib: u32, at_once: usize) -> Passwords {
        let cost = PasswordCost { memory_kib, iterations: 1, at_once };
        Passwords::new(cost, Arc::new(SystemEntropy))
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_alone() {
        let passwords = passwords(8, 2);
        let hash = passwords.hash(&"correct horse battery".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
        let check = async |text: &str| passwords.verify(&text.into(), Some(&hash)).await.unwrap();
        assert_eq!(check("correct horse battery").await, Verdict::Right);
        assert_eq!(check("correct horse batterY").await, Verdict::Wrong);
        assert_eq!(check("").await, Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_right_but_stale() {
        let hash = passwords(8, 1).hash(&"correct horse battery".into()).await.unwrap();
        let verdict = passwords(16, 1).verify(&"correct horse battery".into(), Some(&hash)).await;
        assert_eq!(verdict.unwrap(), Verdict::RightButStale);
    }

    #[tokio::test]
    async fn an_unknown_person_costs_as_much_and_is_never_right() {
        let passwords = passwords(64, 1);
        let dummy = PasswordHash::new(&passwords.dummy).unwrap();
        assert!(is_of(&passwords.argon2, &dummy));
        assert_eq!(passwords.verify(&"anything".into(), None).await.unwrap(), Verdict::Wrong);
        assert_eq!(passwords.verify(&"".into(), None).await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_password_beyond_all_bounds_is_wrong() {
        let passwords = passwords(8, 1);
        let empty = passwords.hash(&"".into()).await.unwrap();
        let long = SecretString::from("x".repeat(LONGEST + 1));
        assert_eq!(passwords.verify(&long, Some(&empty)).await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn who_finds_the_queue_full_is_told_to_come_back() {
        let passwords = passwords(8, 1);
        let all = u32::try_from(1 + WAITING_EACH).unwrap();
        let full = Arc::clone(&passwords.room).acquire_many_owned(all).await.unwrap();
        let refused = passwords.verify(&"x".into(), None).await.unwrap_err();
        assert_eq!(refused.code(), Some(ErrorCode::RateLimited));
        drop(full);
        assert!(passwords.verify(&"x".into(), None).await.is_ok());
    }

    #[test]
    fn a_new_password_is_long_and_not_the_first_guess() {
        let fault = |text: &str| objection(&text.into(), "ada.lovelace@example.org");
        assert_eq!(fault("correct horse battery"), None);
        assert_eq!(fault("Wetter-Regen-17-Kiesel"), None);
        for bad in [
            "admin",
            "elevenchars",
            "ada.lovelace",
            "ADA.Lovelace@example.org",
            "passwordpassword",
            "Password1234!",
            "aaaaaaaaaaaaaaaa",
            "123456789012",
            "abababababab",
            "Administrator1",
            "qwertyuiop[]12",
            &"ab1-".repeat(65),
        ] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }
}
