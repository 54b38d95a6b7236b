//! Calls that are ended at random moments: a tag is the old one or the new one and said to be so, a file is old or whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::cell::{Ended, tags, written};
use crate::chance::{number, seeds};
use crate::command::run;
use crate::ground::{SOURCE, fresh, ground, link};
use crate::http::Message;
use crate::image::digest;
use crate::pool::each;
use crate::registry::{folder, plain};
use crate::relay::{Fault, Relay};
use crate::scenario::{Case, Count, Scenario};
use crate::tally;

/// How long a call may take to end, once it is asked to, on a machine that does other things, too.
const SOON: Duration = Duration::from_secs(10);

/// What is ended.
#[derive(Clone, Copy, Debug)]
enum Work {
    Manifest,
    Copy,
    Export,
    /// A copy to a folder.
    Layout,
}

/// A call that is ready, and the folder that it writes to.
fn ready(work: Work) -> (Case, Option<PathBuf>) {
    let case = match work {
        Work::Manifest => Scenario::Manifest.case(Count::Twenty),
        Work::Copy => Scenario::CopyTo.case(Count::Twenty),
        Work::Export | Work::Layout => Scenario::Export.case(Count::One),
    };
    match work {
        Work::Layout => {
            let to = folder(&format!("layouts/{}", fresh()));
            let arguments = vec!["copy".into(), format!("HOST/{SOURCE}:v1"), format!("oci:{}:v1", to.display())];
            (Case { arguments, file: None, ..case }, Some(to))
        }
        _ => (case, None),
    }
}

/// A moment in a call: so long after so many requests have come.
#[derive(Clone, Copy, Debug)]
struct Moment {
    requests: usize,
    after: Duration,
}

/// Runs a call, and sends it a signal at a moment.
fn ended(case: &Case, at: Option<(Moment, Signal)>) -> Ended {
    let (come, coming) = mpsc::channel();
    let come = Mutex::new(come);
    let arrived = move |_: &Message, _| {
        // Nobody listens after the moment.
        let _ = come.lock().expect("no holder panics").send(());
        Fault::Pass
    };
    let relay = Relay::new(plain(), Box::new(arrived));
    let mut command = Command::new(env!("CARGO_BIN_EXE_splitbuild"));
    command.env_clear().env("PATH", std::env::var("PATH").unwrap_or_default()).stdin(Stdio::null());
    command.args(case.arguments.iter().map(|text| text.replace("HOST", &relay.host).replace("PLAIN", plain())));
    command.args(["--plain-http", &relay.host, "--plain-http", plain()]);
    let start = Instant::now();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let mut signalled = start;
    if let Some((moment, signal)) = at {
        // It makes as many as the call before it, or ends.
        (0..moment.requests).all(|_| coming.recv_timeout(SOON).is_ok());
        std::thread::sleep(moment.after);
        signalled = Instant::now();
        // It is not waited for yet, so its number is nobody else's.
        kill(Pid::from_raw(i32::try_from(child.id()).expect("a process")), signal).expect("sent");
    }
    let output = child.wait_with_output().expect("it ends");
    relay.end();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    Ended { code: output.status.code(), stdout, stderr, took: signalled.elapsed(), seen: relay.seen() }
}

/// What is wrong after a call was ended, if something is.
fn wrong(
    work: Work,
    (case, layout): &(Case, Option<PathBuf>),
    (ended, signal): (&Ended, Signal),
) -> Result<(), String> {
    let code = match signal {
        Signal::SIGTERM => Some(143),
        Signal::SIGINT => Some(130),
        _ => None,
    };
    let is_done = ended.code == Some(0);
    // Before it listens, a signal ends it as it ends any other program.
    let is_early = ended.code.is_none() && ended.stdout.is_empty() && ended.stderr.is_empty();
    if !is_done && ended.code != code && !is_early {
        return Err(format!("it ends with {:?}", ended.code));
    }
    if let Some(layout) = layout {
        return folder_is_whole(layout, is_done);
    }
    if let Some(file) = &case.file {
        let bytes = fs::read(file).expect("it is there");
        written(&bytes, bytes != b"old")?;
        if is_done && bytes == b"old" {
            return Err("it was not written, and it ends well".into());
        }
        let beside = fs::read_dir(file.parent().expect("a folder")).expect("a folder").count();
        return if beside == 1 || signal == Signal::SIGKILL { Ok(()) } else { Err("it leaves a file behind".into()) };
    }
    if signal == Signal::SIGKILL && !is_done {
        // It cannot say anything; whatever the tags are, it is one of the two.
        let silent =
            Ended { code: None, stdout: String::new(), stderr: doubt(case), took: ended.took, seen: Vec::new() };
        return tags(case, &silent, false).map(drop);
    }
    let new = tags(case, ended, is_done)?;
    match ended.stderr.contains("nothing was written") && new.contains(&true) {
        true => Err("it says that nothing was written".into()),
        false if new.len() == 20 => Ok(()),
        false => Err(format!("{work:?} has twenty tags")),
    }
}

