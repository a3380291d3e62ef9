//! Every byte of a small store, flipped: noticed, or provably harmless; never silent, never a panic for people to see.
//!
//! Method: a real server makes a store of a few entries with a signed checkpoint. For each place of each of its files a
//! copy of the folder with one bit flipped there is given to `ipledger verify`. Either it says that something is wrong,
//! in words and by its exit code; or size and root of the journal are what they were, and SHA-256 says that so is every
//! byte of every record. Truncation is tried in the same way.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tempfile::TempDir;

use crate::evidence::{Place, program, register};

/// A store with what is in its files.
struct Store {
    place: Place,
    files: Vec<(PathBuf, Vec<u8>)>,
    entries: u64,
    root: String,
}

/// One way to damage a file.
#[derive(Debug, Clone, Copy)]
enum Damage {
    Flip(usize),
    Cut(usize),
}

/// What came of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Damaged,
    CouldNotLook,
    Differs,
    Harmless,
}

/// How the last server on the folder ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Stopped,
    Killed,
}

impl Store {
    async fn new(end: End) -> Self {
        let place = Place::new();
        let server = place.serve("data", "ledger/ledger.key").await;
        register(&server, 1..=6).await;
        server.stop().await.unwrap();
        // A second life, so that sled has recovered once and its files have both kinds of content.
        let mut registered = 6;
        loop {
            let server = place.serve("data", "ledger/ledger.key").await;
            register(&server, registered + 1..=registered + 3).await;
            registered += 3;
            match end {
                End::Stopped => server.stop().await.unwrap(),
                End::Killed => server.kill().await.unwrap(),
            }
            // A slow machine may have given sled everything before the kill.
            if end == End::Stopped || needs_its_commit_files(&place, registered) {
                break;
            }
            assert!(registered < 60, "no kill comes before everything is in sled");
        }
        let mut files = Vec::new();
        list(&place.path("data"), Path::new(""), &mut files);
        assert!(files.len() >= 4, "{files:?}");
        assert!(files.iter().any(|(path, _)| path == Path::new("commits-1")), "{files:?}");
        // A copy of its own, whatever is built meanwhile.
        fs::copy(program(), place.path("program")).unwrap();
        place.copy("data", "copy");
        let (code, said, log) = verify(&place, &place.path("copy"));
        assert_eq!(code, Some(0), "{said}{log}");
        let summary: Value = serde_json::from_str(&said).unwrap();
        let (entries, root) =
            (summary["entries"].as_u64().unwrap(), summary["merkle_root"].as_str().unwrap().to_owned());
        assert_eq!(entries, registered);
        Self { place, files, entries, root }
    }

    /// Damages a copy and looks what `verify` makes of it; the problem, if it is one.
    fn try_one(&self, scratch: &Path, file: &Path, damage: Damage) -> Result<Outcome, String> {
        // sled leaves files of its own behind.
        let mut found = Vec::new();
        list(scratch, Path::new(""), &mut found);
        for (path, _) in found {
            fs::remove_file(scratch.join(path)).unwrap();
        }
        for (path, bytes) in &self.files {
            let bytes = if path == file { damaged(bytes, damage) } else { bytes.clone() };
            fs::write(scratch.join(path), bytes).unwrap();
        }
        let (code, said, log) = verify(&self.place, scratch);
        let shown = format!("{} {damage:?}: exit code {code:?}\n{said}{log}", file.display());
        if log.contains("panicked at") || log.contains("RUST_BACKTRACE") || log.lines().count() > 4 {
            return Err(format!("a panic reaches the user: {shown}"));
        }
        let summary: Value = serde_json::from_str(&said).unwrap_or_default();
        match code {
            Some(0) => {
                let same = summary["entries"] == self.entries && summary["merkle_root"] == self.root.as_str();
                if same { Ok(Outcome::Harmless) } else { Err(format!("silent: {shown}")) }
            }
            Some(1) if !summary["findings"][0]["problem"].is_null() => Ok(Outcome::Damaged),
            Some(2) if log.starts_with("ipledger: ") => Ok(Outcome::CouldNotLook),
            Some(3) => Ok(Outcome::Differs),
            _ => Err(shown),
        }
    }

    /// All trials on as many threads as there are cores; counts per file and outcome.
    fn try_all(&self, trials: &[(PathBuf, Damage)]) -> BTreeMap<(PathBuf, Outcome), usize> {
        let (next, outcomes) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
        let problems = Mutex::new(Vec::new());
        let worker = || {
            let scratch = self.scratch();
            while let Some((file, damage)) = trials.get(next.fetch_add(1, Ordering::Relaxed)) {
                match self.try_one(scratch.path(), file, *damage) {
                    Ok(outcome) => *outcomes.lock().unwrap().entry((file.clone(), outcome)).or_insert(0) += 1,
                    Err(problem) => problems.lock().unwrap().push(problem),
                }
            }
        };
        let threads = std::thread::available_parallelism().unwrap().get();
        std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(worker))));
        let problems = problems.into_inner().unwrap();
        let shown = problems[..problems.len().min(8)].join("\n---\n");
        assert!(problems.is_empty(), "{} of {}:\n{shown}", problems.len(), trials.len());
        outcomes.into_inner().unwrap()
    }

    /// A folder with the folders of a store, in memory where there is such: nothing here is about the disk.
    fn scratch(&self) -> TempDir {
        let scratch = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
        for (path, _) in &self.files {
            fs::create_dir_all(scratch.path().join(path).parent().unwrap()).unwrap();
        }
        fs::create_dir_all(scratch.path().join("store/blobs")).unwrap();
        scratch
    }

    fn bytes(&self, file: &str) -> &[u8] {
        &self.files.iter().find(|(path, _)| path == Path::new(file)).unwrap().1
    }
}

