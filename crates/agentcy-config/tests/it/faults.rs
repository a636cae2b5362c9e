use std::{collections::BTreeSet, ffi::OsStr, os::unix::ffi::OsStrExt};

use agentcy_config::{Config, Environment};

use crate::{faulty, read};

#[test]
fn all_faults_come_at_once_as_a_list_that_reads_well() {
    let faults = read(&[
        ("AGENTCY_LOG", "xml"),
        ("DATABASE_URL", "mysql://db"),
        ("AGENTCY_BIDN", "127.0.0.1:80"),
        ("AGENTCY_TRUSTED_PROXIES", "10.0.0.0/8,nobody"),
    ])
    .unwrap_err();
    assert_eq!(
        faults.to_string(),
        "4 settings are wrong:
  AGENTCY_TRUSTED_PROXIES: entry 2 is not a range of addresses
    mend: write ranges like 10.1.0.0/16 or fd00::/8
  AGENTCY_LOG: is none of the words it knows
    mend: set it to pretty or json
  DATABASE_URL: has a scheme other than postgres, postgresql
    mend: write it like postgres://user:password@host:5432/agentcy
  AGENTCY_BIDN: is no setting
    mend: did you mean AGENTCY_BIND?"
    );
}

#[test]
fn a_misspelt_name_is_answered_with_the_nearest_one() {
    for (wrong, right) in [
        ("AGENTCY_DATADIR", "AGENTCY_DATA_DIR"),
        ("AGENTCY_JWT_SECRET", "JWT_SECRET"),
        ("AGENTCY_FEATURE_RAG", "AGENTCY_FEATURES_RAG"),
        ("AGENTCY_ADMIN_PASSWORD_FIL", "AGENTCY_ADMIN_PASSWORD_FILE"),
    ] {
        let faults = read(&[(wrong, "x")]).unwrap_err();
        let fault = faults.iter().next().unwrap();
        assert_eq!(fault.mend, format!("did you mean {right}?"));
    }
}

#[test]
fn a_name_that_is_near_none_is_answered_with_where_the_names_are() {
    for wrong in ["AGENTCY_SOURCES_PATHS", "AGENTCY_TOKEN", "AGENTCY_X"] {
        let faults = read(&[(wrong, "x")]).unwrap_err();
        let fault = faults.iter().next().unwrap();
        assert_eq!(fault.mend, "`agentcy env-example` says which there are", "{wrong}");
    }
}

/// The command line and compose read names of ours that are no settings of the server.
#[test]
fn every_name_of_ours_that_something_else_reads_is_no_fault() {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut texts = vec![std::fs::read_to_string(root.join("docker-compose.yml")).unwrap()];
    let mut folders = vec![root.join("crates/agentcy/src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                texts.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let names: BTreeSet<&str> = texts
        .iter()
        .flat_map(|text| text.match_indices("AGENTCY_").map(|(at, _)| &text[at..]))
        .map(|rest| rest.split(|c| !part(c)).next().unwrap())
        .filter(|name| !name.ends_with('_'))
        .collect();
    assert!(names.contains("AGENTCY_HOOK_SECRET") && names.contains("AGENTCY_PORT"), "{names:?}");
    for name in names {
        let Err(faults) = read(&[(name, "x")]) else { continue };
        let unknown: Vec<_> =
            faults.iter().filter(|fault| fault.wrong == "is no setting").collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}

#[test]
fn names_for_tests_and_names_of_others_do_not_count() {
    assert!(read(&[("AGENTCY_TEST_REDIS", "redis://x"), ("JWT_SECRETT", "x")]).is_ok());
}

#[test]
fn a_file_name_variable_exists_for_secrets_only() {
    assert_eq!(faulty(&[("AGENTCY_BIND_FILE", "/x")]), ["AGENTCY_BIND_FILE"]);
}

#[test]
fn a_value_that_is_not_utf8_is_a_fault() {
    let environment = Environment::from_pairs([("AGENTCY_LOG", OsStr::from_bytes(b"\xff"))]);
    let faults = Config::from_environment(&environment).unwrap_err();
    assert_eq!(faults.iter().next().unwrap().variable, "AGENTCY_LOG");
}
