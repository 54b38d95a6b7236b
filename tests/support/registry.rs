//! Debian's `docker-registry`, started by the tests on loopback, and ended with them.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};

/// A folder of this run of the tests, which goes when they end.
pub fn folder(name: &str) -> PathBuf {
    static ROOT: OnceLock<tempfile::TempDir> = OnceLock::new();
    // What a static holds is not dropped, so the shell that waits for our end removes it.
    let root = ROOT.get_or_init(|| {
        let root = tempfile::tempdir().expect("a folder");
        // Its standard input stays open as long as we live.
        // Servers need a moment to leave it; what they, or a test that failed, leave mounted is taken away.
        let path = root.path().display();
        let remove = format!(
            "cat; for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do grep -q ' {path}/' /proc/mounts || break; sleep 1; done; \
             grep -o ' {path}/[^ ]*' /proc/mounts | xargs -r umount -l; rm -rf '{path}'"
        );
        std::mem::forget(guarded(&remove));
        root
    });
    let path = root.path().join(name);
    fs::create_dir_all(&path).expect("a folder");
    path
}

/// Runs a script whose standard input ends when this process does, however it ends.
pub fn guarded(script: &str) -> Child {
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).stdin(Stdio::piped()).stdout(Stdio::null());
    command.spawn().expect("a shell")
}

/// A port that nothing listens on, below those that the system gives out.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let base = 20_000 + u16::try_from(std::process::id() % 1000).expect("less than 1000") * 10;
    let ports = std::iter::repeat_with(|| base + NEXT.fetch_add(1, Ordering::Relaxed)).take(1000);
    let mut free = ports.filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().expect("a free port")
}

/// Starts a server, which ends with the tests, and waits until it listens.
pub fn serve(command: &str, port: u16) {
    // The shell reads until we are gone; then the server goes, too.
    let child = guarded(&format!("{command} & server=$!; cat; kill $server"));
    // It lives as long as this process.
    std::mem::forget(child);
    for _ in 0..600 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("`{command}` does not listen on port {port}; is it installed? ./test installs what the tests need");
}

/// Starts a registry over `storage` and returns its host.
pub fn start(name: &str, storage: &Path, more: &str) -> String {
    let port = free_port();
    let home = folder(name);
    let config = home.join("config.yml");
    let text = format!(
        "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\n\
         http:\n  addr: 127.0.0.1:{port}\n  secret: x\n{more}",
        storage.display()
    );
    fs::write(&config, text).expect("written");
    let log = home.join("log");
    serve(&format!("docker-registry serve '{}' >'{}' 2>&1", config.display(), log.display()), port);
    format!("127.0.0.1:{port}")
}

/// The storage that all registries of the tests share: what is put in by one is there in all.
pub fn storage() -> PathBuf {
    folder("storage")
}

/// The registry without login and without TLS.
pub fn plain() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| start("plain", &storage(), ""))
}

/// `builder` with `correct-horse-battery`, as `htpasswd -B` writes it.
#[allow(dead_code, reason = "not every binary needs it")]
const HTPASSWD: &str = "builder:$2b$04$MrdUT2pBjbiDzTBIgn5B.eLMz.oJxyYl2w1JEV7J82ZbMDSn6efq.\n";

/// The registry that wants a password with every request.
#[allow(dead_code, reason = "not every binary needs it")]
pub fn htpasswd() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| {
        let file = write(&folder("auth").join("htpasswd"), HTPASSWD);
        start("htpasswd", &storage(), &format!("auth:\n  htpasswd:\n    realm: test\n    path: {file}\n"))
    })
}

/// Writes a file of the tests.
pub fn write(path: &Path, text: &str) -> String {
    fs::write(path, text).expect("written");
    path.display().to_string()
}
