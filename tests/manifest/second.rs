//! A second implementation of the distribution spec, `ferro-oci-server`: it mounts nothing, ignores `Accept`, and
//! answers other statuses than Debian's registry. `just full` installs it and runs this; `./test` says that it did not.

use crate::command::run;
use crate::http::ask;
use crate::image::Image;
use crate::registry::{folder, free_port, serve};

fn ferro() -> String {
    let program = std::env::var("FERRO_OCI_SERVER").expect("FERRO_OCI_SERVER names the program; `just full` sets it");
    let (port, storage) = (free_port(), folder("ferro"));
    let environment = format!("FERRO_OCI_LISTEN=127.0.0.1:{port} FERRO_OCI_STORAGE_DIR='{}'", storage.display());
    serve(&format!("env {environment} '{program}' >'{}' 2>&1", storage.join("log").display()), port);
    format!("127.0.0.1:{port}")
}

#[test]
#[ignore = "needs ferro-oci-server, which takes minutes to build; NOT RUN by `./test`, `just full` runs it"]
fn a_second_registry() {
    let host = ferro();
    for architecture in ["amd64", "arm64"] {
        let image = Image::new(architecture);
        image.push_to(&host, "acme/app", &format!("v1-{architecture}"));
        image.content(&"more ".repeat(200_000)).push_to(&host, "acme/other", architecture);
    }
    let target = format!("{host}/acme/app:v1");
    let done = run(&["manifest", &target, "--tag", "latest"]).good();
    assert_eq!(done.stdout.lines().count(), 2);
    assert!(run(&["manifest", &target]).good().stderr.contains("unchanged"));
    run(&["manifest", &format!("{host}/acme/app:v2")]).bad(&["v2-amd64 (linux/amd64) is not in"]);

    let sources = ["amd64", "arm64"].map(|arch| format!("linux/{arch}={host}/acme/other:{arch}"));
    let carried = format!("{host}/acme/third:v1");
    run(&["manifest", &carried, "--source", &sources[0], "--source", &sources[1]]).good();
    assert!(run(&["inspect", &carried]).good().stdout.contains("linux/arm64"));
    let index = ask(&host, "GET", "/v2/acme/third/manifests/v1");
    let index: serde_json::Value = serde_json::from_slice(&index.body).expect("JSON");
    let child = index["manifests"][0]["digest"].as_str().expect("text").to_owned();
    assert_eq!(ask(&host, "GET", &format!("/v2/acme/third/manifests/{child}")).status(), 200);
}
