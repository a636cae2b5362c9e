use agentcy_core::Role;
use agentcy_platform::{
    auth::{PasswordChange, auth_config, change_password, default_login_in_force, login},
    first_start::{DEFAULT_EMAIL, DEFAULT_PASSWORD, first_start},
};
use agentcy_testkit::platform::TestPlatform;

use super::{from, knock, with};

#[tokio::test]
async fn of_two_that_start_at_once_one_makes_the_org_and_its_owner() {
    let test = TestPlatform::new().await;
    let other = test.replica();
    let password = DEFAULT_PASSWORD.into();
    let (one, two) = tokio::join!(
        first_start(&test.platform, DEFAULT_EMAIL, &password),
        first_start(&other, DEFAULT_EMAIL, &password),
    );
    let made = [one.unwrap(), two.unwrap()];
    assert_eq!(made.iter().filter(|start| start.made).count(), 1, "{made:?}");
    assert!(default_login_in_force(&test.platform) && default_login_in_force(&other));
    let session =
        login(&test.platform, with(DEFAULT_EMAIL, DEFAULT_PASSWORD), &from()).await.unwrap();
    assert_eq!(session.user.role, Role::Owner);
    assert!(knock(&test.platform, &session).await.unwrap().platform_admin);
    let realms = test.database.rows("select slug from realms where built_in").await;
    assert_eq!(realms.len(), 5);
    assert_eq!(
        test.database.rows("select id from audit where action = 'org.create'").await.len(),
        1
    );
}

#[tokio::test]
async fn a_later_start_changes_nobody() {
    let test = TestPlatform::new().await;
    first_start(&test.platform, "ada@example.org", &"the first of them".into()).await.unwrap();
    let again = first_start(&test.platform, "ada@example.org", &"another of them".into()).await;
    assert!(!again.unwrap().made);
    assert!(
        login(&test.platform, with("ada@example.org", "the first of them"), &from()).await.is_ok()
    );
    assert!(!default_login_in_force(&test.platform));
    assert!(!auth_config(&test.platform).default_login);
}

#[tokio::test]
async fn the_default_login_is_over_once_its_password_is_changed() {
    let test = TestPlatform::new().await;
    first_start(&test.platform, DEFAULT_EMAIL, &DEFAULT_PASSWORD.into()).await.unwrap();
    let session =
        login(&test.platform, with(DEFAULT_EMAIL, DEFAULT_PASSWORD), &from()).await.unwrap();
    let caller = knock(&test.platform, &session).await.unwrap();
    assert!(auth_config(&test.platform).default_login);
    let change = PasswordChange {
        old_password: DEFAULT_PASSWORD.into(),
        new_password: "a staple of batteries".into(),
    };
    change_password(&test.platform, &caller, change).await.unwrap();
    assert!(!default_login_in_force(&test.platform));
    let restarted = test.replica();
    first_start(&restarted, DEFAULT_EMAIL, &DEFAULT_PASSWORD.into()).await.unwrap();
    assert!(!default_login_in_force(&restarted));
}

#[tokio::test]
async fn the_default_password_is_known_whoever_it_was_given_to() {
    let test = TestPlatform::new().await;
    let first = first_start(&test.platform, "ops@example.org", &DEFAULT_PASSWORD.into()).await;
    assert_eq!(first.unwrap().default_login.as_deref(), Some("ops@example.org"));
    assert!(default_login_in_force(&test.platform));
    // Also where the settings name somebody else by now.
    let restarted = test.replica();
    let again = first_start(&restarted, "ada@example.org", &"never set anywhere".into()).await;
    assert_eq!(again.unwrap().default_login.as_deref(), Some("ops@example.org"));
    assert!(default_login_in_force(&restarted));

    let session =
        login(&restarted, with("ops@example.org", DEFAULT_PASSWORD), &from()).await.unwrap();
    let caller = knock(&restarted, &session).await.unwrap();
    let change = PasswordChange {
        old_password: DEFAULT_PASSWORD.into(),
        new_password: "a staple of batteries".into(),
    };
    change_password(&restarted, &caller, change).await.unwrap();
    assert!(!default_login_in_force(&restarted));
}