/// Whether the folder is not whole without them.
fn needs_its_commit_files(place: &Place, registered: u64) -> bool {
    let name = format!("without-{registered}");
    place.copy("data", &name);
    let folder = place.path(&name);
    for file in ["commits-1", "commits-2"].map(|file| folder.join(file)).iter().filter(|file| file.exists()) {
        fs::remove_file(file).unwrap();
    }
    let output = Command::new(program()).arg("verify").arg("--data").arg(&folder).output().unwrap();
    output.status.code() == Some(1)
}

fn damaged(bytes: &[u8], damage: Damage) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    match damage {
        Damage::Flip(at) => bytes[at] ^= 1 << (at % 8),
        Damage::Cut(length) => bytes.truncate(length),
    }
    bytes
}

fn list(folder: &Path, below: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder.join(below)).unwrap().map(Result::unwrap) {
        let path = below.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            list(folder, &path, files);
        } else {
            files.push((path.clone(), fs::read(folder.join(path)).unwrap()));
        }
    }
    files.sort();
}

/// `ipledger verify --json`: exit code (`None` for a signal), standard output, standard error.
fn verify(place: &Place, data: &Path) -> (Option<i32>, String, String) {
    let output = Command::new("timeout")
        .args(["--signal=ABRT", "30"])
        .arg(place.path("program"))
        .args(["verify", "--json", "--key", &place.text("ledger/ledger.pub"), "--data"])
        .arg(data)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Places of a file that are in use, with the zeros around them: `store/db` is one segment that is mostly empty, and so are
/// the commit files.
fn places_in_use(bytes: &[u8]) -> Vec<usize> {
    let mut places = Vec::new();
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte != 0) {
        let from = at.saturating_sub(32).max(places.last().map_or(0, |last: &usize| *last + 1));
        places.extend(from..(at + 33).min(bytes.len()));
    }
    places
}

fn flips(file: &Path, places: impl IntoIterator<Item = usize>) -> Vec<(PathBuf, Damage)> {
    places.into_iter().map(|at| (file.to_path_buf(), Damage::Flip(at))).collect()
}

fn cuts(file: &Path, lengths: impl IntoIterator<Item = usize>) -> Vec<(PathBuf, Damage)> {
    lengths.into_iter().map(|length| (file.to_path_buf(), Damage::Cut(length))).collect()
}

/// Part of what [`every_byte_and_every_length`] does.
#[tokio::test]
async fn a_sample_of_flips_and_cuts_is_noticed_or_harmless() {
    let store = Store::new(End::Stopped).await;
    let mut trials = Vec::new();
    for (file, bytes) in &store.files {
        trials.extend(sample(file, bytes, 120));
    }
    println!("{:#?}", store.try_all(&trials));
}

/// The same of the commit files of a server that was killed: most of what is in use there is needed.
#[tokio::test]
async fn a_sample_of_flips_and_cuts_of_needed_commits_is_noticed_or_harmless() {
    let store = Store::new(End::Killed).await;
    let outcomes = store.try_all(&sample(Path::new("commits-1"), store.bytes("commits-1"), 240));
    println!("{outcomes:#?}");
    let damaged = outcomes.get(&(PathBuf::from("commits-1"), Outcome::Damaged)).copied().unwrap_or(0);
    assert!(damaged > 100, "the commits are needed: {outcomes:?}");
}

/// Flips at about so many places that are in use, and a quarter as many cuts.
fn sample(file: &Path, bytes: &[u8], count: usize) -> Vec<(PathBuf, Damage)> {
    let places = places_in_use(bytes);
    let step = places.len().div_ceil(count).max(1);
    // An odd step sees every bit of a byte.
    let flipped = flips(file, places.iter().copied().step_by(step | 1));
    [flipped, cuts(file, places.iter().copied().step_by((step * 4) | 1))].concat()
}

/// All of it, in minutes: `cargo test --test it flips::every -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "takes minutes"]
async fn every_byte_and_every_length() {
    for end in [End::Stopped, End::Killed] {
        try_every_byte(&Store::new(end).await, end);
    }
}

#[expect(clippy::print_stdout, reason = "the figures of a test that takes minutes")]
fn try_every_byte(store: &Store, end: End) {
    println!("{end:?}");
    let mut trials = Vec::new();
    for (file, bytes) in &store.files {
        let places = places_in_use(bytes);
        println!("{}: {} bytes, {} in use", file.display(), bytes.len(), places.len());
        trials.extend(flips(file, places.iter().copied()));
        trials.extend(cuts(file, places));
    }
    // The empty rest of the log, in places.
    let db = store.bytes("store/db");
    trials.extend(flips(Path::new("store/db"), (0..db.len()).step_by(257)));
    trials.extend(cuts(Path::new("store/db"), (0..db.len()).step_by(1_021)));
    println!("{} trials\n{:#?}", trials.len(), store.try_all(&trials));
}
