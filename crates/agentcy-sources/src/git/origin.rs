//! What a repository is called, and by which URL all the world knows it.

use std::path::Path;

use url::Url;

use super::names;

/// The name of a repository, and its URL where it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) name: String,
    /// `https://host/path`, without `.git`, user or password: the same whichever way it is cloned.
    pub(super) url: Option<String>,
}

impl Origin {
    /// From where a repository was cloned, else from the folder it is in.
    pub(super) fn of(remote: Option<&str>, folder: Option<&Path>) -> Self {
        let url = remote.and_then(public);
        let last = url.as_deref().map(names::last).map(str::to_owned).or_else(|| {
            let name = folder?.file_name()?.to_string_lossy();
            Some(without_git(&name).to_owned()).filter(|name| !name.is_empty())
        });
        Self { name: last.unwrap_or_else(|| "repository".to_owned()), url }
    }
}

fn without_git(text: &str) -> &str {
    text.strip_suffix(".git").unwrap_or(text)
}

/// The web address that belongs to any way of cloning over a network.
fn public(remote: &str) -> Option<String> {
    let url = match Url::parse(remote) {
        Ok(url) if ["http", "https", "ssh", "git"].contains(&url.scheme()) => url,
        Ok(_) => return None,
        // The short form of ssh: user@host:path.
        Err(_) => {
            let (host, path) = remote.split_once(':')?;
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            let is_host = !host.is_empty() && !host.contains(['/', '\\']);
            is_host
                .then(|| Url::parse(&format!("ssh://{host}/{}", path.trim_start_matches('/'))))?
                .ok()?
        }
    };
    let host = url.host_str()?.to_lowercase();
    let path = without_git(url.path().trim_end_matches('/')).trim_matches('/');
    let port = match (url.scheme(), url.port()) {
        ("http" | "https", Some(port)) => format!(":{port}"),
        _ => String::new(),
    };
    (!path.is_empty()).then(|| format!("https://{host}{port}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_cloning_gives_the_same_url_and_no_secret() {
        for remote in [
            "https://github.com/o/shop.git",
            "https://me:secret@GitHub.com/o/shop",
            "http://github.com/o/shop/",
            "ssh://git@github.com:22/o/shop.git",
            "git@github.com:o/shop.git",
            "git://github.com/o/shop",
        ] {
            let origin = Origin::of(Some(remote), None);
            assert_eq!(origin.url.as_deref(), Some("https://github.com/o/shop"), "{remote}");
            assert_eq!(origin.name, "shop");
        }
    }

    #[test]
    fn a_folder_names_what_was_cloned_from_nowhere() {
        for remote in [None, Some("/srv/git/other.git"), Some("file:///srv/x"), Some("")] {
            let origin = Origin::of(remote, Some(Path::new("/srv/git/shop.git")));
            assert_eq!(origin, Origin { name: "shop".to_owned(), url: None });
        }
    }
}
