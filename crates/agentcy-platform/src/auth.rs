//! Who calls, and how they came to be known: passwords, tokens, keys, sessions, tickets, an outside issuer.
//!
//! [`fn@authenticate`] makes a [`Caller`](agentcy_core::Caller) of what a request shows; everything else here begins or ends
//! what can be shown.

mod account;
mod acting;
pub(crate) mod anchor;
mod authenticate;
pub(crate) mod email;
mod jwks;
pub(crate) mod key_format;
pub(crate) mod log;
mod me;
mod oidc;
mod password;
mod register;
pub(crate) mod secret;
mod session;
mod standing;
mod throttle;
mod ticket;
mod token;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use agentcy_core::{Clock, Entropy};
use agentcy_egress::Egress;

pub use account::{PasswordChange, change_password};
pub use anchor::{Anchor, Present, Stands, Visitor};
pub use authenticate::{Presented, arrive, authenticate, authenticate_worker};
pub use log::Origin;
pub use me::{AuthConfig, Me, Person, auth_config, me};
pub use register::{NewAccount, register};
pub use session::{Kind, Login, Session, SignedIn, login, logout, refresh};
pub use ticket::{Ticket, create_ticket};

pub(crate) use register::found as found_org;

use secrecy::SecretString;

use crate::{Platform, Result, setup::AuthSetup};

/// What sign-in keeps between requests. None of it is the only copy of anything.
pub(crate) struct Auth {
    pub(crate) passwords: password::Passwords,
    tokens: token::Tokens,
    oidc: Option<oidc::Oidc>,
    standings: standing::Standings,
    default_login: AtomicBool,
}

impl Auth {
    pub(crate) fn new(
        setup: &AuthSetup,
        egress: &Egress,
        clock: &Arc<dyn Clock>,
        entropy: &Arc<dyn Entropy>,
    ) -> Self {
        Self {
            passwords: password::Passwords::new(setup.passwords, Arc::clone(entropy)),
            tokens: token::Tokens::new(&setup.jwt_secret, setup.jwt_secret_previous.as_ref()),
            oidc: oidc::configured(setup.oidc.as_ref(), egress, clock),
            standings: standing::Standings::new(),
            default_login: AtomicBool::new(false),
        }
    }

    /// To be called once a change is durable that makes some credential worth less: a role, a revocation, a removal.
    /// Without it this process would go on for up to 0.8 s, as the others do.
    pub(crate) fn forget_standings(&self) {
        self.standings.forget();
    }

    pub(crate) fn set_default_login(&self, in_force: bool) {
        self.default_login.store(in_force, Ordering::Release);
    }
}

/// Whether the first owner still has the password `admin`, as far as this process knows: it looked at its start,
/// and again whenever a password changed here.
pub fn default_login_in_force(platform: &Platform) -> bool {
    platform.auth.default_login.load(Ordering::Acquire)
}

/// Whether this is the password behind a hash.
pub(crate) async fn is_password(
    platform: &Platform,
    password: &SecretString,
    hash: &str,
) -> Result<bool> {
    Ok(platform.auth.passwords.verify(password, Some(hash)).await? != password::Verdict::Wrong)
}
