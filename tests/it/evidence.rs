//! Evidence on the real program: receipts, proofs, checkpoints and forks, as a bank, a cosigner and an auditor meet them.
//!
//! Method: a server signs on a folder of its own; everything else is done with the subcommands, whose exit code and words
//! are looked at. A fork is made as an operator with root would: by copying the data folder.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ipledger::cli::child::{ActAs, ServerProcess};
use ipledger::evidence::checkpoint::SignedCheckpoint;
use ipledger::journal::merkle::Hash;
use ipledger::journal::merkle::proof::{is_consistent, root_from_inclusion};
use ipledger::proto::v1;
use ipledger::proto::v1::evidence_service_client::EvidenceServiceClient;
use ipledger::proto::v1::registry_service_client::RegistryServiceClient;
use tempfile::TempDir;
use tonic::Code;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::fixture::uscc;

/// Names that verifiers in other languages stumble over: rare characters, one beyond 16 bits, and Latin ones between.
const NAMES: [&str; 4] =
    ["鹤壁镁业有限公司", "河南㛃䶮新材料有限公司", "𠮷祥(Hebi)科技有限公司", "浚县“天工”精密铸造厂"];

/// What a client asks for evidence with.
type Evidence = EvidenceServiceClient<InterceptedService<Channel, ActAs>>;

pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_ipledger"))
}

/// What the program says, and whether it says that all is well; anything but exit code 0 and 1 fails the test.
pub(crate) fn run<A: Into<OsString>>(arguments: impl IntoIterator<Item = A>) -> (bool, String) {
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    let output = Command::new(program()).args(&arguments).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.code() {
        Some(0) => (true, said),
        Some(1) => (false, said),
        code => panic!("{arguments:?} ended with {code:?}:\n{said}{log}"),
    }
}

/// A ledger's folder with its keys.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self { folder: TempDir::new().unwrap() };
        run(["key", "new", "--name", "hebi.gov.cn/质押账本", "--out", &place.text("ledger")]);
        for name in ["icbc-hebi", "bureau"] {
            run(["key", "new", "--cosigner", "--name", name, "--out", &place.text(name)]);
        }
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) async fn serve(&self, data: &str, key: &str) -> ServerProcess {
        let cosigners = ["icbc-hebi", "bureau"].map(|name| self.text(&format!("{name}/cosigner.pub")));
        let mut flags = vec!["--key".to_owned(), self.text(key), "--checkpoint-every".to_owned(), "3600".to_owned()];
        flags.extend(cosigners.into_iter().flat_map(|path| ["--cosigner".to_owned(), path]));
        let flags = flags.into_iter().map(OsString::from);
        ServerProcess::start_with(program(), &self.path(data), flags).await.unwrap()
    }

    /// A copy of a data folder that no server uses, as a fork begins.
    pub(crate) fn copy(&self, from: &str, to: &str) {
        let copied = Command::new("cp").arg("-a").arg(self.path(from)).arg(self.path(to)).status().unwrap();
        assert!(copied.success());
    }

    /// `ipledger checkpoint get`, with what is kept in a file.
    fn watch(&self, server: &ServerProcess, keep: &str) -> (bool, String) {
        let keep = self.text(keep);
        let key = self.text("ledger/ledger.pub");
        run(["checkpoint", "get", "--fresh", "--server", &server.address, "--keep", &keep, "--key", &key])
    }

    fn cosign(&self, server: &ServerProcess, name: &str) -> (bool, String) {
        let (keep, key) = (self.text(&format!("{name}/kept")), self.text("ledger/ledger.pub"));
        let secret = self.text(&format!("{name}/cosigner.key"));
        let from = ["checkpoint", "cosign", "--server", &server.address, "--keep", &keep, "--key", &key];
        run(from.into_iter().chain(["--sign-with", &secret]))
    }

    pub(crate) fn verify_since(&self, data: &str, checkpoint: &str) -> (bool, String) {
        let (data, checkpoint, key) = (self.text(data), self.text(checkpoint), self.text("ledger/ledger.pub"));
        run(["verify", "--data", &data, "--checkpoint", &checkpoint, "--key", &key])
    }
}

