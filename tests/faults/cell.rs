//! One call of which one kind of request fails: what came of it, held to the rules that hold for all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::fault::Trouble;
use crate::ground::{is_whole, link};
use crate::http::Message;
use crate::kind::{Kind, Stage};
use crate::registry::plain;
use crate::relay::{Fault, Relay, Rule, Seen};
use crate::scenario::{Case, Count, Scenario, Tag};
use crate::token::{IDENTITY, PASSWORD, USER, token};

/// How often it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Times {
    /// Each request, the first time that it is made.
    Once,
    Always,
}

/// What a call came to.
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
    /// What was asked, of the registry and of the token service.
    pub seen: Vec<Seen>,
}

/// What is said when something is wrong, by the words that the pages quote; the first that is found counts.
const SAID: &[&str] = &[
    "may or may not be published",
    "asks to wait",
    "is unavailable",
    "cannot reach",
    "has no repository",
    "requires a login",
    "rejects the username and password",
    "does not allow the user",
    "names a token service that cannot be trusted",
    "redirects to",
    "violates the protocol",
    "sends other bytes",
    "sends more than",
    "refuses to",
    "not an image that an index can hold",
    "cannot be used",
    "is not in",
    "it is malformed",
    "which is not there",
    "are not listed",
];

/// What an attempt in vain may take at the longest: the bound that the call is given.
pub fn patience(count: Count) -> Duration {
    match count {
        Count::One => Duration::from_millis(1510),
        Count::Twenty => Duration::from_millis(5030),
    }
}

/// What this machine may add, which does other things, too.
const SLACK: Duration = Duration::from_secs(12);

/// The rule of the relays: `is` picks the requests that fail, `fault` says how.
pub fn rule(
    service: Option<String>,
    is: impl Fn(&Message) -> bool + Send + Sync + 'static,
    fault: impl Fn(&Message) -> Fault + Send + Sync + 'static,
    times: Times,
) -> Rule {
    let failed: Mutex<BTreeSet<String>> = Mutex::default();
    // What follows in the address of an upload is another word each time.
    let is_first = move |request: &Message| {
        let what = format!("{} {}", request.method(), request.path().split("/uploads/").next().unwrap_or_default());
        failed.lock().expect("no holder panics").insert(what)
    };
    Box::new(move |request, _| {
        let is_hit = is(request) && (times == Times::Always || is_first(request));
        if is_hit {
            return fault(request);
        }
        match &service {
            // A token that expired may be had anew where the challenge says.
            _ if request.path().starts_with("/token") => Fault::Answer(token(request)),
            Some(service) if request.header("authorization").is_none() => {
                let challenge = format!("Bearer realm=\"http://{service}/token\",service=\"registry\"");
                Fault::Answer(Message::answer(401, &[("WWW-Authenticate", &challenge)], b""))
            }
            _ => Fault::Pass,
        }
    })
}

/// Runs a call through relays with this rule.
pub fn call(case: &Case, has_service: bool, (rule, timeout): (impl Fn(Option<String>) -> Rule, Duration)) -> Ended {
    let service = has_service.then(|| {
        // What a fault changes is the answer of a real one.
        let real = Relay::new(plain(), Box::new(|request, _| Fault::Answer(token(request))));
        let relay = Relay::new(&real.host, forwarded(rule(None)));
        (relay, real)
    });
    let relay = Relay::new(case.upstream, rule(service.as_ref().map(|(relay, _)| relay.host.clone())));
    let place = |text: &String| text.replace("HOST", &relay.host).replace("PLAIN", plain());
    let timeout = format!("{}ms", timeout.as_millis());
    // Something that hangs fails the test and does not hang it.
    let mut command = Command::new("timeout");
    command.args(["-s", "KILL", "240", env!("CARGO_BIN_EXE_splitbuild")]);
    command.env_clear().env("PATH", std::env::var("PATH").unwrap_or_default());
    // To try TLS first, as is done on this machine, would take as long as the rest.
    let plain_http = ["--plain-http", &relay.host, "--plain-http", plain()];
    command.args(case.arguments.iter().map(place)).args(["--timeout", &timeout]).args(plain_http);
    command.envs(case.environment.iter().map(|(name, value)| (*name, place(value))));
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).output().expect("timeout runs");
    let took = start.elapsed();
    let mut seen = relay.seen();
    relay.end();
    if let Some((relay, real)) = &service {
        seen.extend(relay.seen());
        relay.end();
        real.end();
    }
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr), took, seen }
}

/// The token service's own rule: what does not fail goes on to the real one.
fn forwarded(rule: Rule) -> Rule {
    Box::new(move |request, nth| match rule(request, nth) {
        Fault::Answer(answer) if answer.status() == 200 && answer.text().contains("\"token\"") => Fault::Pass,
        fault => fault,
    })
}

/// Why there is no cell.
pub enum Flaw {
    /// A rule was broken.
    Broken(String),
    /// It did not come to the request, or took long: the machine may have been busy with others.
    Unclear(String),
}

