//! What build jobs hand on as words of an output: a commit, and the digest of each name that was pushed, in order.

use crate::command::run;
use crate::image::{Image, Pushed, get, index, pair};
use crate::registry::plain;

const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";

/// The words of a build that pushed these.
fn words(platform: &str, pushed: &[&Pushed]) -> String {
    let digests: Vec<&str> = pushed.iter().map(|pushed| pushed.digest.as_str()).collect();
    format!("{platform}={REVISION} {}", digests.join(" "))
}

#[test]
fn each_index_has_the_digest_in_its_place() {
    let [amd64, arm64] = pair("words/one", "v1");
    let [other_amd64, other_arm64] = [
        Image::new("amd64").content("other").push("words/two", "v1-amd64"),
        Image::new("arm64").content("other").push("words/two", "v1-arm64"),
    ];
    // The tags have moved since: another run has pushed.
    for architecture in ["amd64", "arm64"] {
        Image::new(architecture).content("later").push("words/one", &format!("v1-{architecture}"));
    }
    let targets = ["words/one:v1", "words/two:v1"].map(|name| format!("{}/{name}", plain()));
    let (first, second) =
        (words("linux/amd64", &[&amd64, &other_amd64]), words("linux/arm64", &[&arm64, &other_arm64]));
    let done = run(&[
        "manifest",
        &targets[0],
        &targets[1],
        "--pushed",
        &first,
        "--pushed",
        &second,
        "--run",
        "acme/app/w.yml/3",
    ]);
    assert_eq!(done.good().stdout.lines().count(), 2);
    for (repository, [amd64, arm64]) in [("words/one", [&amd64, &arm64]), ("words/two", [&other_amd64, &other_arm64])] {
        let index = index(repository, "v1");
        assert_eq!(index["manifests"][0]["digest"], amd64.digest, "{repository}");
        assert_eq!(index["manifests"][1]["digest"], arm64.digest, "{repository}");
    }
}

#[test]
fn what_is_in_another_repository_is_found_by_its_name() {
    let [amd64, arm64] =
        [Image::new("amd64").push("words/stage-amd64", "x"), Image::new("arm64").push("words/stage-arm64", "x")];
    let target = format!("{}/words/staged:v1", plain());
    let image = format!("{}/words/stage-${{arch}}:${{tag}}", plain());
    let (first, second) = (words("linux/amd64", &[&amd64]), words("linux/arm64", &[&arm64]));
    run(&["manifest", &target, "--arch-image", &image, "--pushed", &first, "--pushed", &second]).good();
    assert_eq!(index("words/staged", "v1")["manifests"][1]["digest"], arm64.digest);
}

#[test]
fn names_that_came_out_equal_are_one_index() {
    let [amd64, arm64] = pair("words/equal", "v1");
    let target = format!("{}/words/equal:v1", plain());
    let (first, second) = (words("linux/amd64", &[&amd64, &amd64]), words("linux/arm64", &[&arm64, &arm64]));
    let done = run(&["manifest", &target, &target, "--pushed", &first, "--pushed", &second]).good();
    assert_eq!(done.stdout.lines().count(), 1, "{}", done.stdout);
}

#[test]
fn what_is_no_hand_over_is_refused_by_platform_and_nothing_is_published() {
    let [amd64, arm64] = pair("words/bad", "v1");
    let target = format!("{}/words/bad:v1", plain());
    let (good, other) = (words("linux/amd64", &[&amd64]), words("linux/arm64", &[&arm64]));
    let manifest = |more: &[&str]| run(&[&["manifest", &target], more].concat());
    let swallowed = "dropped its output, as it does where it sees the value of a secret";
    manifest(&["--pushed", &good, "--pushed", "linux/arm64="]).bad(&[
        "the build for linux/arm64 handed on nothing",
        swallowed,
        "nothing was published",
    ]);
    // All of them at once.
    manifest(&["--pushed", "linux/amd64= ", "--pushed", "linux/arm64="])
        .bad(&["linux/amd64 handed on nothing", "linux/arm64 handed on nothing"]);
    manifest(&["--pushed", &good]).bad(&["nothing says what the build for linux/arm64 pushed", "--pushed"]);
    let cut = &other[..other.len() - 1];
    manifest(&["--pushed", &good, "--pushed", cut]).bad(&["linux/arm64", "is not a digest"]);
    let bare = format!("linux/arm64={}", arm64.digest);
    manifest(&["--pushed", &good, "--pushed", &bare]).bad(&["linux/arm64", "the commit is missing"]);
    let twice = words("linux/arm64", &[&arm64, &arm64]);
    manifest(&["--pushed", &good, "--pushed", &twice]).bad(&["linux/arm64", "2 digests for 1 names"]);
    let mixed = other.replace(REVISION, "fedcba98");
    manifest(&["--pushed", &good, "--pushed", &mixed]).bad(&["linux/amd64 from 0123456", "linux/arm64 from fedcba9"]);
    let swapped = words("linux/arm64", &[&amd64]);
    manifest(&["--pushed", &good, "--pushed", &swapped]).bad(&["should be linux/arm64, but"]);
    manifest(&["--pushed", &good, "--pushed", &other, "--pushed", &other]).wrong(&["linux/arm64 is given twice"]);
    manifest(&["--pushed", &good, "--pushed", &other, "--pushed", "linux/386=x"]).wrong(&["linux/386"]);
    assert_eq!(get("words/bad", "v1"), None);
    manifest(&["--pushed", &good, "--pushed", &other]).good();
}