/// Registers enterprises, numbered from here on; each is one entry.
pub(crate) async fn register(server: &ServerProcess, numbers: std::ops::RangeInclusive<u64>) {
    let channel = server.connect().await.unwrap();
    let officer = ActAs::new("officer", "", "li.na").unwrap();
    let mut client = RegistryServiceClient::with_interceptor(channel, officer);
    for (number, name) in numbers.zip(NAMES.iter().cycle()) {
        let request = v1::RegisterEnterpriseRequest {
            request_id: Uuid::new_v4().to_string(),
            uscc: uscc(number),
            name: (*name).to_owned(),
            size_class: v1::SizeClass::Small.into(),
            district: "410611".to_owned(),
            ..Default::default()
        };
        client.register_enterprise(request).await.unwrap();
    }
}

async fn evidence(server: &ServerProcess, role: &str, party: &str) -> Evidence {
    let caller = ActAs::new(role, party, "wang.fang").unwrap();
    EvidenceServiceClient::with_interceptor(server.connect().await.unwrap(), caller)
}

async fn fresh(client: &mut Evidence) -> SignedCheckpoint {
    let request = v1::GetCheckpointRequest { choice: v1::CheckpointChoice::Fresh.into() };
    let answer = client.get_checkpoint(request).await.unwrap().into_inner().checkpoint.unwrap();
    let signed = SignedCheckpoint::parse(&answer.note).unwrap();
    assert_eq!((signed.checkpoint.size, signed.checkpoint.root.0.to_vec()), (answer.tree_size, answer.root));
    signed
}

fn hashes(bytes: Vec<Vec<u8>>) -> Vec<Hash> {
    bytes.into_iter().map(|hash| Hash(hash.try_into().unwrap())).collect()
}

#[tokio::test]
async fn a_receipt_is_checked_without_the_ledger_and_shows_the_names() {
    let place = Place::new();
    let server = place.serve("data", "ledger/ledger.key").await;
    register(&server, 1..=4).await;
    let key = place.text("ledger/ledger.pub");
    for sequence in 1..=4 {
        let file = place.text(&format!("receipt-{sequence}.json"));
        let number = u64::to_string(&sequence);
        run(["receipt", "get", &number, "--server", &server.address, "--out", &file]);
    }
    server.stop().await.unwrap();
    fs::remove_dir_all(place.path("data")).unwrap();
    for (sequence, name) in (1..).zip(NAMES) {
        let file = place.text(&format!("receipt-{sequence}.json"));
        let (proven, said) = run(["receipt", "verify", &file, "--key", &key]);
        assert!(proven, "{said}");
        assert!(
            said.starts_with(&format!("proven: entry {sequence} is in the ledger `hebi.gov.cn/质押账本`")),
            "{said}"
        );
        assert!(said.contains(name), "{said}");
        let changed = fs::read_to_string(&file).unwrap().replace("\"tree_size\": 4", "\"tree_size\": 5");
        fs::write(&file, changed).unwrap();
        let (proven, said) = run(["receipt", "verify", &file, "--key", &key]);
        assert!(!proven && said.starts_with("NOT PROVEN: "), "{said}");
    }
}

#[tokio::test]
async fn a_receipt_is_given_to_whom_the_entry_concerns() {
    let place = Place::new();
    let server = place.serve("data", "ledger/ledger.key").await;
    register(&server, 1..=2).await;
    let request = v1::GetReceiptRequest { sequence: 1 };
    for (role, party, seen) in [("auditor", "", true), ("enterprise", &uscc(1), true), ("enterprise", &uscc(2), false)]
    {
        let answer = evidence(&server, role, party).await.get_receipt(request).await;
        match answer {
            Ok(_) => assert!(seen, "{role} {party}"),
            Err(status) => assert!(!seen && status.code() == Code::NotFound, "{role} {party}: {status}"),
        }
    }
    let status = evidence(&server, "bank", "icbc").await.get_receipt(request).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let none = evidence(&server, "auditor", "").await.get_receipt(v1::GetReceiptRequest { sequence: 3 }).await;
    let words = |status: &tonic::Status, number: &str| status.message().replace(number, "N");
    assert_eq!(words(&none.unwrap_err(), "`3`"), words(&status, "`1`"), "unknown and not the caller's are the same");
}

