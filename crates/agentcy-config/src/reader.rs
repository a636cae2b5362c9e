//! The one helper behind the sections: looks a setting up, parses it, notes faults and what holds.

use secrecy::SecretString;

use crate::{
    Environment,
    effective::{Effective, Origin, shown},
    fault::{Fault, Faulty, Objection},
    setting::{Secrecy, Setting},
};

/// The most that a `NAME_FILE` may hold; a secret is short, a wrong path may lead to anything.
const FILE_LIMIT: u64 = 64 * 1024;

/// Reads settings one by one and keeps every fault instead of stopping at the first.
pub(crate) struct Reader<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) faults: Vec<Fault>,
    pub(crate) effective: Vec<Effective>,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(environment: &'a Environment) -> Self {
        Self { environment, faults: Vec::new(), effective: Vec::new() }
    }

    /// Notes that a setting is wrong.
    pub(crate) fn fault(
        &mut self,
        name: impl Into<String>,
        wrong: impl Into<String>,
        mend: impl Into<String>,
    ) -> Faulty {
        self.faults.push(Fault { variable: name.into(), wrong: wrong.into(), mend: mend.into() });
        Faulty
    }

    /// A setting that may be missing.
    pub(crate) fn optional<T>(
        &mut self,
        setting: &Setting,
        parse: impl FnOnce(&str) -> Result<T, Objection>,
    ) -> Result<Option<T>, Faulty> {
        self.with_default(setting, setting.default, parse)
    }

    /// A setting that has a default.
    pub(crate) fn value<T>(
        &mut self,
        setting: &Setting,
        parse: impl FnOnce(&str) -> Result<T, Objection>,
    ) -> Result<T, Faulty> {
        self.optional(setting, parse)?
            .ok_or_else(|| self.fault(setting.name, "is not set", format!("set {}", setting.name)))
    }

    /// A setting whose default depends on the machine.
    pub(crate) fn with_default<T>(
        &mut self,
        setting: &Setting,
        default: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, Objection>,
    ) -> Result<Option<T>, Faulty> {
        let set = self.text(setting)?;
        let origin = if set.is_some() { Origin::Environment } else { Origin::Default };
        let text = set.as_deref().or(default);
        self.effective.push(Effective {
            name: setting.name,
            value: text.map(|text| shown(setting.secrecy, text)),
            origin,
        });
        let Some(text) = text else { return Ok(None) };
        match parse(text) {
            Ok(value) => Ok(Some(value)),
            Err(Objection { wrong, mend }) => Err(self.fault(setting.name, wrong, mend)),
        }
    }

    /// A secret that may be missing.
    pub(crate) fn secret(&mut self, setting: &Setting) -> Result<Option<SecretString>, Faulty> {
        self.optional(setting, |text| Ok(SecretString::from(text)))
    }

    fn text(&mut self, setting: &Setting) -> Result<Option<String>, Faulty> {
        let environment = self.environment;
        let direct = environment.get(setting.name);
        let file = setting.file_name();
        let path = file.as_deref().and_then(|name| environment.get(name));
        let text = match (direct, file, path) {
            (Some(_), Some(file), Some(_)) => {
                let wrong = format!("is set, and so is {file}");
                return Err(self.fault(setting.name, wrong, "unset one of the two"));
            }
            (Some(text), ..) => match text.to_str() {
                Some(text) => text.to_owned(),
                None => {
                    return Err(self.fault(setting.name, "is not UTF-8", "write it in UTF-8"));
                }
            },
            (None, Some(file), Some(path)) => match read_file(path.as_ref()) {
                Ok(text) => text,
                Err(error) => {
                    let wrong = format!("names a file that cannot be read: {error}");
                    return Err(self.fault(file, wrong, "name a readable file of one line"));
                }
            },
            (None, ..) => return Ok(None),
        };
        // Blanks around a secret may belong to it; around anything else they are slips.
        let text = match setting.secrecy {
            Secrecy::Secret => text,
            Secrecy::Open | Secrecy::Url => text.trim().to_owned(),
        };
        Ok(Some(text).filter(|text| !text.is_empty()))
    }
}

fn read_file(path: &std::path::Path) -> std::io::Result<String> {
    use std::io::Read;
    let mut text = String::new();
    std::fs::File::open(path)?.take(FILE_LIMIT + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_LIMIT {
        return Err(std::io::ErrorKind::FileTooLarge.into());
    }
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err(std::io::Error::other("it is empty"));
    }
    Ok(line.to_owned())
}