/// What stands in the table for one call, which is so many times as patient as need be.
pub fn cell(
    kind: &'static Kind,
    trouble: &Trouble,
    (times, count): (Times, Count),
    patient: u32,
) -> Result<String, Flaw> {
    let case = kind.scenario.case(count);
    let has_service = matches!(kind.scenario, Scenario::Token | Scenario::Identity);
    let (victim, make) = (Arc::new(case.victim.clone()), trouble.make);
    let rule = |service| {
        let victim = Arc::clone(&victim);
        rule(service, move |request| (kind.is)(request, &victim), make, times)
    };
    let timeout = patience(count) * patient;
    let ended = call(&case, has_service, (rule, timeout));
    let hits = hits(kind, &case, &ended);
    let broken = |why: &str| {
        let Ended { code, stdout, stderr, took, .. } = &ended;
        let requests: Vec<String> = ended.seen.iter().map(|seen| format!("{} {}", seen.method, seen.path)).collect();
        let requests = if count == Count::One { requests.join("\n") } else { String::new() };
        let name = (kind.title(), trouble.name, times, count);
        format!("{name:?}: {why}\n{code:?} after {took:?}, {hits} hits\n{stdout}{stderr}{requests}")
    };
    // Where every request fails, images, tags and what the tags lead to afterwards take that time each; and after a 429
    // requests go one after another.
    let is_queue = kind.name.starts_with("every request") || trouble.name.starts_with("429");
    let bound = if is_queue { timeout * 3 + SLACK * 2 } else { timeout * 2 } + SLACK;
    let state = held(kind, &case, (&ended, bound)).map_err(|why| Flaw::Broken(broken(&why)))?;
    let said = said(&ended.stderr);
    let is_good = ended.code == Some(0);
    let (said, outcome) = match (is_good, said) {
        (true, _) => ("", if case.tags.is_empty() { "done" } else { "published" }),
        (false, None) => return Err(Flaw::Broken(broken("it says nothing that is known"))),
        (false, Some(said)) => match said {
            "may or may not be published" | "is unavailable" | "cannot reach" => (said, "gave up"),
            said => (said, "refused"),
        },
    };
    let (pauses, paused) = pauses(&ended.stderr);
    let is_out = ended.stderr.contains(&format!(" in {} s", timeout.as_secs_f64()));
    // Waits double: those before the last one are a good part of the time.
    let is_long = times == Times::Always && paused > timeout / 4;
    let time = match pauses {
        _ if is_out || is_long => "--timeout",
        0 => "at once",
        _ if outcome == "gave up" => "--timeout",
        _ => "a pause",
    };
    // Beyond those that are made in any case.
    let usual = if is_good { kind.usual() } else { 1 };
    let tries = match (hits + 1).saturating_sub(usual).max(1) {
        _ if hits == 0 => return Err(Flaw::Unclear(broken("the request was not made"))),
        1 => "1 try",
        2 if time != "--timeout" => "2 tries",
        _ => "many tries",
    };
    if time == "at once" && ended.took > SLACK * 2 || hits > 16 {
        return Err(Flaw::Unclear(broken("it takes too long, or too much")));
    }
    let said = if said.is_empty() { String::new() } else { format!(" “{said}”") };
    Ok(format!("{outcome}{said}, {tries}, {time}{state}"))
}

/// How often the same was asked for that fails.
fn hits(kind: &Kind, case: &Case, ended: &Ended) -> usize {
    let mut hits: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for seen in &ended.seen {
        let headers = seen.authorization.iter().map(|value| ("authorization".to_owned(), value.clone())).collect();
        let first = format!("{} {} HTTP/1.1", seen.method, seen.path);
        if (kind.is)(&Message { first, headers, body: Vec::new() }, &case.victim) {
            let path = seen.path.split("/uploads/").next().unwrap_or_default();
            *hits.entry((&seen.method, path)).or_default() += 1;
        }
    }
    hits.into_values().max().unwrap_or_default()
}

/// How often, and how long, a request waited to be tried again, as it is said: the one of them that did so most.
fn pauses(stderr: &str) -> (usize, Duration) {
    let mut pauses: BTreeMap<&str, (usize, Duration)> = BTreeMap::new();
    for (what, wait) in stderr.lines().filter_map(|line| line.split_once("; retrying in ")) {
        let seconds = wait.trim_end_matches(" s").parse().expect("seconds");
        let (count, sum) = pauses.entry(what).or_default();
        (*count, *sum) = (*count + 1, *sum + Duration::from_secs_f64(seconds));
    }
    pauses.into_values().max_by_key(|(_, sum)| *sum).unwrap_or_default()
}

fn said(stderr: &str) -> Option<&'static str> {
    let lines = stderr.lines().filter(|line| line.starts_with("splitbuild: ") && !line.contains("; retrying in "));
    lines.into_iter().find_map(|line| SAID.iter().find(|said| line.contains(**said)).copied())
}