/// Says of every tag that it may or may not be written.
fn doubt(case: &Case) -> String {
    case.tags.iter().map(|tag| format!("{}:{} may or may not \n", tag.repository, tag.name)).collect()
}

/// A layout has an index that can be read whole, or none.
fn folder_is_whole(layout: &Path, is_done: bool) -> Result<(), String> {
    if !layout.join("index.json").exists() {
        return if is_done { Err("there is no layout".into()) } else { Ok(()) };
    }
    let reference = format!("oci:{}:v1", layout.display());
    let listed = fs::read_to_string(layout.join("index.json")).map_err(|error| error.to_string())?;
    if !listed.contains(&ground().source.new) {
        return if is_done { Err("the layout lacks it".into()) } else { Ok(()) };
    }
    for entry in fs::read_dir(layout.join("blobs/sha256")).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let is_blob = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_blob && digest(&fs::read(&path).map_err(|error| error.to_string())?) != format!("sha256:{name}") {
            return Err(format!("{name} is half a blob"));
        }
    }
    match run(&["export", &reference, "-o", &layout.join("whole.tar").display().to_string(), "--name", "a/b:v1"]).code {
        Some(0) => Ok(()),
        _ => Err("the layout is not whole".into()),
    }
}

/// How many tags lead to the new index.
fn news(case: &Case) -> usize {
    case.tags.iter().filter(|tag| link(&tag.repository, &tag.name).as_ref() == Some(&tag.new)).count()
}

fn at_random_moments(work: Work) {
    let whole = ended(&ready(work).0, None);
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    let requests = whole.seen.len();
    let between = whole.took / u32::try_from(requests).expect("some requests");
    let calls: Vec<(u64, Signal)> = seeds(100)
        .into_iter()
        .flat_map(|seed| [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT].map(|signal| (seed, signal)))
        .collect();
    let all = each((2, calls), |(seed, signal)| {
        let case = ready(work);
        let chance = |of: &str, below| number(seed, (signal as i32, of), below);
        let percent = u32::try_from(chance("after", 150)).expect("less than 150");
        let moment = Moment { requests: chance("requests", requests + 1), after: between * percent / 100 };
        let ended = ended(&case.0, Some((moment, signal)));
        let told = |why: String| {
            format!("FAULTS_SEED={seed}, {work:?}, {signal} at {moment:?}: {why}\n{}{}", ended.stdout, ended.stderr)
        };
        wrong(work, &case, (&ended, signal)).map_err(&told)?;
        if ended.took > SOON {
            return Err(told(format!("it ends after {:?}", ended.took)));
        }
        Ok((ended.code == Some(0), news(&case.0)))
    });
    let wrong: Vec<&str> = all.iter().filter_map(|one| one.as_ref().err().map(String::as_str)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let done = all.iter().flatten().filter(|(done, _)| *done).count();
    let halfway = all.iter().flatten().filter(|(_, news)| (1..20).contains(news)).count();
    let of = |what: &str| format!("{what} of {work:?}");
    tally::fixed(&of("signals in the midst"), all.len());
    tally::chance(&of("done before its signal"), done);
    if matches!(work, Work::Manifest | Work::Copy) {
        tally::chance(&of("some tags new"), halfway);
    }
    assert!(all.len() < 10 || done <= all.len() * 9 / 10, "{done} of {} were not ended", all.len());
}

#[test]
fn manifest_ended_at_random_moments() {
    at_random_moments(Work::Manifest);
}

#[test]
fn copy_ended_at_random_moments() {
    at_random_moments(Work::Copy);
}

#[test]
fn export_ended_at_random_moments() {
    at_random_moments(Work::Export);
}

#[test]
fn copy_to_a_folder_ended_at_random_moments() {
    at_random_moments(Work::Layout);
}
