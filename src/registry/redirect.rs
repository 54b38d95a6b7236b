//! Where an answer may send us: what is only read may be anywhere that is as safe, and is checked by its digest; what is
//! written stays.

use super::http::Url;

/// How often one request may be sent elsewhere.
pub(super) const MOST: usize = 5;

/// What a request may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// It writes: it stays where it is.
    Write,
    /// It asks what the registry itself has: it stays in the registry.
    Registry,
    /// It reads.
    Anywhere,
}

/// The place to go on to from `from`, if an answer sends us to `location`; else the host and why it is not followed.
pub(super) fn follow(from: &Url, location: &str, reach: Reach) -> Result<Url, (String, &'static str)> {
    let Ok(to) = from.join(location) else { return Err((crate::oci::shown(location), ": not a valid address")) };
    let refuse = |why| Err((to.host_str().unwrap_or_default().to_owned(), why));
    let is_here = to.origin() == from.origin();
    match reach {
        Reach::Write => refuse(": only reads may be redirected"),
        Reach::Registry if !is_here => refuse(": only reads may go to another host"),
        _ if to.scheme() != "https" && to.scheme() != from.scheme() => refuse(": it is not encrypted"),
        _ if !matches!(to.scheme(), "https" | "http") => refuse(": it is neither https nor http"),
        _ => Ok(to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps() {
        let from = Url::parse("https://r.io/v2/a/blobs/x").expect("an address");
        let goes = |to: &str, reach| follow(&from, to, reach).map(|url| url.to_string());
        for reach in [Reach::Registry, Reach::Anywhere] {
            assert_eq!(goes("/v2/b", reach).as_deref(), Ok("https://r.io/v2/b"));
        }
        assert_eq!(goes("https://s.io/x?k=v", Reach::Anywhere).as_deref(), Ok("https://s.io/x?k=v"));
        for (to, reach) in [
            ("/v2/b", Reach::Write),
            ("https://s.io/x", Reach::Registry),
            ("https://r.io:444/x", Reach::Registry),
            ("http://r.io/x", Reach::Registry),
            ("http://s.io/x", Reach::Anywhere),
            ("file:///etc/passwd", Reach::Anywhere),
            ("https://[", Reach::Anywhere),
        ] {
            assert!(goes(to, reach).is_err(), "{to} {reach:?}");
        }
        let plain = Url::parse("http://r.io/v2/").expect("an address");
        assert!(follow(&plain, "http://s.io/x", Reach::Anywhere).is_ok(), "as safe as where it came from");
        assert!(follow(&plain, "ftp://s.io/x", Reach::Anywhere).is_err());
    }
}
