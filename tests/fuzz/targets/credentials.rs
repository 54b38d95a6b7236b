//! Docker's and podman's files of credentials, here as the text of `DOCKER_AUTH_CONFIG`, of which each is.

use std::time::Duration;

use splitbuild::reference::Repository;
use splitbuild::registry::{CredentialError, Environment, Sources};

pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // Programs that the file names are not started: nobody knows which ones there are.
    if text.contains("cred") || text.contains("\\u") {
        return;
    }
    let variables = [("DOCKER_AUTH_CONFIG".to_owned(), text.to_owned())];
    let sources = Sources::new(Vec::new(), Environment::from_iter(variables), Duration::from_secs(1));
    for names in [["redis", "acme/app"], ["r.io/a", "r.io/a/b/c"], ["localhost:5000/a", "localhost:5000/b"]] {
        let repositories = names.map(Repository::of);
        let registry = repositories[0].registry.as_str();
        match sources.find(registry, &repositories, &[registry].into()) {
            Ok(found) => assert!(found.is_none_or(|found| found.source == "DOCKER_AUTH_CONFIG")),
            Err(CredentialError::Unreadable { source_name, why }) => {
                assert_eq!(source_name, "DOCKER_AUTH_CONFIG");
                assert!(!why.contains('\n'), "{why}");
            }
            Err(CredentialError::Different { registry: told, .. }) => assert_eq!(told, registry),
            Err(error) => panic!("{error}: {error:?}"),
        }
    }
}
