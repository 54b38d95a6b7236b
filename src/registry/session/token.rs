//! The token service that a registry names: which address is followed, what is asked of it, what it answers
//! (<https://distribution.github.io/distribution/spec/auth/token/>,
//! <https://distribution.github.io/distribution/spec/auth/oauth/>).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use crate::registry::attempt::AttemptError;
use crate::registry::credentials::Secret;
use crate::registry::error::Error;
use crate::registry::event::Event;
use crate::registry::host::Host;
use crate::registry::http::{BodyUse, Content, HeaderMap, HeaderValue, Method, Request, Response, Url, header};
use crate::registry::retry::{RetryBudget, TimeoutPolicy, is_temporary};
use crate::registry::transport::Transport;

/// The most of a token's answer that is read, in bytes.
const LONGEST: u64 = 64 << 10;

/// How we are called where a service wants to know.
const CLIENT: &str = "splitbuild";

/// The address of the service, if it may be followed: by TLS to any host; by plain HTTP only for a registry that is
/// itself spoken to so.
pub(super) fn follow(realm: &str, registry: &str, scheme: &str) -> Result<Url, Error> {
    let refuse = |why: &str| Err(Error::Realm { registry: registry.to_owned(), why: why.to_owned() });
    let Ok(url) = Url::parse(realm) else { return refuse("its address is malformed") };
    match url.scheme() {
        _ if !url.username().is_empty() || url.password().is_some() => refuse("its address contains a login"),
        _ if url.host_str().is_none_or(str::is_empty) => refuse("its address has no host"),
        "https" => Ok(url),
        "http" if scheme == "http" => Ok(url),
        "http" => refuse("it does not use TLS, but the registry does"),
        _ => refuse("its address is neither https nor http"),
    }
}

/// The header that proves by username and password.
pub(super) fn basic(username: &str, password: &str) -> HeaderValue {
    let proof = BASE64_STANDARD.encode(format!("{username}:{password}"));
    secret_header(&format!("Basic {proof}")).expect("base64 is good in a header")
}

fn secret_header(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[derive(Deserialize)]
struct Granted {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
}

/// Gets the header that a registry accepts from its token service.
pub(super) async fn fetch(
    transport: &Transport,
    host: &Host,
    (realm, service): (&Url, Option<&str>),
    scopes: &[String],
) -> Result<HeaderValue, Error> {
    let name = realm.host_str().unwrap_or_default();
    let what = format!("give a token for {}", host.name);
    transport.report(&Event::Token { service: name, scopes });
    let attempt = async |budget: &RetryBudget| {
        let request = request(host, (realm, service), scopes);
        let sent = transport.send(request, (name, &what), BodyUse::Document(LONGEST));
        let response = budget.deadline().bounded(sent).await??;
        match response.status {
            200..=299 => Ok(response),
            status if is_temporary(status) => Err(host.unavailable(name, &what, &response)),
            _ => Err(AttemptError::Permanent(refusal(host, (name, &what), &response))),
        }
    };
    let response = transport.retry(host, (&what, TimeoutPolicy::Request), attempt).await?;
    let bad = |why: &str| Error::Protocol { registry: name.into(), what: what.clone(), why: why.into() };
    // The text is not shown: it may be a token.
    let granted: Granted = serde_json::from_slice(&response.body).map_err(|_| bad("it is not JSON with a token"))?;
    // One of them may be there and empty.
    let token = [granted.token, granted.access_token].into_iter().flatten().find(|token| !token.is_empty());
    let token = token.ok_or_else(|| bad("it has no token"))?;
    host.redact(&token);
    secret_header(&format!("Bearer {token}")).ok_or_else(|| bad("the token is not valid in a header"))
}

/// With an identity token the service is asked by the refresh grant of OAuth 2, else by GET with the password, if any.
fn request(host: &Host, (realm, service): (&Url, Option<&str>), scopes: &[String]) -> Request {
    let mut headers = HeaderMap::new();
    let mut url = realm.clone();
    match host.credentials.as_ref().map(|credentials| &credentials.secret) {
        Some(Secret::IdentityToken(token)) => {
            let mut form = Url::parse("form:").expect("an address");
            let scopes = scopes.join(" ");
            let pairs = [("grant_type", "refresh_token"), ("client_id", CLIENT), ("refresh_token", token)];
            form.query_pairs_mut().extend_pairs(pairs).append_pair("scope", &scopes);
            if let Some(service) = service {
                form.query_pairs_mut().append_pair("service", service);
            }
            let content = HeaderValue::from_static("application/x-www-form-urlencoded");
            headers.insert(header::CONTENT_TYPE, content);
            let body = form.query().unwrap_or_default().into();
            return Request { method: Method::POST, url, headers, body: Some(Content::Document(body)) };
        }
        Some(Secret::Password(username, password)) => {
            headers.insert(header::AUTHORIZATION, basic(username, password));
        }
        None => {}
    }
    let mut query = url.query_pairs_mut();
    query.extend_pairs(service.map(|service| ("service", service)));
    query.extend_pairs(scopes.iter().map(|scope| ("scope", scope)));
    drop(query);
    Request { method: Method::GET, url, headers, body: None }
}

fn refusal(host: &Host, (service, what): (&str, &str), response: &Response) -> Error {
    match (host.wrong_password(response), response.status) {
        (Some(error), 400 | 401 | 403) => error,
        (None, 401 | 403) => host.not_allowed("read or write there", response),
        (_, status) => {
            let (registry, what) = (service.to_owned(), what.to_owned());
            Error::Refused { registry, what, status, detail: host.detail(response) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_services_are_followed() {
        for (realm, scheme, is_followed) in [
            ("https://auth.docker.io/token", "https", true),
            ("https://auth.example.com/token", "http", true),
            ("http://127.0.0.1:5001/token", "http", true),
            ("http://auth.example.com/token", "https", false),
            ("https://user:pass@auth.example.com/token", "https", false),
            ("file:///etc/passwd", "http", false),
            ("/token", "https", false),
        ] {
            assert_eq!(follow(realm, "r.io", scheme).is_ok(), is_followed, "{realm}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        // From RFC 7617, section 2.
        let header = basic("Aladdin", "open sesame");
        assert_eq!(header.to_str().expect("text"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(format!("{header:?}"), "Sensitive");
    }
}
