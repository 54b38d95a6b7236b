//! What jobs do to get splitbuild where the matrix says where it is: against a server, with the programs that the images
//! of jobs have.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

use super::job::{Config, Job, Ran, SHELLS, Trigger, on_every_provider};
use super::recorder::tools;

/// What is fetched: it tells that it ran, and leaves the rest to the recording tool.
fn program() -> Vec<u8> {
    let recording = tools().join("splitbuild");
    let version = "[ \"$1\" != --version ] || { echo splitbuild 9.8.7; exit; }";
    format!("#!/bin/sh\n{version}\necho fetched >>\"$RECORD/fetched\"\nexec {} \"$@\"\n", recording.display()).into()
}

/// Who asks for this gets more, as long as they take it.
const ENDLESS: &str = "/endless";

/// A server that has some files, and is out of order for as many requests as it is told.
struct Server {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
    failures: Arc<Mutex<usize>>,
}

impl Server {
    fn with(files: BTreeMap<&'static str, Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let (requests, failures) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let (seen, left) = (Arc::clone(&requests), Arc::clone(&failures));
        // It ends with the tests.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Who hangs up early is not the server's problem.
                let _ = answer(stream, &files, &seen, &left);
            }
        });
        Self { address, requests, failures }
    }

    /// How often it was asked since the last time.
    fn requests(&self) -> Vec<String> {
        std::mem::take(&mut *self.requests.lock().expect("nobody panics with it"))
    }

    fn fail(&self, times: usize) {
        *self.failures.lock().expect("nobody panics with it") = times;
    }
}

fn answer(
    mut stream: TcpStream,
    files: &BTreeMap<&'static str, Vec<u8>>,
    seen: &Mutex<Vec<String>>,
    failures: &Mutex<usize>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    // The rest of the request.
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    seen.lock().expect("nobody panics with it").push(path.clone());
    let mut left = failures.lock().expect("nobody panics with it");
    if path == ENDLESS && *left == 0 {
        drop(left);
        write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
        loop {
            stream.write_all(&[0; 1 << 16])?;
        }
    }
    let (status, body): (&str, &[u8]) = match files.get(path.as_str()) {
        _ if *left > 0 => {
            *left -= 1;
            ("503 Service Unavailable", b"try later")
        }
        Some(body) => ("200 OK", body),
        None => ("404 Not Found", b"no such file"),
    };
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    stream.write_all(body)
}

fn sum(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A tarball of these files, as people make them.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        let path = folder.path().join("in").join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("written");
    }
    let script = "chmod -R +x in && cd in && tar -czf ../out.tar.gz *";
    let made = Command::new("sh").args(["-c", script]).current_dir(folder.path()).status().expect("it runs");
    assert!(made.success());
    fs::read(folder.path().join("out.tar.gz")).expect("a tarball")
}

/// A folder in which busybox is every program that it can be, as in images made from Alpine: there is no curl. The shells of
/// the tests are there, too.
fn busybox() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("busybox-of-steps");
        let script = "mkdir -p \"$0\"; for name in $(busybox --list); do ln -sf \"$(command -v busybox)\" \"$0/$name\"; done; \
                      for name in busybox bash dash; do ln -sf \"$(command -v $name)\" \"$0\"; done";
        let made = Command::new("sh").args(["-c", script]).arg(&folder).status().expect("it runs");
        assert!(made.success());
        // The recording tools play these.
        for name in ["sleep", "apk"] {
            let _ = fs::remove_file(folder.join(name));
        }
        folder
    })
}

/// A folder in which every machine is of this kind.
fn machine(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    // A child writes it; see `recorder::tools`.
    let script = format!("printf '#!/bin/sh\\necho {name}\\n' >uname && chmod +x uname");
    let made = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).status().expect("it runs");
    assert!(made.success());
    folder
}

fn matrix(downloads: &str) -> String {
    format!(
        r#"
version: 1
images:
  app: {{ image: acme/app, export: "app-${{tag}}-${{arch}}.tar" }}
  copied: {{ image: acme/copied, copy: redis, setup: "note setup" }}
workflows: {{ main: {{ on: {{ branches: [main] }}, tags: [latest] }} }}
tool:
  download:
{downloads}"#
    )
}

/// For machines of both kinds.
fn both(address: &str, (path, sha256): (&str, &str)) -> String {
    let one = |arch: &str| format!("    linux/{arch}: {{ url: \"{address}/{path}\", sha256: \"{sha256}\" }}\n");
    matrix(&format!("{}{}", one("amd64"), one("arm64")))
}

fn job(config: &Config, name: &str) -> Job {
    let job = config.job("main", name, Trigger::Branch("main")).handed("build-app-manifest", "published", "sha256:00");
    // Something of an earlier job that would be taken for splitbuild, or for a program that is asked for.
    let job = job.given(".splitbuild/bin/splitbuild", "#!/bin/sh\nexit 0\n");
    let job = job.given(".splitbuild/bin/cat", "#!/bin/sh\nexit 0\n");
    job.given(".splitbuild/app-index", "acme/app:latest@sha256:00\n")
}

