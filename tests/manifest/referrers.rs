//! `splitbuild copy --referrers`: what is about an image comes along, such as its signature.

use serde_json::{Value, json};

use crate::command::run;
use crate::export::{index, place};
use crate::http::ask;
use crate::image::{INDEX, MANIFEST, blob, described, digest, get, put};
use crate::registry::{folder, plain, start};

/// Pushes something about `subject`, and enters it as a client does whose registry has no API for that.
fn about(repository: &str, subject: &str, size: usize, what: &str) -> String {
    let host = plain();
    blob(host, repository, b"{}");
    blob(host, repository, what.as_bytes());
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": "application/x-signature",
        "config": described("application/vnd.oci.empty.v1+json", b"{}"),
        "layers": [described("application/x-signature", what.as_bytes())],
        "subject": { "mediaType": INDEX, "digest": subject, "size": size },
        "annotations": { "by": what },
    });
    let name = format!("about-{}", digest(what.as_bytes())[7..19].to_owned());
    let pushed = put(host, repository, &name, MANIFEST, &manifest);
    let entry = json!({ "mediaType": MANIFEST, "digest": pushed.digest, "size": pushed.size, "artifactType": "application/x-signature" });
    let list = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [entry] });
    put(host, repository, &subject.replace(':', "-"), INDEX, &list);
    pushed.digest
}

fn list(host: &str, repository: &str, subject: &str) -> Value {
    let answer = ask(host, "GET", &format!("/v2/{repository}/manifests/{}", subject.replace(':', "-")));
    assert_eq!(answer.status(), 200, "{}", answer.text());
    serde_json::from_slice(&answer.body).expect("JSON")
}

#[test]
fn signatures_come_along_and_are_found_there() {
    let source = index("referrers/app");
    let raw = get("referrers/app", "v1").expect("there").1;
    let top = digest(&raw);
    let parsed: Value = serde_json::from_slice(&raw).expect("JSON");
    let image = parsed["manifests"][0]["digest"].as_str().expect("text").to_owned();
    let of_index = about("referrers/app", &top, raw.len(), "of the index");
    let of_image = about("referrers/app", &image, 500, "of an image");
    let of_signature = about("referrers/app", &of_index, 500, "of the signature");

    let far = start("referrers", &folder("referrers-storage"), "");
    let target = format!("{far}/acme/app:v1");
    run(&["copy", &source, &target]).good();
    let status = |digest: &str| ask(&far, "GET", &format!("/v2/acme/app/manifests/{digest}")).status();
    assert_eq!(status(&of_index), 404, "they stay where they are unless they are asked for");

    let told = run(&["copy", "--referrers", &source, &target, "--json"]).good();
    let told: Value = serde_json::from_str(&told.stdout).expect("JSON");
    assert_eq!(told["referrers"], 3);
    for (subject, expected) in [(&top, &of_index), (&image, &of_image), (&of_index, &of_signature)] {
        assert_eq!(status(expected), 200);
        let list = list(&far, "acme/app", subject);
        assert_eq!(list["manifests"][0]["digest"], expected.as_str());
        assert_eq!(list["manifests"][0]["artifactType"], "application/x-signature");
    }
    let again = run(&["copy", "--referrers", &source, &target]).good();
    assert!(again.stderr.contains("brought 3 manifests"), "{}", again.stderr);
    assert_eq!(
        list(&far, "acme/app", &top)["manifests"].as_array().expect("a list").len(),
        1,
        "each stands there once"
    );

    // Into a folder and out of it.
    let layout = format!("oci:{}:v1", place("referrers").join("layout").display());
    run(&["copy", "--referrers", &source, &layout]).good();
    let back = format!("{far}/acme/back:v1");
    run(&["copy", "--referrers", &layout, &back]).good();
    assert_eq!(list(&far, "acme/back", &image)["manifests"][0]["digest"], of_image.as_str());
    assert_eq!(list(&far, "acme/back", &of_index)["manifests"][0]["digest"], of_signature.as_str());
}
