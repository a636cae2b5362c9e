//! Who wrote what: people are told apart by their mail, whatever name they give.

use std::collections::{BTreeMap, HashMap};

use gix::actor::SignatureRef;

use super::names;

const MAX_MAIL: usize = 254;
const MAX_NAME: usize = 256;

/// What tells a person apart, and the name under which they signed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Signer {
    pub(super) id: String,
    /// Lower-case, where it looks like one.
    pub(super) mail: Option<String>,
    pub(super) name: String,
}

impl Signer {
    fn of(signature: &SignatureRef<'_>) -> Self {
        let text = |bytes: &[u8], limit| {
            let text = names::readable(bytes);
            names::cut(text.trim(), limit).to_owned()
        };
        let mail = text(signature.email, 1024).to_lowercase();
        let name = text(signature.name, MAX_NAME);
        let name = if name.is_empty() { names::cut(&mail, MAX_NAME).to_owned() } else { name };
        if is_mail(&mail) {
            return Self { id: format!("author:{mail}"), mail: Some(mail), name };
        }
        // Many share a mail such as "none": the name is all that tells them apart.
        Self { id: names::bounded(&format!("author:<{mail}> {name}")), mail: None, name }
    }
}

fn is_mail(mail: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>,;\"".contains(c);
    let ends =
        mail.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    ends && mail.len() <= MAX_MAIL && mail.chars().all(plain)
}

/// The signers of a history, each kept once.
#[derive(Debug, Default)]
pub(super) struct Signers {
    known: HashMap<Vec<u8>, u32>,
    all: Vec<Signer>,
}

impl Signers {
    pub(super) fn add(&mut self, signature: &SignatureRef<'_>) -> u32 {
        let mut raw = signature.email.to_vec();
        raw.push(b'\n');
        raw.extend_from_slice(signature.name);
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        *self.known.entry(raw).or_insert_with(|| {
            self.all.push(Signer::of(signature));
            next
        })
    }

    pub(super) fn get(&self, index: u32) -> &Signer {
        &self.all[index as usize]
    }
}

/// A person as a history shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) mail: Option<String>,
    /// The newest.
    pub(super) name: String,
    newest: (i64, String),
    /// When they first appear.
    pub(super) since: i64,
}

/// The people of a history by their ids.
#[derive(Debug, Default)]
pub(super) struct People(pub(super) BTreeMap<String, Person>);

impl People {
    /// Somebody signed something at a time; `what` breaks ties between names of one second.
    pub(super) fn saw(&mut self, signer: &Signer, time: i64, what: &str) {
        let Some(person) = self.0.get_mut(&signer.id) else {
            let person = Person {
                mail: signer.mail.clone(),
                name: signer.name.clone(),
                newest: (time, what.to_owned()),
                since: time,
            };
            self.0.insert(signer.id.clone(), person);
            return;
        };
        person.since = person.since.min(time);
        if (time, what) > (person.newest.0, person.newest.1.as_str()) {
            person.newest = (time, what.to_owned());
            signer.name.clone_into(&mut person.name);
        }
    }
}
