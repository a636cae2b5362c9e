//! What a person says of themselves, and the orgs they belong to.

use agentcy_core::{Action, Caller};
use agentcy_store::{audit, system::memberships, users};
use serde_json::{Value, json};
use url::Url;

use crate::{Change, Error, Platform, Result, error::Faults, grant, text};

pub use agentcy_store::{system::memberships::Membership, users::Profile};

const MAX_PREFERENCES: usize = 16 * 1024;

/// A person with their orgs.
#[derive(Debug, Clone)]
pub struct Me {
    /// Who they are.
    pub profile: Profile,
    /// What they are where; orgs that shut them out are not told.
    pub memberships: Vec<Membership>,
}

/// What to change of oneself.
#[derive(Debug, Clone, Default)]
pub struct ProfileUpdate {
    /// The name.
    pub name: Option<String>,
    /// Where the picture is.
    pub avatar_url: Change<String>,
    /// What the UI keeps; replaced whole, emptied by null.
    pub preferences: Change<Value>,
}

/// The caller's profile and orgs.
pub async fn read(platform: &Platform, caller: &Caller) -> Result<Me> {
    let by = platform.permit(caller, Action::ProfileRead).await?;
    let user = grant::person(&by)?;
    let mut reader = platform.db.read(&by).await?;
    let profile = users::find(&mut reader, user).await?.ok_or_else(Error::unauthenticated)?;
    drop(reader);
    with_memberships(platform, profile).await
}

/// Changes the caller's profile. Errors: `invalid`.
pub async fn update(platform: &Platform, caller: &Caller, change: ProfileUpdate) -> Result<Me> {
    let by = platform.permit(caller, Action::ProfileUpdate).await?;
    let user = grant::person(&by)?;
    let change = change.check()?;
    let mut tx = platform.db.begin(&by).await?;
    let before = users::lock(&mut tx, user).await?.ok_or_else(Error::unauthenticated)?;
    let after = change.apply(before.clone());
    let fields = changed(&before, &after);
    if !fields.is_empty() {
        users::update(&mut tx, &after, platform.clock.now()).await?;
        let details = json!({ "changed": fields });
        audit::record(&mut tx, &platform.done(&by, user, details)).await?;
    }
    tx.commit().await?;
    with_memberships(platform, after).await
}

async fn with_memberships(platform: &Platform, profile: Profile) -> Result<Me> {
    let mut tx = platform.db.system(&platform.system).await?;
    let memberships = memberships::of_user(&mut tx, profile.id).await?;
    tx.commit().await?;
    Ok(Me { profile, memberships })
}

fn changed(before: &Profile, after: &Profile) -> Vec<&'static str> {
    let fields = [
        ("name", before.name != after.name),
        ("avatar_url", before.avatar_url != after.avatar_url),
        ("preferences", before.preferences != after.preferences),
    ];
    fields.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
}

impl ProfileUpdate {
    fn check(self) -> Result<Self> {
        let mut faults = Faults::default();
        faults.require(self.name.as_deref().is_none_or(text::is_name), "name", text::NAME_RULE);
        let avatar = self.avatar_url.as_set();
        let rule = "an http or https address of at most 2048 characters";
        faults.require(avatar.is_none_or(|url| is_web_address(url)), "avatar_url", rule);
        if let Some(preferences) = self.preferences.as_set() {
            let is_small = preferences.to_string().len() <= MAX_PREFERENCES;
            faults.require(preferences.is_object(), "preferences", "an object");
            faults.require(is_small, "preferences", "at most 16 KiB");
            faults.require(!text::holds_nul(preferences), "preferences", "no NUL in any text");
        }
        faults.into_result()?;
        Ok(self)
    }

    fn apply(self, mut profile: Profile) -> Profile {
        if let Some(name) = self.name {
            profile.name = name;
        }
        self.avatar_url.apply(&mut profile.avatar_url);
        match self.preferences {
            Change::Keep => {}
            Change::Clear => profile.preferences = json!({}),
            Change::Set(preferences) => profile.preferences = preferences,
        }
        profile
    }
}

fn is_web_address(text: &str) -> bool {
    text.chars().count() <= 2048
        && !text.chars().any(char::is_control)
        && Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}
