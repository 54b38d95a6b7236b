//! Headers of registries: `WWW-Authenticate`, a value a line, and each line as `Retry-After` and as `Link`.

use std::time::{Duration, UNIX_EPOCH};

use splitbuild::registry::{Challenge, challenge, next_target, retry_after};

pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(Challenge::Bearer { realm, service, is_scope_insufficient }) = challenge(text.lines()) {
        assert!(!realm.is_empty() && service.as_deref() != Some(""), "{realm:?} {service:?}");
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        let mut value = format!("Bearer realm=\"{}\"", quoted(&realm));
        if let Some(service) = &service {
            value.push_str(&format!(",service=\"{}\"", quoted(service)));
        }
        if is_scope_insufficient {
            value.push_str(", error=insufficient_scope");
        }
        let again = challenge(std::iter::once(value.as_str()));
        assert_eq!(again, Some(Challenge::Bearer { realm, service, is_scope_insufficient }), "{value}");
    }
    let now = UNIX_EPOCH + Duration::from_secs(1_795_800_000);
    for line in text.lines() {
        if let Some(wait) = retry_after(line, now) {
            // What is added to a moment must not be more than moments go.
            assert!(
                now.checked_add(wait).is_some() && std::time::Instant::now().checked_add(wait).is_some(),
                "{wait:?}"
            );
            assert!(wait < Duration::from_secs(366 * 24 * 60 * 60), "nobody waits for {wait:?}");
        }
        if let Some(target) = line.split('<').skip(1).find_map(next_target) {
            assert!(line.contains(target), "{target}");
        }
    }
}