/// The programs of images from Debian or Fedora, and of those from Alpine.
fn everywhere(matrix: &str, name: &str, test: impl Fn(Ran)) {
    on_every_provider(matrix, |config, shell| {
        test(job(config, name).run(shell));
        test(job(config, name).finding(&[tools(), busybox()]).run(shell));
    });
}

const JOBS: [(&str, &str); 3] =
    [("build-app-manifest", "manifest"), ("build-copied", "copy"), ("export-app", "export")];

#[test]
fn what_is_fetched_and_right_is_run() {
    let program = program();
    let files = BTreeMap::from([
        ("/splitbuild", program.clone()),
        ("/top.tar.gz", archive(&[("splitbuild", &program), ("README.md", b"text")])),
        // As it is released: in a folder, with files beside it, one of the same name.
        (
            "/folder.tgz?raw=1&x=(y)",
            archive(&[
                ("splitbuild-0.1.0-linux-amd64/splitbuild", &program),
                ("splitbuild-0.1.0-linux-amd64/completions/splitbuild", b"exit 66"),
            ]),
        ),
    ]);
    let server = Server::with(files.clone());
    for (path, bytes) in &files {
        let matrix = both(&server.address, (&path[1..], &sum(bytes).to_uppercase()));
        for (name, verb) in JOBS {
            everywhere(&matrix, name, |ran| {
                let ran = ran.green();
                let calls = ran.of("splitbuild", verb);
                assert!(!calls.is_empty(), "{}", ran.log);
                assert_eq!(ran.recorded("fetched"), Some("fetched\n".repeat(calls.len())), "{}", ran.log);
                assert!(ran.log.contains("splitbuild 9.8.7"), "its version is shown: {}", ran.log);
                assert_eq!(ran.found(".splitbuild/bin/cat"), None, "nothing is left of earlier jobs");
                assert_eq!(server.requests(), [*path]);
                assert!(ran.kept().keys().all(|file| !file.contains("bin")), "it is not handed on");
            });
        }
    }
}

#[test]
fn the_real_one_runs() {
    let real = fs::read(env!("CARGO_BIN_EXE_splitbuild")).expect("it is built");
    let matrix = |address: &str| both(address, ("splitbuild", &sum(&real)));
    let server = Server::with(BTreeMap::from([("/splitbuild", real.clone())]));
    for provider in ["circleci", "gitlab", "github"] {
        let config = Config::for_provider(&matrix(&server.address), provider);
        let ran = job(&config, "build-app-manifest").run(super::job::SHELLS[0]);
        // No build has handed anything on.
        let ran = ran.red("splitbuild: ");
        assert!(ran.log.contains(concat!("splitbuild ", env!("CARGO_PKG_VERSION"))), "{}", ran.log);
        assert!(ran.calls.is_empty(), "the recording tool is another: {:?}", ran.calls);
    }
}

#[test]
fn what_is_not_what_was_meant_is_not_run() {
    let server = Server::with(BTreeMap::from([("/splitbuild", program())]));
    let expected = "0123456789abcdef".repeat(4);
    let matrix = both(&server.address, ("splitbuild", &expected));
    for (name, _) in JOBS {
        everywhere(&matrix, name, |ran| {
            let url = format!("{}/splitbuild", server.address);
            let (found, says) =
                (sum(&program()), "Another version needs its own sum in the matrix, under tool.download");
            let message = format!("{url} was not run: its SHA-256 is {found}, and {expected} was expected.");
            let ran = ran.red(&message).red(says);
            assert_eq!(ran.recorded("fetched"), None);
            assert!(ran.calls.is_empty(), "{:?}", ran.calls);
            assert_eq!(server.requests().len(), 1, "once more would not be better");
        });
    }
}

#[test]
fn a_server_is_asked_three_times() {
    let program = program();
    let server = Server::with(BTreeMap::from([("/splitbuild", program.clone())]));
    let matrix = both(&server.address, ("splitbuild", &sum(&program)));
    on_every_provider(&matrix, |config, shell| {
        for path in [vec![tools(), Path::new("/usr/bin"), Path::new("/bin")], vec![tools(), busybox()]] {
            let job = job(config, "build-app-manifest").finding(&path);
            server.fail(2);
            job.run(shell).green();
            assert_eq!(server.requests().len(), 3);
            server.fail(3);
            job.run(shell).red(&format!("cannot fetch {}/splitbuild with curl or wget", server.address));
            assert_eq!(server.requests().len(), 3);
        }
    });
}

