//! A platform over a database of its own, with people in it.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test whose stage cannot be set has failed"
)]

use std::{sync::Arc, time::Duration};

use agentcy_bus::Bus;
use agentcy_core::{
    Caller, Clock, Credential, Entropy, Feature, Features, Ids, Principal, Realms, Role, System,
    clock::{SystemClock, SystemEntropy},
    id::{KeyId, OrgId, UserId},
};
use agentcy_egress::Egress;
use agentcy_graph::Embedded;
use agentcy_llm::Settings;
use agentcy_platform::{
    Engines, Ground, Platform, Setup,
    jobs::Runner,
    lifecycle::Lifecycle,
    order::{self, Sequencer},
    projection::{self, Projector},
    setup::{AuthSetup, PasswordCost, QueryTokens, Rates, Registration, SourceSetup},
    sync,
};
use agentcy_sources::Catalog;
use agentcy_store::{
    Db,
    system::founding::{self, NewUser, WayIn},
};
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, Version, password_hash::phc::PasswordHash,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    clock::{ManualClock, SeededEntropy},
    postgres::TestDb,
};

/// The password of everybody that [`TestPlatform::user`] makes.
pub const PASSWORD: &str = "correct horse battery";
/// As cheap as Argon2 gets.
pub const COST: PasswordCost = PasswordCost { memory_kib: 8, iterations: 1, at_once: 4 };

/// A platform and what it stands on.
pub struct TestPlatform {
    /// The platform.
    pub platform: Platform,
    /// Its database.
    pub database: TestDb,
    /// Its time.
    pub clock: Arc<ManualClock>,
    /// The system's door.
    pub system: System,
    /// Makes ids.
    pub ids: Ids,
    /// Its pool.
    pub db: Db,
    engines: Engines,
    setup: Setup,
    entropy: Arc<dyn Entropy>,
    _folder: TempDir,
}

/// Somebody who may sign in with [`PASSWORD`].
#[derive(Debug, Clone)]
pub struct TestUser {
    /// Who.
    pub id: UserId,
    /// The org they are in.
    pub org_id: OrgId,
    /// Their e-mail.
    pub email: String,
    /// Their role.
    pub role: Role,
}

impl TestPlatform {
    /// A platform as it is without settings.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with some settings changed.
    pub async fn with(change: impl FnOnce(&mut Setup)) -> Self {
        Self::over(TestDb::new().await, change, |_, _| {})
    }

