use std::collections::BTreeSet;

use agentcy_config::{Config, Environment, SECTIONS, Secrecy, env_example};

use crate::read;

fn table() -> Vec<&'static str> {
    SECTIONS.iter().flat_map(|section| section.settings).map(|setting| setting.name).collect()
}

#[test]
fn the_table_and_what_is_parsed_are_the_same_settings_in_the_same_order() {
    let config = read(&[]).unwrap();
    let parsed: Vec<_> = config.effective().iter().map(|entry| entry.name).collect();
    assert_eq!(parsed, table());
    let unique: BTreeSet<_> = table().into_iter().collect();
    assert_eq!(unique.len(), table().len());
}

#[test]
fn what_the_table_calls_a_default_is_what_holds() {
    let config = read(&[]).unwrap();
    let settings = SECTIONS.iter().flat_map(|section| section.settings);
    for (setting, entry) in settings.zip(config.effective()) {
        assert_eq!(setting.default, entry.value.as_deref(), "{}", setting.name);
        assert!(setting.default.is_none() || setting.secrecy == Secrecy::Open, "{}", setting.name);
    }
}

#[test]
fn the_example_names_every_setting_once_and_sets_none() {
    let example = env_example();
    for name in table() {
        let lines = example.lines().filter(|line| line.starts_with(&format!("# {name}=")));
        assert_eq!(lines.count(), 1, "{name}");
    }
    assert!(example.lines().all(|line| line.is_empty() || line.starts_with('#')));
}

#[test]
fn the_example_with_its_defaults_taken_is_the_configuration_without_it() {
    let example = env_example();
    let lines = example.lines().filter_map(|line| line.strip_prefix("# ")?.split_once('='));
    let known: BTreeSet<_> = table().into_iter().collect();
    let pairs = lines.filter(|(name, _)| known.contains(name));
    let taken = Config::from_environment(&Environment::from_pairs(pairs)).unwrap();
    let values = |config: &Config| -> Vec<_> {
        config.effective().iter().map(|entry| (entry.name, entry.value.clone())).collect()
    };
    assert_eq!(values(&taken), values(&read(&[]).unwrap()));
}