#[tokio::test]
async fn proofs_hold_for_every_pair_of_sizes() {
    let place = Place::new();
    let server = place.serve("data", "ledger/ledger.key").await;
    let mut client = evidence(&server, "auditor", "").await;
    let mut checkpoints = vec![fresh(&mut client).await.checkpoint];
    for number in 1..=9 {
        register(&server, number..=number).await;
        checkpoints.push(fresh(&mut client).await.checkpoint);
    }
    for second in &checkpoints {
        for first in checkpoints.iter().filter(|first| first.size <= second.size) {
            let request = v1::GetConsistencyProofRequest { first_size: first.size, second_size: second.size };
            let answer = client.get_consistency_proof(request).await.unwrap().into_inner();
            // Size 0 asks for everything that is durable.
            let shown = if second.size == 0 { &checkpoints[9] } else { second };
            assert_eq!(answer.second_size, shown.size);
            let proof = hashes(answer.hashes);
            assert!(is_consistent((first.size, first.root), (shown.size, shown.root), &proof), "{first:?} {shown:?}");
        }
        for sequence in 1..=second.size {
            let request = v1::GetInclusionProofRequest { sequence, tree_size: second.size };
            let answer = client.get_inclusion_proof(request).await.unwrap().into_inner();
            let receipt = client.get_receipt(v1::GetReceiptRequest { sequence }).await.unwrap().into_inner().receipt;
            let receipt = ipledger::evidence::Receipt::parse(&String::from_utf8(receipt).unwrap()).unwrap();
            let key = ipledger::evidence::PublicKey::read(&place.path("ledger/ledger.pub")).unwrap();
            let entry = receipt.verify(&key, &[]).unwrap().entry;
            let leaf = Hash::leaf(&ipledger::journal::codec::encode(&entry));
            let root = root_from_inclusion(leaf, answer.leaf_index, answer.tree_size, &hashes(answer.path));
            assert_eq!(root, Some(second.root), "entry {sequence} of {}", second.size);
        }
    }
    for (first_size, second_size) in [(5, 4), (1, 10), (10, 0)] {
        let request = v1::GetConsistencyProofRequest { first_size, second_size };
        let status = client.get_consistency_proof(request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{first_size} {second_size}: {status}");
    }
    for (sequence, tree_size) in [(0, 9), (5, 4), (1, 10), (10, 0)] {
        let request = v1::GetInclusionProofRequest { sequence, tree_size };
        let status = client.get_inclusion_proof(request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{sequence} {tree_size}: {status}");
    }
}

#[tokio::test]
async fn without_a_key_there_are_proofs_and_no_checkpoints() {
    let folder = TempDir::new().unwrap();
    let server = ServerProcess::start(program(), &folder.path().join("data"), &[]).await.unwrap();
    register(&server, 1..=3).await;
    let mut client = evidence(&server, "auditor", "").await;
    let proof = client.get_inclusion_proof(v1::GetInclusionProofRequest { sequence: 1, tree_size: 0 }).await.unwrap();
    assert_eq!(proof.into_inner().path.len(), 2);
    let none = [
        client.get_checkpoint(v1::GetCheckpointRequest::default()).await.unwrap_err(),
        client.get_receipt(v1::GetReceiptRequest { sequence: 1 }).await.unwrap_err(),
        client.add_cosignature(v1::AddCosignatureRequest::default()).await.unwrap_err(),
    ];
    for status in none {
        assert_eq!(status.code(), Code::FailedPrecondition);
        assert_eq!(status.get_error_details().error_info().unwrap().reason, "NO_SIGNING_KEY");
    }
}

#[tokio::test]
async fn a_journal_behind_its_checkpoint_is_not_served() {
    let place = Place::new();
    let server = place.serve("data", "ledger/ledger.key").await;
    register(&server, 1..=3).await;
    server.stop().await.unwrap();
    place.copy("data", "older");
    let server = place.serve("data", "ledger/ledger.key").await;
    register(&server, 4..=7).await;
    server.stop().await.unwrap();
    // The store and its head witness come back from an old copy; the checkpoint made at the stop is newer.
    fs::copy(place.path("data/checkpoint"), place.path("older/checkpoint")).unwrap();
    let flags = ["--key", &place.text("ledger/ledger.key")].map(OsString::from);
    let refused = ServerProcess::start_with(program(), &place.path("older"), flags).await.unwrap_err().to_string();
    assert!(refused.contains("is of 7 entries with root"), "{refused}");
    assert!(refused.contains("the journal has 3 with root"), "{refused}");
    let refused = ServerProcess::start(program(), &place.path("older"), &[]).await.unwrap_err().to_string();
    assert!(refused.contains("the journal is shorter than a checkpoint of it"), "without the key: {refused}");
    let (intact, said) = run(["verify", "--data", &place.text("older")]);
    assert!(!intact && said.contains("NOT INTACT: the journal is shorter"), "{said}");
    let (intact, said) = run(["verify", "--data", &place.text("data")]);
    assert!(intact && said.contains("of 7 entries"), "{said}");
}

#[tokio::test]
async fn two_histories_cannot_both_satisfy_who_kept_a_checkpoint() {
    let place = Place::new();
    let server = place.serve("ours", "ledger/ledger.key").await;
    register(&server, 1..=5).await;
    fresh(&mut evidence(&server, "auditor", "").await).await;
    assert!(place.cosign(&server, "icbc-hebi").0);
    server.stop().await.unwrap();
    place.copy("ours", "theirs");

    let ours = place.serve("ours", "ledger/ledger.key").await;
    let theirs = place.serve("theirs", "ledger/ledger.key").await;
    register(&ours, 6..=8).await;
    register(&theirs, 16..=20).await;
    fs::create_dir(place.path("early")).unwrap();
    fs::copy(place.path("icbc-hebi/kept"), place.path("early/kept")).unwrap();
    // Who kept a checkpoint from before the fork cannot tell; who saw one branch refuses the other, longer or not.
    let (proven, said) = place.watch(&theirs, "early/kept");
    assert!(proven && said.contains("from 5 to 10 entries"), "{said}");
    let (proven, said) = place.watch(&ours, "early/kept");
    assert!(!proven && said.contains("the ledger shows 8 entries, and 10 were signed before"), "{said}");
    register(&ours, 9..=14).await;
    let (proven, said) = place.watch(&ours, "early/kept");
    assert!(!proven && said.contains("the ledger rewrote its past"), "{said}");

    assert!(place.watch(&ours, "ours.kept").0);
    let (proven, said) = place.watch(&theirs, "ours.kept");
    assert!(!proven, "{said}");
    ours.stop().await.unwrap();
    theirs.stop().await.unwrap();
    let (proven, said) = place.verify_since("ours", "ours.kept");
    assert!(proven && said.contains("proven: the journal only grew since the checkpoint"), "{said}");
    let (proven, said) = place.verify_since("theirs", "ours.kept");
    assert!(!proven && said.contains("NOT INTACT: the journal is shorter"), "{said}");
    let (proven, said) = place.verify_since("ours", "early/kept");
    assert!(!proven && said.contains("NOT INTACT: the journal disagrees with a checkpoint"), "{said}");
}

#[tokio::test]
async fn cosigners_sign_one_history_only_and_receipts_show_it() {
    let place = Place::new();
    let server = place.serve("data", "ledger/ledger.key").await;
    register(&server, 1..=3).await;
    fresh(&mut evidence(&server, "auditor", "").await).await;
    for name in ["icbc-hebi", "bureau"] {
        let (proven, said) = place.cosign(&server, name);
        assert!(proven && said.contains(&format!("cosigned    as {name}+")), "{said}");
    }
    // A stranger's signature on a checkpoint that others have cosigned is not taken, and the stranger hears it.
    run(["key", "new", "--cosigner", "--name", "stranger", "--out", &place.text("stranger")]);
    let (taken, said) = place.cosign(&server, "stranger");
    assert!(!taken && said.contains("NOT COSIGNED: the ledger does not know `stranger+"), "{said}");
    // Who takes a checkpoint home may ask for the cosigners whom it must have.
    let keep = place.text("home");
    let home = |name: &str| {
        let (key, cosigner) = (place.text("ledger/ledger.pub"), place.text(&format!("{name}/cosigner.pub")));
        let get = ["checkpoint", "get", "--cosigned", "--server", &server.address, "--keep", &keep, "--key", &key];
        run(get.into_iter().chain(["--cosigner", &cosigner]))
    };
    let (proven, said) = home("bureau");
    assert!(proven && said.contains("cosigned by bureau+"), "{said}");
    let (proven, said) = home("stranger");
    assert!(!proven && said.contains("it is not signed by `stranger+"), "{said}");
    register(&server, 4..=4).await;
    let (key, file) = (place.text("ledger/ledger.pub"), place.text("receipt.json"));
    let [icbc, bureau] = ["icbc-hebi", "bureau"].map(|name| place.text(&format!("{name}/cosigner.pub")));
    let cosigners = ["--cosigner", icbc.as_str(), "--cosigner", bureau.as_str()];
    let verify = |sequence: &str| {
        run(["receipt", "get", sequence, "--server", &server.address, "--out", &file]);
        run(["receipt", "verify", &file, "--key", &key].into_iter().chain(cosigners))
    };
    let (proven, said) = verify("2");
    assert!(proven && said.matches("cosigned by").count() == 2, "{said}");
    let (proven, said) = verify("4");
    assert!(!proven && said.contains("it is not signed by `icbc-hebi+"), "nobody has cosigned that yet: {said}");
    let stranger = v1::AddCosignatureRequest { note: fs::read_to_string(place.path("data/checkpoint")).unwrap() };
    server.stop().await.unwrap();

    // Both are kept over a restart, and no longer taken from who is not named.
    let flags = ["--key", &place.text("ledger/ledger.key")].map(OsString::from);
    let server = ServerProcess::start_with(program(), &place.path("data"), flags).await.unwrap();
    let status = evidence(&server, "auditor", "").await.add_cosignature(stranger).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("none of its signatures is by a cosigner"), "{status}");
}

#[tokio::test]
async fn a_rotated_key_is_followed_by_who_trusts_the_old_one() {
    let place = Place::new();
    let server = place.serve("data", "ledger/ledger.key").await;
    register(&server, 1..=2).await;
    assert!(place.watch(&server, "kept").0);
    server.stop().await.unwrap();
    run(["key", "rotate", "--key", &place.text("ledger/ledger.key"), "--out", &place.text("ledger-2")]);
    let server = place.serve("data", "ledger-2/ledger.key").await;
    register(&server, 3..=3).await;
    let (key, rotation, file) =
        (place.text("ledger/ledger.pub"), place.text("ledger-2/rotation"), place.text("r.json"));
    run(["receipt", "get", "3", "--server", &server.address, "--out", &file]);
    let (proven, said) = run(["receipt", "verify", &file, "--key", &key]);
    assert!(!proven && said.contains("it is not signed by"), "{said}");
    let (proven, said) = run(["receipt", "verify", &file, "--key", &key, "--rotation", &rotation]);
    assert!(proven, "{said}");
    let (proven, said) = place.watch(&server, "kept");
    assert!(!proven, "{said}");
    let kept = place.text("kept");
    let watch = ["checkpoint", "get", "--server", &server.address, "--keep", &kept, "--key", &key];
    let (proven, said) = run(watch.into_iter().chain(["--rotation", &rotation]));
    assert!(proven && said.contains("from 2 to 3 entries"), "{said}");
}

/// Receipts of a real server for verifiers in other languages: `tests/foreign/run` names the folder.
#[tokio::test]
#[ignore = "writes files for tests/foreign/run"]
#[expect(clippy::disallowed_methods, reason = "the folder is the caller's to name")]
async fn receipts_for_other_verifiers() {
    let folder = PathBuf::from(std::env::var("IPLEDGER_RECEIPTS").unwrap());
    let place = Place::new();
    let server = place.serve("data", "ledger/ledger.key").await;
    register(&server, 1..=70).await;
    fresh(&mut evidence(&server, "auditor", "").await).await;
    assert!(place.cosign(&server, "icbc-hebi").0);
    for sequence in [1, 2, 3, 4, 63, 64, 65, 70] {
        let (file, number) = (folder.join(format!("receipt-{sequence}.json")), u64::to_string(&sequence));
        run(["receipt", "get", &number, "--server", &server.address, "--out", file.to_str().unwrap()]);
    }
    fs::copy(place.path("ledger/ledger.pub"), folder.join("ledger.pub")).unwrap();
}
