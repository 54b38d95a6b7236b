//! What a registry's answer means: done, not there, to be tried again, or refused, in the registry's own words.

use std::time::SystemTime;

use serde_json::Value;

use super::attempt::AttemptError;
use super::error::Error;
use super::host::Host;
use super::http::Response;
use super::retry::{is_temporary, retry_after};

impl Host {
    /// The response if it is a good one, or 404.
    pub(super) fn judge(&self, what: &str, response: Response) -> Result<Response, AttemptError> {
        match response.status {
            200..=299 | 404 => Ok(response),
            403 => Err(AttemptError::Permanent(self.not_allowed(what, &response))),
            status if is_temporary(status) => Err(self.unavailable(&self.name_of(&response.url), what, &response)),
            status @ 300..=399 => Err(AttemptError::Permanent(Error::Protocol {
                registry: self.name.clone(),
                what: what.to_owned(),
                why: format!("status {status} without a Location"),
            })),
            _ => Err(AttemptError::Permanent(self.refused(what, &response))),
        }
    }

    /// The error of a registry, or of the token service `name`, that may answer well another time.
    pub(super) fn unavailable(&self, name: &str, what: &str, response: &Response) -> AttemptError {
        let wait = response.header("retry-after").and_then(|value| retry_after(value, SystemTime::now()));
        let (registry, what, detail) = (name.to_owned(), what.to_owned(), self.detail(response));
        let error = Error::Unavailable { registry, what, status: response.status, detail, attempts: 0 };
        AttemptError::Temporary { error, wait }
    }

    /// The error for something that the registry lacks or will not do.
    pub(super) fn refused(&self, what: &str, response: &Response) -> Error {
        let (registry, what) = (self.name.clone(), what.to_owned());
        Error::Refused { registry, what, status: response.status, detail: self.detail(response) }
    }

    /// The error for a user who may not do it, or for nobody who may.
    pub(super) fn not_allowed(&self, what: &str, response: &Response) -> Error {
        let (registry, what, detail) = (self.name.clone(), what.to_owned(), self.detail(response));
        match &self.credentials {
            None => Error::LoginNeeded { registry, what, detail },
            Some(credentials) => {
                let (source_name, status) = (credentials.source.clone(), response.status);
                Error::Denied { registry, what, source_name, status, detail }
            }
        }
    }

    /// The error for a password that is not accepted, if there is one.
    pub(super) fn wrong_password(&self, response: &Response) -> Option<Error> {
        let source_name = self.credentials.as_ref()?.source.clone();
        let (registry, detail) = (self.name.clone(), self.detail(response));
        Some(Error::WrongPassword { registry, source_name, status: response.status, detail })
    }

    pub(super) fn no_repository(&self, path: &str, response: &Response) -> Error {
        let (registry, path) = (self.name.clone(), path.to_owned());
        Error::NoRepository { registry, path, status: response.status, detail: self.detail(response) }
    }

    /// What the body of an error says, after a colon: the errors of the
    /// [distribution spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes), what
    /// token services say, or the first line of a text; safe to be shown.
    pub(super) fn detail(&self, response: &Response) -> String {
        let text = match serde_json::from_slice::<Value>(&response.body) {
            Ok(json) => format_errors(&json).unwrap_or_default(),
            Err(_) if response.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")) => {
                String::from_utf8_lossy(&response.body).lines().next().unwrap_or_default().to_owned()
            }
            Err(_) => String::new(),
        };
        let text = self.redacted(&text);
        if text.trim().is_empty() { String::new() } else { format!(": {}", crate::oci::shown(text.trim())) }
    }
}

/// Whether the body of an error has a code of the distribution spec: `NAME_UNKNOWN`.
pub(super) fn has_code(response: &Response, code: &str) -> bool {
    let json: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    json["errors"].as_array().is_some_and(|errors| errors.iter().any(|error| error["code"] == code))
}

/// The codes and messages of an error.
fn format_errors(json: &Value) -> Option<String> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    if let Some(errors) = json.get("errors").and_then(Value::as_array) {
        let one = |error: &Value| {
            let parts = [text(error, "code"), text(error, "message")];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        };
        return Some(errors.iter().map(one).collect::<Vec<_>>().join("; "));
    }
    ["error_description", "details", "message", "error"].iter().find_map(|key| text(json, key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::http::HeaderMap;

    fn response(host: &Host, body: &str) -> Response {
        Response { status: 400, headers: HeaderMap::new(), body: body.into(), stream: None, url: host.url("https", "") }
    }

    #[test]
    fn what_an_error_says() {
        let host = Host::new("r.io", false, None);
        host.redact("s3cret");
        let detail = |body: &str| host.detail(&response(&host, body));
        assert_eq!(
            detail(r#"{"errors":[{"code":"DENIED","message":"no\u001b[31m"},{"code":"UNKNOWN"}]}"#),
            ": DENIED no\u{fffd}[31m; UNKNOWN"
        );
        assert_eq!(detail(r#"{"details":"incorrect username or password"}"#), ": incorrect username or password");
        assert_eq!(detail(r#"{"message":"you sent s3cret"}"#), ": you sent ***");
        for nothing in ["", "<html>", "[]", "{\"errors\":[]}", "{\"message\":1}"] {
            assert_eq!(detail(nothing), "", "{nothing}");
        }
    }

    #[test]
    fn a_code_is_no_part_of_a_message() {
        let host = Host::new("r.io", false, None);
        let has = |body: &str| has_code(&response(&host, body), "NAME_UNKNOWN");
        assert!(has(r#"{"errors":[{"code":"NAME_UNKNOWN","message":"x"}]}"#));
        assert!(!has(r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"no NAME_UNKNOWN"}]}"#));
        assert!(!has("NAME_UNKNOWN"));
    }
}