/// The rules that hold whatever fails; the state of the tags, or of the file, in words.
fn held(kind: &Kind, case: &Case, (ended, bound): (&Ended, Duration)) -> Result<String, String> {
    let is_good = match ended.code {
        Some(0) => true,
        Some(1) => false,
        _ => return Err("it ends with 0 or 1".into()),
    };
    no_secret(ended)?;
    if ended.took > bound {
        return Err("it ends with --timeout".into());
    }
    if let Some(file) = &case.file {
        return written(&std::fs::read(file).expect("it is there"), is_good);
    }
    let is_new = tags(case, ended, is_good)?;
    let (new, all) = (is_new.iter().filter(|is_new| **is_new).count(), is_new.len());
    if kind.stage == Stage::Reads && new != 0 && new != all {
        return Err("what cannot be read keeps everything from being published".into());
    }
    Ok(match (new, all) {
        (_, 0) => String::new(),
        (0, _) => ", old".into(),
        (new, all) if new == all => ", new".into(),
        (new, all) => format!(", {new} new and {} old", all - new),
    })
}

/// What is printed to prove who we are is printed to nobody.
pub fn no_secret(ended: &Ended) -> Result<(), String> {
    let proof = BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let mut secrets = vec![PASSWORD.to_owned(), IDENTITY.to_owned(), proof];
    let sent = ended.seen.iter().filter_map(|seen| seen.authorization.as_deref());
    secrets.extend(sent.filter_map(|header| header.split_once(' ')).map(|(_, secret)| secret.to_owned()));
    match secrets.iter().any(|secret| ended.stdout.contains(secret) || ended.stderr.contains(secret)) {
        true => Err("no secret is shown".into()),
        false => Ok(()),
    }
}

/// Where a tag leads; the registry may be writing that just now, and empties the file first.
fn settled(tag: &Tag) -> String {
    let read = || link(&tag.repository, &tag.name).unwrap_or_default();
    (0..20)
        .map(|_| read())
        .find(|leads| {
            let is_known = *leads == tag.new || *leads == tag.old;
            (!is_known).then(|| std::thread::sleep(Duration::from_millis(50)));
            is_known
        })
        .unwrap_or_else(read)
}

/// Whether each tag leads to the new index; it is an error if one leads to anything but the old one or the new one, or
/// elsewhere than is said.
pub fn tags(case: &Case, ended: &Ended, is_good: bool) -> Result<Vec<bool>, String> {
    let state = |tag: &Tag| {
        let name = format!("{}:{}", tag.repository, tag.name);
        let leads = settled(tag);
        let is_new = leads == tag.new;
        if !is_new && leads != tag.old {
            return Err(format!("{name} leads to {leads}: a wrong index"));
        }
        if is_new && case.is_copied && !is_whole(&tag.repository) {
            return Err(format!("{name} leads to an index without its images"));
        }
        let is_named = |line: &str| line.contains(&format!("{name}@{}", tag.new));
        // What the rule of releases moves is told in other words.
        let is_printed = ended.stdout.lines().any(is_named) || tag.name == "latest" && is_good;
        let is_doubted = ended.stderr.contains(&format!("{name} may or may not "));
        match (is_new, is_printed) {
            (false, true) => Err(format!("{name} is said to be published, and is not")),
            (true, false) if !is_doubted && tag.name != "latest" => {
                Err(format!("{name} is published, and that is not said"))
            }
            (false, _) if is_good => Err(format!("{name} was not published, and it ends well")),
            _ => Ok(is_new),
        }
    };
    let states = case.tags.iter().map(state).collect::<Result<Vec<bool>, String>>()?;
    if ended.stderr.contains("every tag is as it was") && states.contains(&true) {
        return Err("a tag was changed, and every tag is said to be as it was".into());
    }
    if !is_good && !states.is_empty() && states.iter().all(|is_new| *is_new) && !ended.stderr.contains("may or may not")
    {
        return Err("everything was published, and it ends ill".into());
    }
    Ok(states)
}

/// Whether a tarball is as it was, or whole.
pub fn written(bytes: &[u8], is_good: bool) -> Result<String, String> {
    if bytes == b"old" {
        return if is_good { Err("the file was not written".into()) } else { Ok(", old".into()) };
    }
    let mut archive = tar::Archive::new(bytes);
    let (mut names, mut blobs) = (Vec::new(), 0);
    for entry in archive.entries().map_err(|error| error.to_string())? {
        let mut entry = entry.map_err(|error| error.to_string())?;
        let name = entry.path().map_err(|error| error.to_string())?.display().to_string();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).map_err(|error| error.to_string())?;
        if let Some(hex) = name.strip_prefix("blobs/sha256/").filter(|hex| !hex.is_empty()) {
            blobs += 1;
            if crate::image::digest(&content) != format!("sha256:{hex}") {
                return Err(format!("{name} has other bytes than its name says"));
            }
        }
        names.push(name);
    }
    let is_whole = ["index.json", "manifest.json", "oci-layout"].iter().all(|it| names.iter().any(|name| name == it));
    match (is_whole && blobs >= 3, is_good) {
        (true, true) => Ok(", new".into()),
        (true, false) => Err("the file was written, and it ends ill".into()),
        (false, _) => Err("half a file".into()),
    }
}
