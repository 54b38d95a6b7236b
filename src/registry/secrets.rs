//! What must not be shown, in the forms in which a registry may say it back.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};

use super::credentials::{Credentials, Secret};

/// A text that is shorter stands in many a sentence: to hide it would tell it, and what is said would be lost.
const SHORTEST: usize = 4;

/// What stands in its place.
const HIDDEN: &str = "***";

/// Texts that are not shown, the longest first.
#[derive(Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// Everything in which credentials can be recognised.
    pub(super) fn of(credentials: Option<&Credentials>) -> Self {
        let mut secrets = Self::default();
        match credentials.map(|credentials| &credentials.secret) {
            Some(Secret::Password(username, password)) => {
                secrets.add(password);
                secrets.add(&BASE64_STANDARD.encode(format!("{username}:{password}")));
            }
            Some(Secret::IdentityToken(token)) => secrets.add(token),
            None => {}
        }
        secrets
    }

    /// Hides a text, and what it becomes on its way: encoded in base64, in an address, or both.
    pub(super) fn add(&mut self, secret: &str) {
        if secret.chars().count() < SHORTEST {
            return;
        }
        let unpadded = secret.trim_end_matches('=');
        let encoded = [
            BASE64_STANDARD.encode(secret),
            BASE64_STANDARD_NO_PAD.encode(secret),
            BASE64_URL_SAFE_NO_PAD.encode(secret),
        ];
        for text in encoded.iter().map(String::as_str).chain([secret, unpadded]) {
            let component = in_address(text, "-._~");
            self.0.extend([text.to_owned(), component.replace("%20", "+"), component, in_address(text, "-._~!*'()")]);
        }
        self.0.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self.0.dedup();
    }

    /// The text with asterisks for what is hidden, in capitals or not.
    pub(super) fn redacted(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            // In these the places are those of the text itself.
            let (lower, sought) = (text.to_ascii_lowercase(), secret.to_ascii_lowercase());
            let (mut redacted, mut done) = (String::new(), 0);
            for (at, found) in lower.match_indices(&sought) {
                redacted.push_str(&text[done..at]);
                redacted.push_str(HIDDEN);
                done = at + found.len();
            }
            redacted.push_str(&text[done..]);
            text = redacted;
        }
        text
    }
}

/// The text with percent signs for all but letters, digits and `kept`.
fn in_address(text: &str, kept: &str) -> String {
    let encode = |byte: u8| match char::from(byte) {
        c if c.is_ascii_alphanumeric() || kept.contains(c) => c.to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(username: &str, password: &str) -> Secrets {
        let secret = Secret::Password(username.into(), password.into());
        Secrets::of(Some(&Credentials { secret, source: "x".into() }))
    }

    #[test]
    fn a_secret_is_hidden_in_every_form() {
        let secrets = of("u", "S3cr3t&Pass/w0rd>?");
        for form in [
            "S3cr3t&Pass/w0rd>?",
            "S3CR3T&PASS/W0RD>?",
            "S3cr3t%26Pass%2Fw0rd%3E%3F",
            "s3cr3t%26pass%2fw0rd%3e%3f",
            "UzNjcjN0JlBhc3MvdzByZD4/",
            "UzNjcjN0JlBhc3MvdzByZD4_",
            "UzNjcjN0JlBhc3MvdzByZD4%2F",
            "dTpTM2NyM3QmUGFzcy93MHJkPj8=",
            "dTpTM2NyM3QmUGFzcy93MHJkPj8%3D",
            "dTpTM2NyM3QmUGFzcy93MHJkPj8",
        ] {
            assert_eq!(secrets.redacted(&format!("got {form}, é")), "got ***, é");
        }
        assert_eq!(secrets.redacted("é Dé"), "é Dé");
    }

    #[test]
    fn what_is_in_every_sentence_is_no_secret() {
        for password in ["", "a", "no", "bad"] {
            let secrets = of("", password);
            assert_eq!(secrets.redacted("no: a bad password"), "no: a bad password", "{password}");
            let proof = BASE64_STANDARD.encode(format!(":{password}"));
            assert_eq!(secrets.redacted(&format!("Basic {proof}")), "Basic ***", "{password}");
        }
    }
}
