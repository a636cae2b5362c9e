use std::{path::PathBuf, time::Duration};

use agentcy_config::{
    AllowedFolder, Config, Environment, LogFormat, Provider, QueryTokens, Registration,
};
use agentcy_core::Feature;
use secrecy::ExposeSecret;

use crate::{faulty, read};

#[test]
fn nothing_set_is_a_whole_configuration_on_a_loopback_address() {
    let environment = Environment::from_pairs([("PATH", "/bin")]).in_directory("/srv/agentcy");
    let config = Config::from_environment(&environment).unwrap();
    assert!(config.is_loopback());
    assert_eq!(config.server.bind.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.log, LogFormat::Pretty);
    assert_eq!(config.server.query_tokens, QueryTokens::Any);
    assert_eq!(config.data_dir, PathBuf::from("/srv/agentcy/data"));
    assert!(config.database.url.is_none() && config.neo4j.is_none() && config.redis.is_none());
    assert_eq!(config.auth.jwt_expiry, Duration::from_hours(24));
    assert_eq!(config.auth.audience, "agentcy");
    assert_eq!(config.auth.admin_email, "admin@localhost");
    assert_eq!(config.auth.registration, Registration::Invite);
    assert!(config.auth.jwt_secret.is_none() && config.auth.admin_password.is_none());
    assert!(config.auth.oidc.is_none());
    assert!(config.egress.allow.is_empty());
    let start = AllowedFolder { org_id: None, path: "/srv/agentcy".into() };
    assert_eq!(config.egress.files_allow, [start]);
    assert!(config.features.has(Feature::Workers) && !config.features.has(Feature::Rag));
    assert_eq!(config.llm.provider, Provider::Builtin);
    assert_eq!(config.telemetry.filter, "info,sqlx=warn");
}

#[test]
fn the_data_of_root_lies_where_an_unprivileged_user_can_reach_it() {
    let environment = Environment::from_pairs::<&str, &str>([]).as_root();
    let config = Config::from_environment(&environment).unwrap();
    assert_eq!(config.data_dir, PathBuf::from("/var/lib/agentcy"));
    let environment = Environment::from_pairs([("AGENTCY_DATA_DIR", "/x")]).as_root();
    let config = Config::from_environment(&environment).unwrap();
    assert_eq!(config.data_dir, PathBuf::from("/x"));
}

#[test]
fn an_empty_variable_is_not_set() {
    let config =
        read(&[("AGENTCY_BIND", ""), ("NEO4J_URI", ""), ("AGENTCY_NONSENSE", "")]).unwrap();
    assert_eq!(config.server.bind.to_string(), "127.0.0.1:8080");
    assert!(config.neo4j.is_none());
}

#[test]
fn outside_stores_are_read_as_they_are_written() {
    let config = read(&[
        ("DATABASE_URL", "postgres://app:pw@db/agentcy?sslmode=require"),
        ("DATABASE_MIGRATE_URL", "postgresql://owner:pw@db/agentcy"),
        ("NEO4J_URI", "neo4j+s://graph:7687"),
        ("NEO4J_PASSWORD", "pw"),
        ("REDIS_URL", "redis://:pw@cache:6379/2"),
    ])
    .unwrap();
    let exposed = |secret: &secrecy::SecretString| secret.expose_secret().to_owned();
    let database = config.database;
    assert_eq!(exposed(&database.url.unwrap()), "postgres://app:pw@db/agentcy?sslmode=require");
    assert_eq!(exposed(&database.migrate_url.unwrap()), "postgresql://owner:pw@db/agentcy");
    let neo4j = config.neo4j.unwrap();
    assert_eq!((neo4j.user.as_str(), neo4j.database), ("neo4j", None));
    assert_eq!(exposed(&config.redis.unwrap()), "redis://:pw@cache:6379/2");
}

#[test]
fn lists_are_parsed_entry_by_entry() {
    let org = "org_01976b4e-7c00-7000-8000-000000000000";
    let config = read(&[
        ("JWT_SECRET", "kQz7vD2mXw8RtL4yNc1HbJ6sGf3PaE9u"),
        ("AGENTCY_ENCRYPTION_KEY", "nq5Dk0XJY2b1fT8uW7eRZs3vCgLh6MxPoAiQyBtVdEU="),
        ("AGENTCY_ADMIN_PASSWORD", "correct horse battery"),
        ("AGENTCY_TRUSTED_PROXIES", "10.0.0.0/8, ::1,"),
        ("AGENTCY_EGRESS_ALLOW", "192.168.1.7"),
        ("AGENTCY_FILES_ALLOW", &format!("{org}:/srv/a, b/./c")),
        ("AGENTCY_CORS_ORIGINS", "https://App.example.org:443,http://localhost:3000/"),
        ("AGENTCY_ALLOWED_HOSTS", "Agentcy.example.org"),
    ])
    .unwrap();
    let nets: Vec<_> = config.server.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(nets, ["10.0.0.0/8", "::1/128"]);
    assert_eq!(config.egress.allow[0].to_string(), "192.168.1.7/32");
    let folders = [
        AllowedFolder { org_id: Some(org.parse().unwrap()), path: "/srv/a".into() },
        AllowedFolder { org_id: None, path: "/b/c".into() },
    ];
    assert_eq!(config.egress.files_allow, folders);
    assert_eq!(config.server.cors_origins, ["https://app.example.org", "http://localhost:3000"]);
    assert_eq!(config.server.allowed_hosts.unwrap(), ["agentcy.example.org"]);
}

