//! What is known of one registry during a call: where it is, how it is spoken to, whether it wants to be left alone.

use std::sync::{Mutex, MutexGuard};

use tokio::time::Instant;

use super::credentials::Credentials;
use super::http::{Url, is_loopback};
use super::secrets::Secrets;
use crate::reference::DOCKER_HUB;

/// Where the Docker Hub's registry is
/// (`DefaultRegistryHost` in <https://github.com/moby/moby/blob/v27.0.0/registry/config.go>).
const DOCKER_HUB_ENDPOINT: &str = "registry-1.docker.io";

/// A registry.
pub(super) struct Host {
    /// Its name, as in references.
    pub(super) name: String,
    /// Who we are to it.
    pub(super) credentials: Option<Credentials>,
    /// `None` while it is not known whether a registry on this machine speaks TLS.
    scheme: Mutex<Option<&'static str>>,
    /// Nothing is asked before this moment.
    paused_until: Mutex<Option<Instant>>,
    hearing: Mutex<Hearing>,
    /// What must not be shown, whoever says it.
    secrets: Mutex<Secrets>,
}

/// Whether it is heard of.
#[derive(Default)]
struct Hearing {
    /// When it last answered anything.
    last: Option<Instant>,
    /// The middle of a time in which nothing was answered, at whose end somebody gave up; and what was met instead.
    silence: Option<(Instant, String)>,
}

impl Host {
    pub(super) fn new(name: &str, is_plain: bool, credentials: Option<Credentials>) -> Self {
        let address = name.rsplit_once(':').filter(|(_, port)| !port.contains(']')).map_or(name, |(host, _)| host);
        let scheme = match (is_plain, is_loopback(address)) {
            (true, _) => Some("http"),
            (false, true) => None,
            (false, false) => Some("https"),
        };
        let secrets = Secrets::of(credentials.as_ref());
        Self {
            name: name.to_owned(),
            credentials,
            scheme: Mutex::new(scheme),
            paused_until: Mutex::new(None),
            hearing: Mutex::default(),
            secrets: Mutex::new(secrets),
        }
    }

