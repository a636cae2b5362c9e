//! One look at everything that is sealed.

use agentcy_core::{
    Action, By, Caller, Credential, Principal, Realms, Role,
    id::{KeyId, OrgId},
};
use agentcy_store::{Tx, sealed as store};
use uuid::Uuid;

use super::Found;
use crate::{
    Platform, Result, idempotency,
    seal::{Cell, Opened},
};

/// What was found so far.
pub(super) struct Pass<'a> {
    platform: &'a Platform,
    /// Whether what the key before sealed is sealed anew.
    anew: bool,
    pub(super) found: Found,
}

impl<'a> Pass<'a> {
    pub(super) fn new(platform: &'a Platform, anew: bool) -> Self {
        Self { platform, anew, found: Found::default() }
    }

    /// Looks at all that an org has. Each page is a transaction of its own.
    pub(super) async fn org(&mut self, org: OrgId) -> Result<()> {
        let by = nobody(self.platform, org);
        self.api_key(&by).await?;
        self.credentials(&by).await?;
        self.hooks(&by).await?;
        if self.anew {
            self.answers(&by).await?;
        }
        Ok(())
    }

    async fn api_key(&mut self, by: &By) -> Result<()> {
        let mut tx = self.begin(by).await?;
        let row = by.org_id().to_string();
        if let Some(old) = store::api_key(&mut tx).await?
            && let Some(new) = self.judge(Cell::api_key(by.org_id(), &row), &old)?
        {
            store::put_api_key(&mut tx, &old, &new).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn credentials(&mut self, by: &By) -> Result<()> {
        let mut after = None;
        loop {
            let mut tx = self.begin(by).await?;
            let page = store::credentials(&mut tx, after).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(*last);
            for (id, old) in page {
                let row = id.to_string();
                if let Some(new) = self.judge(Cell::credentials(by.org_id(), &row), &old)? {
                    store::put_credentials(&mut tx, id, &old, &new).await?;
                }
            }
            tx.commit().await?;
        }
    }

    async fn hooks(&mut self, by: &By) -> Result<()> {
        let mut after = None;
        loop {
            let mut tx = self.begin(by).await?;
            let page = store::hooks(&mut tx, after).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            for hook in page {
                let row = hook.id.to_string();
                for old in hook.secrets.into_iter().flatten() {
                    if let Some(new) = self.judge(Cell::hook(by.org_id(), &row), &old)? {
                        store::put_secret(&mut tx, hook.id, &old, &new).await?;
                    }
                }
            }
            tx.commit().await?;
        }
    }

    /// Not counted: a day later they are gone, and what does not open is an answer that nobody gets twice.
    async fn answers(&mut self, by: &By) -> Result<()> {
        let mut after: Option<store::Answer> = None;
        loop {
            let mut tx = self.begin(by).await?;
            let page = store::answers(&mut tx, after.as_ref()).await?;
            if page.is_empty() {
                return Ok(());
            }
            for old in &page {
                let row = idempotency::row(&old.principal, &old.method, &old.path, &old.key);
                let cell = Cell::answer(by.org_id(), &row);
                if let Opened::Previous(bytes) = self.platform.sealer.opened(cell, &old.answer) {
                    let new = self.platform.sealer.seal(cell, &bytes)?;
                    store::put_answer(&mut tx, old, &new).await?;
                }
            }
            tx.commit().await?;
            after = page.into_iter().last();
        }
    }

    /// Counts a sealed value, and seals it anew if that is due.
    fn judge(&mut self, cell: Cell<'_>, sealed: &[u8]) -> Result<Option<Vec<u8>>> {
        match self.platform.sealer.opened(cell, sealed) {
            Opened::Present(_) => self.found.present += 1,
            Opened::Previous(bytes) => {
                self.found.previous += 1;
                if self.anew {
                    return self.platform.sealer.seal(cell, &bytes).map(Some);
                }
            }
            Opened::Not => *self.found.lost.entry(cell.column).or_default() += 1,
        }
        Ok(None)
    }

    async fn begin(&self, by: &By) -> Result<Tx> {
        Ok(self.platform.db.begin(by).await?)
    }
}

/// Whose secrets they are is nobody's business here, and nobody's action.
fn nobody(platform: &Platform, org: OrgId) -> By {
    let caller = Caller {
        org_id: org,
        principal: Principal::Key(KeyId::from(Uuid::nil())),
        role: Role::Viewer,
        realms: Realms::All,
        credential: Credential::ApiKey,
        expires_at: None,
        can_approve: false,
        platform_admin: false,
        request_id: "sealing".to_owned(),
        ip: None,
        causes: Vec::new(),
    };
    By::granted(&platform.system, &caller, Action::LlmSettingsRead)
}