#[test]
fn what_is_not_there_is_said() {
    let server = Server::with(BTreeMap::new());
    let matrix = both(&server.address, ("missing.tar.gz", &"0".repeat(63).replacen('0', "a0", 1)));
    everywhere(&matrix, "build-app-manifest", |ran| {
        let ran = ran.red(&format!("cannot fetch {}/missing.tar.gz with curl or wget", server.address));
        assert!(ran.calls.iter().all(|call| call.tool == "sleep"), "{:?}", ran.calls);
        assert_eq!(server.requests().len(), 3);
    });
}

#[test]
fn what_has_no_end_does_not_fill_the_disk() {
    let server = Server::with(BTreeMap::new());
    let matrix = both(&server.address, (&ENDLESS[1..], &"0".repeat(63).replacen('0', "a0", 1)));
    // One provider, as it takes its time: the lines are the same everywhere.
    let config = Config::of(&matrix);
    for shell in SHELLS {
        for path in [vec![tools(), Path::new("/usr/bin"), Path::new("/bin")], vec![tools(), busybox()]] {
            // The last of three times shows what all do.
            server.fail(2);
            let ran = job(&config, "build-app-manifest").finding(&path).run(shell);
            let ran =
                ran.red(&format!("cannot fetch {}{ENDLESS} with curl or wget, or it is too large", server.address));
            let kept =
                fs::metadata(ran.path("project/.splitbuild/bin/file")).expect("what was fetched until then").len();
            assert!((256 << 20..=512 << 20).contains(&kept), "{kept}");
        }
    }
}

#[test]
fn every_kind_of_machine_gets_its_own() {
    let other = archive(&[("splitbuild", b"#!/bin/sh\nexit 66\n")]);
    let right = archive(&[("splitbuild", &program())]);
    let server = Server::with(BTreeMap::from([("/right.tar.gz", right.clone()), ("/other.tar.gz", other.clone())]));
    let one = |platform: &str, path: &str, bytes: &[u8]| {
        format!("    {platform}: {{ url: \"{}/{path}.tar.gz\", sha256: \"{}\" }}\n", server.address, sum(bytes))
    };
    // Of runners of the project's own nothing is known when generating.
    let own = ["circleci", "gitlab", "github"].map(|it| format!("{it}: {{ runners: {{ manifest: own }} }}\n")).concat();
    let matrix = |downloads: &str| matrix(downloads) + &own;
    for (platform, name) in [("linux/amd64", "x86_64"), ("linux/arm64", "aarch64"), ("linux/riscv64", "riscv64")] {
        let machine = machine(name);
        let path = [machine.path(), tools(), Path::new("/usr/bin"), Path::new("/bin")];
        let all = ["linux/s390x", "linux/ppc64le"].map(|platform| one(platform, "other", &other)).concat();
        let has = matrix(&format!("{all}{}", one(platform, "right", &right)));
        let lacks = matrix(&all);
        on_every_provider(&has, |config, shell| {
            let ran = job(config, "build-app-manifest").finding(&path).run(shell).green();
            assert_eq!(ran.recorded("fetched").as_deref(), Some("fetched\n"), "{}", ran.log);
            assert_eq!(server.requests(), ["/right.tar.gz"]);
        });
        on_every_provider(&lacks, |config, shell| {
            let message = format!("tool.download has no splitbuild for {name}, only for linux/s390x and linux/ppc64le");
            job(config, "build-app-manifest").finding(&path).run(shell).red(&message);
            assert_eq!(server.requests(), [""; 0]);
        });
    }
}

#[test]
fn what_does_not_run_is_said_before_it_is_needed() {
    // The head of a program for a machine that nobody has, as `readelf` names it: e_machine 0xffff.
    let foreign = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 9], b"\x02\x00\xff\xff", &[0; 44]].concat();
    let files = BTreeMap::from([
        ("/foreign", foreign),
        ("/fails", b"#!/bin/sh\nexit 66\n".to_vec()),
        ("/interpreter", b"#!/lib/ld-of-another-libc.so.1\n".to_vec()),
        ("/empty.tar.gz", archive(&[("README.md", b"text"), ("x/y/splitbuild", b"too deep")])),
    ]);
    let server = Server::with(files.clone());
    for (path, bytes) in &files {
        let matrix = both(&server.address, (&path[1..], &sum(bytes)));
        everywhere(&matrix, "build-app-manifest", |ran| {
            let ran = ran.red(&format!("{}{path} holds no splitbuild that runs on ", server.address));
            assert!(ran.calls.is_empty(), "{:?}", ran.calls);
        });
    }
}

#[test]
fn a_script_that_installs_nothing_is_told_apart_from_a_failing_splitbuild() {
    let matrix = matrix("").replace("download:", "install: 'true'");
    for (name, _) in JOBS {
        on_every_provider(&matrix, |config, shell| {
            let ran = job(config, name).finding(&[busybox()]).run(shell);
            ran.red("tool.install put no splitbuild on the PATH");
        });
    }
}
