//! The tags of a repository, every page of them
//! ([distribution spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags)).

use serde::Deserialize;

use super::call::Call;
use super::client::Client;
use super::error::Error;
use super::http::{BodyUse, Method, Response};
use super::redirect::Reach;
use crate::reference::{Repository, tag_problem};

/// How many tags a page is asked for: some registries refuse more
/// (ECR: <https://github.com/google/go-containerregistry/issues/681>).
const PAGE: usize = 1000;

/// The longest page that is read, in bytes. Some registries send all in one page, whatever is asked for.
const LONGEST_PAGE: u64 = 16 << 20;

/// The most pages; some registries send 50 tags a page.
const PAGES: usize = 2000;

/// The most bytes that all the tags together may have.
const LONGEST: usize = 64 << 20;

#[derive(Deserialize)]
struct Page {
    /// Some registries say `null` if there are none.
    tags: Option<Vec<String>>,
}

impl Client {
    /// The tags of a repository, as the registry lists them; what is no tag is left out.
    ///
    /// # Returns
    /// Nothing, if the registry has no such list.
    ///
    /// # Errors
    /// [`Error::is_refusal`] if it does not list them, or not for us.
    pub async fn tags(&self, repository: &Repository) -> Result<Option<Vec<String>>, Error> {
        let what = format!("list the tags of {}", repository.path);
        let violated = |why: String| Error::Protocol { registry: repository.registry.clone(), what: what.clone(), why };
        let (mut tags, mut length) = (Vec::new(), 0);
        let mut query = format!("n={PAGE}");
        for _ in 0..PAGES {
            let mut call = Call::new(Method::GET, repository, format!("tags/list?{query}"), &what);
            call.body_use = BodyUse::Document(LONGEST_PAGE);
            // No digest tells whether another host's list is the registry's.
            call.reach = Reach::Registry;
            let response = self.exchange(&call).await?;
            if response.status == 404 {
                return Ok(None);
            }
            let page: Page =
                serde_json::from_slice(&response.body).map_err(|e| violated(format!("the list is none: {e}")))?;
            let page = page.tags.unwrap_or_default();
            length += page.iter().map(String::len).sum::<usize>();
            tags.extend(page.into_iter().filter(|tag| tag_problem(tag).is_none()));
            match next_query(&response) {
                None => return Ok(Some(tags)),
                Some(next) if next == query => return Err(violated("a page of the list is followed by itself".into())),
                Some(_) if length > LONGEST => break,
                Some(next) => query = next,
            }
        }
        Err(violated(format!("the list is longer than {PAGES} pages or {} MiB", LONGEST >> 20)))
    }
}

/// What to ask for the next page: the query of the link to it, as the registry wrote it, since it may be opaque. The rest
/// of the link is not followed: behind a proxy it may lead to where nobody listens
/// (<https://github.com/pulp/pulp_container/pull/220> shows such a one).
fn next_query(response: &Response) -> Option<String> {
    let links = response.headers.get_all("link").iter().filter_map(|value| value.to_str().ok());
    let target = links.flat_map(split).find_map(next_target)?;
    let query = response.url.join(target).ok()?.query()?.to_owned();
    (!query.is_empty()).then_some(query)
}

/// The links of a header: `<target>; rel="next"`, with commas between them
/// ([RFC 8288, section 3](https://www.rfc-editor.org/rfc/rfc8288#section-3)).
fn split(header: &str) -> impl Iterator<Item = &str> {
    header.split('<').skip(1)
}

/// The target of a link, if it is the next page.
pub fn next_target(link: &str) -> Option<&str> {
    let (target, parameters) = link.split_once('>')?;
    let is_next = |parameter: &str| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = value.trim().trim_end_matches(',').trim_matches('"');
        name.trim().eq_ignore_ascii_case("rel") && value.split(' ').any(|word| word.eq_ignore_ascii_case("next"))
    };
    parameters.split(';').any(is_next).then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::http::{HeaderMap, HeaderValue, Url};

    fn next(links: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for link in links {
            headers.append("link", HeaderValue::from_str(link).expect("a header"));
        }
        let url = Url::parse("https://r.io/v2/a/b/tags/list?n=1000").expect("an address");
        next_query(&Response { status: 200, headers, body: Vec::new(), stream: None, url })
    }

    #[test]
    fn links_to_the_next_page() {
        for (link, query) in [
            (r#"</v2/a/b/tags/list?n=1000&last=x>; rel="next""#, "n=1000&last=x"),
            (r"</v2/a/b/tags/list?last=x&n=50>; rel=next", "last=x&n=50"),
            (r#"<http://localhost:24817/v2/a/b/tags/list?n=10&last=1-glibc>; rel="next""#, "n=10&last=1-glibc"),
            (r#"<?next_page=gAAAA%3D%3D>; title="a"; REL="last next""#, "next_page=gAAAA%3D%3D"),
            (r#"</first?a>; rel="first", </next?b>; rel="next""#, "b"),
            (r#"</next?b>; rel="next", </last?c>; rel="last""#, "b"),
        ] {
            assert_eq!(next(&[link]).as_deref(), Some(query), "{link}");
        }
        assert_eq!(next(&[r#"</a?x>; rel="prev""#, r#"</b?y>; rel="next""#]).as_deref(), Some("y"));
        for none in ["", "x", r#"</a?x>; rel="prev""#, r#"</a>; rel="next""#, r#"</a?x; rel="next""#, "<a?x>"] {
            assert_eq!(next(&[none]), None, "{none}");
        }
        assert_eq!(next(&[]), None);
    }
}
