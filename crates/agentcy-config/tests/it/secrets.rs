use agentcy_config::{Config, EncryptionKey, Environment, Origin};
use secrecy::ExposeSecret;

use crate::{faulty, read};

const CANARY: &str = "kanarienvogel";

#[test]
fn no_secret_shows_in_debug_faults_or_effective_settings() {
    let url = format!("postgres://app:{CANARY}@db:5432/agentcy?password={CANARY}");
    let odd = format!("postgres://app:12/{CANARY}@db/agentcy");
    let key = format!("{:0<64}", "ca1a7e");
    let pairs = [
        ("DATABASE_URL", url.as_str()),
        ("DATABASE_MIGRATE_URL", &odd),
        ("REDIS_URL", &format!("redis://:{CANARY}@cache")),
        ("NEO4J_URI", "bolt://graph"),
        ("NEO4J_PASSWORD", CANARY),
        ("JWT_SECRET", CANARY),
        ("WORKER_TOKEN", CANARY),
        ("AGENTCY_ADMIN_PASSWORD", CANARY),
        ("AGENTCY_METRICS_TOKEN", CANARY),
        ("AGENTCY_ENCRYPTION_KEY", &key),
        ("LLM_PROVIDER", "openai"),
        ("LLM_API_KEY", CANARY),
    ];
    let environment = Environment::from_pairs(pairs);
    let config = Config::from_environment(&environment).unwrap();
    let shown = format!("{environment:?} {config:?} {:?}", config.effective());
    assert!(!shown.contains(CANARY) && !shown.contains("ca1a7e"), "{shown}");

    let bad = format!("mysql://u:{CANARY}@db");
    let names = ["DATABASE_URL", "REDIS_URL", "NEO4J_URI", "JWKS_URL", "AGENTCY_PUBLIC_URL"];
    let mut pairs: Vec<_> = names.iter().map(|name| (*name, bad.as_str())).collect();
    pairs.extend([("AGENTCY_BIND", "0.0.0.0:80"), ("JWT_SECRET", CANARY)]);
    let faults = read(&pairs).unwrap_err();
    assert!(!format!("{faults} {faults:?}").contains(CANARY), "{faults}");
}

#[test]
fn the_effective_settings_show_where_a_database_is_and_who_said_so() {
    let config = read(&[("DATABASE_URL", "postgres://app:pw@db:5432/agentcy")]).unwrap();
    let find = |name| config.effective().iter().find(|entry| entry.name == name).unwrap();
    let url = find("DATABASE_URL");
    assert_eq!(url.value.as_deref(), Some("postgres://db:5432/agentcy (****)"));
    assert_eq!(url.origin, Origin::Environment);
    let bind = find("AGENTCY_BIND");
    assert_eq!((bind.value.as_deref(), bind.origin), (Some("127.0.0.1:8080"), Origin::Default));
    assert_eq!(find("JWT_SECRET").value, None);
}

#[test]
fn a_secret_may_come_from_a_file_without_its_last_newline() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwt");
    std::fs::write(&path, " from a file \n").unwrap();
    let path = path.to_str().unwrap();
    let config = read(&[("JWT_SECRET_FILE", path)]).unwrap();
    assert_eq!(config.auth.jwt_secret.unwrap().expose_secret(), " from a file ");
    assert_eq!(faulty(&[("JWT_SECRET_FILE", path), ("JWT_SECRET", "x")]), ["JWT_SECRET"]);
}

#[test]
fn a_file_that_is_missing_empty_or_huge_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let (empty, huge) = (folder.path().join("empty"), folder.path().join("huge"));
    std::fs::write(&empty, "\n").unwrap();
    std::fs::write(&huge, vec![b'x'; 100_000]).unwrap();
    for path in [&empty, &huge, &folder.path().join("missing"), &folder.path().to_owned()] {
        let path = path.to_str().unwrap();
        assert_eq!(faulty(&[("WORKER_TOKEN_FILE", path)]), ["WORKER_TOKEN_FILE"], "{path}");
    }
}

#[test]
fn a_key_is_thirty_two_bytes_in_hex_or_any_base64() {
    let bytes: [u8; 32] = std::array::from_fn(|i| u8::try_from(255 - i).unwrap());
    for text in [
        "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0",
        "//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA=",
        "//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA",
        "__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA",
    ] {
        assert_eq!(text.parse::<EncryptionKey>().unwrap().expose(), &bytes, "{text}");
    }
    for bad in ["", "AAAA", &"g".repeat(64), &"A".repeat(65)] {
        assert!(bad.parse::<EncryptionKey>().is_err(), "{bad}");
    }
}