#[test]
fn an_issuer_is_read_with_its_claims() {
    let config = read(&[
        ("AUTH_PROVIDER", "oidc"),
        ("JWKS_URL", "https://id.example.org/jwks"),
        ("JWT_ISSUER", "https://id.example.org/"),
        ("OIDC_CLAIM_ROLE", "role"),
    ])
    .unwrap();
    let oidc = config.auth.oidc.unwrap();
    assert_eq!(oidc.issuer, "https://id.example.org/");
    assert_eq!(oidc.claim_org_id, "https://agentcy.dev/org_id");
    assert_eq!(oidc.claim_role, "role");
}

#[test]
fn values_of_the_wrong_kind_are_faults() {
    for (name, bad) in [
        ("AGENTCY_BIND", "8080"),
        ("AGENTCY_PUBLIC_URL", "agentcy.example.org"),
        ("AGENTCY_PUBLIC_URL", "https://example.org/agentcy"),
        ("AGENTCY_LOG", "xml"),
        ("AGENTCY_TRUSTED_PROXIES", "10.0.0.0/40"),
        ("AGENTCY_ALLOWED_HOSTS", "https://example.org"),
        ("AGENTCY_CORS_ORIGINS", "*"),
        ("AGENTCY_QUERY_TOKENS", "none"),
        ("DATABASE_URL", "mysql://db/agentcy"),
        ("REDIS_URL", "rediss://cache:6379"),
        ("REDIS_URL", "redis://cache/first"),
        ("JWT_AUDIENCE", "two\nlines"),
        ("JWT_EXPIRY_SECS", "0"),
        ("AGENTCY_REGISTRATION", "maybe"),
        ("AGENTCY_ADMIN_EMAIL", "root"),
        ("AGENTCY_ENCRYPTION_KEY", "too-short"),
        ("AGENTCY_EGRESS_ALLOW", "localhost"),
        ("AGENTCY_FILES_ALLOW", "org_7:/srv"),
        ("AGENTCY_FEATURES_WORKERS", "yes"),
        ("AGENTCY_FEATURES_RAG", "true"),
        ("LLM_PROVIDER", "skynet"),
        ("RUST_LOG", "agentcy=loudly"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"),
    ] {
        assert_eq!(faulty(&[(name, bad)]), [name], "{bad}");
    }
}

/// Settings, and those of them that are at fault.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

#[test]
fn combinations_that_cannot_work_are_faults() {
    let key = "0".repeat(64);
    let cases: [Case; 13] = [
        (&[("AGENTCY_ADMIN_EMAIL", "ops@example.org")], &["AGENTCY_ADMIN_EMAIL"]),
        (&[("DATABASE_MIGRATE_URL", "postgres://db/a")], &["DATABASE_MIGRATE_URL"]),
        (&[("NEO4J_URI", "bolt://graph:7687")], &["NEO4J_PASSWORD"]),
        (&[("NEO4J_URI", "bolt://u:p@graph"), ("NEO4J_PASSWORD", "p")], &["NEO4J_URI"]),
        (
            &[("NEO4J_PASSWORD", "p"), ("NEO4J_DATABASE", "d")],
            &["NEO4J_PASSWORD", "NEO4J_DATABASE"],
        ),
        (&[("AUTH_PROVIDER", "oidc")], &["JWKS_URL", "JWT_ISSUER"]),
        (
            &[
                ("JWKS_URL", "https://id.example.org/jwks"),
                ("JWT_ISSUER", "https://id.example.org/"),
            ],
            &["JWKS_URL", "JWT_ISSUER"],
        ),
        (&[("AUTH_PROVIDER", "local"), ("JWT_ISSUER", "https://id/")], &["JWT_ISSUER"]),
        (&[("JWT_SECRET_PREVIOUS", "old")], &["JWT_SECRET_PREVIOUS"]),
        (&[("AGENTCY_ENCRYPTION_KEY_PREVIOUS", &key)], &["AGENTCY_ENCRYPTION_KEY_PREVIOUS"]),
        (&[("LLM_API_KEY", "sk"), ("LLM_MODEL", "m")], &["LLM_API_KEY", "LLM_MODEL"]),
        (&[("LLM_PROVIDER", "anthropic")], &["LLM_API_KEY"]),
        (&[("LLM_PROVIDER", "openai"), ("LLM_BASE_URL", "http://u:p@host/v1")], &["LLM_BASE_URL"]),
    ];
    for (pairs, expected) in cases {
        assert_eq!(faulty(pairs), expected);
    }
    assert!(read(&[("LLM_PROVIDER", "openai"), ("LLM_BASE_URL", "http://ollama/v1")]).is_ok());
}