    /// The same over a database that is there already, on engines some of which the test has exchanged.
    pub fn over(
        database: TestDb,
        change: impl FnOnce(&mut Setup),
        exchange: impl FnOnce(&TestDb, &mut Engines),
    ) -> Self {
        let folder = TempDir::new().expect("a folder");
        let clock = Arc::new(ManualClock::default());
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(1));
        let graph = Embedded::open(folder.path(), Uuid::from_u128(1), 2).expect("a graph");
        let time: Arc<dyn Clock> = clock.clone();
        let mut engines = Engines {
            db: database.db(8),
            bus: Bus::in_process(Arc::clone(&time), Arc::clone(&entropy), CancellationToken::new()),
            graph: Arc::new(graph),
            egress: Egress::new(vec!["127.0.0.0/8".parse().expect("a network")]),
            connectors: Catalog::built_in(),
        };
        exchange(&database, &mut engines);
        let db = engines.db.clone();
        let mut setup = setup();
        change(&mut setup);
        #[expect(clippy::disallowed_methods, reason = "the test is the composition root")]
        let system = System::establish();
        let ids = Ids::new(Arc::clone(&time), Arc::clone(&entropy));
        let ground = Ground { clock: time, entropy: Arc::clone(&entropy) };
        let platform = Platform::new(system.clone(), ground, engines.clone(), setup.clone());
        Self {
            platform,
            database,
            clock,
            system,
            ids,
            db,
            engines,
            setup,
            entropy,
            _folder: folder,
        }
    }

    /// Another process over the same stores, with caches of its own.
    pub fn replica(&self) -> Platform {
        self.replica_with(|_| {})
    }

    /// Another process over the same stores, set up in another way.
    pub fn replica_with(&self, change: impl FnOnce(&mut Setup)) -> Platform {
        let ground = Ground { clock: self.clock.clone(), entropy: Arc::clone(&self.entropy) };
        let mut setup = self.setup.clone();
        change(&mut setup);
        Platform::new(self.system.clone(), ground, self.engines.clone(), setup)
    }

    /// Another process over the same stores, with a bus of its own.
    pub fn replica_on(&self, bus: Bus) -> Platform {
        let ground = Ground { clock: self.clock.clone(), entropy: Arc::clone(&self.entropy) };
        let engines = Engines { bus, ..self.engines.clone() };
        Platform::new(self.system.clone(), ground, engines, self.setup.clone())
    }

    /// Another process over the same stores, with so many connections to the database.
    pub fn replica_of(&self, connections: usize) -> Platform {
        let ground = Ground { clock: self.clock.clone(), entropy: Arc::clone(&self.entropy) };
        let engines = Engines { db: self.database.db(connections), ..self.engines.clone() };
        Platform::new(self.system.clone(), ground, engines, self.setup.clone())
    }

    /// Another process over the same stores, whose time and secrets are real: for what is measured.
    pub fn in_real_time(&self) -> Platform {
        let ground = Ground { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) };
        Platform::new(self.system.clone(), ground, self.engines.clone(), self.setup.clone())
    }

    /// Does what goes on without a request until there is nothing to do: jobs, numbers, the projection.
    pub async fn settle(&self) {
        let lifecycle = Lifecycle::default();
        let runner = Runner::new(&self.platform, &lifecycle, sync::kinds());
        while runner.claim().await.expect("a claim") > 0 {
            runner.idle().await;
        }
        let mut sequencer = Sequencer::new(&self.platform);
        while sequencer.turn(&self.platform).await.expect("a turn") == order::Turn::More {}
        sequencer.release(&self.platform).await.expect("the lease");
        let mut projector = Projector::new(&self.platform);
        while projector.turn(&self.platform).await.expect("a turn") == projection::Turn::More {}
        projector.finish(&self.platform).await.expect("the lease");
    }

    /// An org with its built-in realms and nobody in it.
    pub async fn org(&self) -> OrgId {
        let org = self.ids.next();
        let mut tx = self.db.system(&self.system).await.expect("the database");
        let made = founding::insert_org(&mut tx, org, "Analytical Engines", self.clock.now());
        made.await.expect("an org");
        tx.commit().await.expect("a commit");
        org
    }

    /// A new member of an org.
    pub async fn user(&self, org: OrgId, role: Role) -> TestUser {
        let id: UserId = self.ids.next();
        let email = format!("{id}@example.org");
        let user = NewUser {
            id,
            email: email.clone(),
            name: format!("{role} {id}"),
            way_in: WayIn::Password(hash(PASSWORD)),
            platform_admin: false,
            at: self.clock.now(),
        };
        let mut tx = self.db.system(&self.system).await.expect("the database");
        founding::insert_user(&mut tx, &user).await.expect("a user");
        tx.commit().await.expect("a commit");
        self.join(org, id, role, &Realms::All).await;
        TestUser { id, org_id: org, email, role }
    }

    /// Makes somebody a member of an org.
    pub async fn join(&self, org: OrgId, user: UserId, role: Role, realms: &Realms) {
        let mut tx = self.db.system(&self.system).await.expect("the database");
        let at = self.clock.now();
        let joined = founding::insert_membership(&mut tx, org, user, role, realms, at).await;
        assert!(joined.expect("a membership"), "{user} is a member already");
        tx.commit().await.expect("a commit");
    }

    /// A new member of an org, calling.
    pub async fn caller(&self, org: OrgId, role: Role) -> Caller {
        let user = self.user(org, role).await;
        self.calling(&user)
    }

    /// This person, calling.
    pub fn calling(&self, user: &TestUser) -> Caller {
        Caller {
            org_id: user.org_id,
            principal: Principal::User(user.id),
            role: user.role,
            realms: Realms::All,
            credential: Credential::Session(self.ids.next()),
            expires_at: None,
            can_approve: true,
            platform_admin: false,
            request_id: "req-test".to_owned(),
            ip: None,
            causes: Vec::new(),
        }
    }

    /// The same rights, held by an API key that is in no table.
    pub fn as_key(&self, caller: &Caller) -> Caller {
        let key: KeyId = self.ids.next();
        let (principal, credential) = (Principal::Key(key), Credential::ApiKey);
        Caller { principal, credential, can_approve: false, ..caller.clone() }
    }
}

fn hash(password: &str) -> String {
    let params = Params::new(COST.memory_kib, COST.iterations, 1, None).expect("costs");
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: PasswordHash =
        argon2.hash_password_with_salt(password.as_bytes(), &[7; 16]).expect("a hash");
    hash.to_string()
}

/// What workers elsewhere show.
pub const WORKER_TOKEN: &str = "the worker token of the tests alone";

/// What a test platform is set up with unless the test says otherwise.
pub fn setup() -> Setup {
    Setup {
        auth: AuthSetup {
            jwt_secret: "a secret of the tests and of nothing else".into(),
            jwt_secret_previous: None,
            jwt_expiry: Duration::from_hours(24),
            oidc: None,
            registration: Registration::Invite,
            worker_token: Some(WORKER_TOKEN.into()),
            query_tokens: QueryTokens::Any,
            passwords: COST,
        },
        features: Features::from_rule(Feature::is_on_by_default),
        llm: Settings::builtin(),
        rates: Rates::default(),
        sources: SourceSetup::default(),
        sealing: ([7; 32], None),
    }
}
