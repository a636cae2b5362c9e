use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

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
  AGENTCY_LOG: is none of the words it knows
    mend: set it to pretty or json
  AGENTCY_TRUSTED_PROXIES: entry 2 is not a range of addresses
    mend: write ranges like 10.1.0.0/16 or fd00::/8
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