    /// The schemes to try, in order: TLS first on this machine, then plain HTTP, as Docker does.
    pub(super) fn schemes(&self) -> &'static [&'static str] {
        match *self.scheme.lock().expect("no holder panics") {
            Some("http") => &["http"],
            Some(_) => &["https"],
            None => &["https", "http"],
        }
    }

    /// Whether it is spoken to without TLS, as far as is known.
    pub(super) fn is_plain(&self) -> bool {
        self.schemes() == ["http"]
    }

    /// It has answered at this address, if it is its own.
    pub(super) fn answered(&self, url: &Url) {
        if self.is_home(url) {
            self.hearing().last = Some(Instant::now());
            *self.scheme.lock().expect("no holder panics") =
                Some(if url.scheme() == "http" { "http" } else { "https" });
        }
    }

    fn hearing(&self) -> MutexGuard<'_, Hearing> {
        self.hearing.lock().expect("no holder panics")
    }

    /// Something that was asked for since `begun` is given up, for want of an answer.
    pub(super) fn gave_no_answer(&self, begun: Instant, cause: &str) {
        let mut hearing = self.hearing();
        let from = hearing.last.map_or(begun, |last| last.max(begun));
        // What was answered lately may be answered again.
        if from.elapsed() >= begun.elapsed() / 2 {
            hearing.silence = Some((from + from.elapsed() / 2, cause.to_owned()));
        }
    }

    /// Why it is in vain to ask for what has waited for its turn since `begun`: nothing was answered in most of that time,
    /// and who waited with it has given up. Else each of a hundred requests would wait as long, one after another.
    pub(super) fn silence_since(&self, begun: Instant) -> Option<String> {
        let hearing = self.hearing();
        let (middle, cause) = hearing.silence.as_ref()?;
        (begun <= *middle && hearing.last.is_none_or(|last| last <= *middle)).then(|| cause.clone())
    }

    /// The address of something in the registry.
    pub(super) fn url(&self, scheme: &str, path: &str) -> Url {
        let endpoint = if self.name == DOCKER_HUB { DOCKER_HUB_ENDPOINT } else { &self.name };
        Url::parse(&format!("{scheme}://{endpoint}/v2/{path}"))
            .expect("a checked registry and a checked path make an address")
    }

    /// Whether an address is the registry's own. Nobody else is told who we are, and nobody else may ask.
    pub(super) fn is_home(&self, url: &Url) -> bool {
        self.schemes().iter().any(|scheme| self.url(scheme, "").origin() == url.origin())
    }

    /// What the host of an address is called in errors: the registry by its name, another one by its own.
    pub(super) fn name_of(&self, url: &Url) -> String {
        if self.is_home(url) { self.name.clone() } else { url.host_str().unwrap_or_default().to_owned() }
    }

    /// Asks nobody to ask anything for a while; whether that is news, since who was on the way hears the same.
    pub(super) fn pause_until(&self, until: Instant) -> bool {
        let is_news = !self.is_paused();
        let mut paused = self.paused_until.lock().expect("no holder panics");
        *paused = Some(paused.map_or(until, |old| old.max(until)));
        is_news
    }

    /// Whether nobody is to ask anything now.
    pub(super) fn is_paused(&self) -> bool {
        self.paused_until.lock().expect("no holder panics").is_some_and(|until| until > Instant::now())
    }

    /// A token that was given to us is no more to be shown than a password.
    pub(super) fn redact(&self, token: &str) {
        self.secrets.lock().expect("no holder panics").add(token);
    }

    /// A text without what must not be shown.
    pub(super) fn redacted(&self, text: &str) -> String {
        self.secrets.lock().expect("no holder panics").redacted(text)
    }

    /// Waits until the registry may be asked again.
    pub(super) async fn wait_if_paused(&self) {
        let until = *self.paused_until.lock().expect("no holder panics");
        if let Some(until) = until {
            tokio::time::sleep_until(until).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn host(name: &str, is_plain: bool) -> Host {
        Host::new(name, is_plain, None)
    }

    #[test]
    fn addresses() {
        assert_eq!(
            host(DOCKER_HUB, false).url("https", "library/base/manifests/v1").as_str(),
            "https://registry-1.docker.io/v2/library/base/manifests/v1"
        );
        assert_eq!(host("[::1]:5000", false).url("http", "a/b").as_str(), "http://[::1]:5000/v2/a/b");
    }

    #[test]
    fn schemes() {
        assert_eq!(host("ghcr.io", false).schemes(), ["https"]);
        assert_eq!(host("r.lan:5000", true).schemes(), ["http"]);
        for near in ["127.0.0.1:5000", "localhost", "[::1]:80"] {
            let near = host(near, false);
            assert_eq!(near.schemes(), ["https", "http"]);
            near.answered(&near.url("http", ""));
            assert_eq!(near.schemes(), ["http"]);
        }
        assert_eq!(host("127.0.0.1:5000", true).schemes(), ["http"]);
    }

    #[test]
    fn the_own_address() {
        let is_home = |host: &Host, url: &str| host.is_home(&Url::parse(url).expect("an address"));
        let far = host("r.io", false);
        assert!(is_home(&far, "https://r.io/v2/a") && is_home(&far, "https://r.io:443/"));
        for other in
            ["http://r.io/", "https://r.io:5000/", "https://s.r.io/", "https://r.io.evil/", "https://r.io@s.io/"]
        {
            assert!(!is_home(&far, other), "{other}");
        }
        let hub = host(DOCKER_HUB, false);
        assert!(is_home(&hub, "https://registry-1.docker.io/v2/") && !is_home(&hub, "https://docker.io/v2/"));
        let near = host("127.0.0.1:5000", false);
        assert!(is_home(&near, "http://127.0.0.1:5000/") && is_home(&near, "https://127.0.0.1:5000/"));
        near.answered(&near.url("http", ""));
        assert!(is_home(&near, "http://127.0.0.1:5000/") && !is_home(&near, "https://127.0.0.1:5000/"));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waited_through_a_silence_is_told_of_it() {
        let host = Host::new("r.io", true, None);
        let seconds = |seconds| tokio::time::advance(Duration::from_secs(seconds));
        let begun = Instant::now();
        seconds(6).await;
        let late = Instant::now();
        seconds(4).await;
        host.gave_no_answer(begun, "no answer in 10 s");
        assert_eq!(host.silence_since(begun).as_deref(), Some("no answer in 10 s"));
        assert_eq!(host.silence_since(late), None, "it has not waited half as long");
        assert_eq!(host.silence_since(Instant::now()), None);
        host.answered(&host.url("http", ""));
        assert_eq!(host.silence_since(begun), None, "it is heard of again");
        seconds(1).await;
        host.gave_no_answer(begun, "no answer in 11 s");
        assert_eq!(host.silence_since(begun), None, "others were answered meanwhile");
    }
}
