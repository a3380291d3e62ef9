//! Inputs that the program makes itself, so that mutations begin with something that is accepted.

use std::path::Path;

use ipledger::proto::v1;
use ipledger::rulebook::shipped;
use prost::Message as _;

/// The seeds of a target beside its corpus.
pub(super) fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "rulebook" => {
            let whole: &[u8] = include_bytes!("../rulebooks/whole.toml");
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/rulebooks/further");
            let mut further: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
            further.sort();
            let further = further.iter().map(|file| std::fs::read(file).unwrap());
            let shipped = shipped().iter().map(|(_, text)| text.as_bytes().to_vec());
            shipped.chain([whole.to_vec()]).chain(further).collect()
        }
        "judge" => (0..=u8::MAX).map(|number| judged(number, 80)).collect(),
        "command" => commands(),
        "record" => records(),
        "identifier" => [
            "91110000600037341L",
            "patent:202011156730.2",
            "trademark:12345678/9",
            "Y2026980000001",
            "HB-2026-001",
            "37400.00",
            "0.0435",
            "2026-03-05",
            "2026",
            "loan-1",
            "ip-finance",
        ]
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .collect(),
        other => panic!("`{other}` has no seeds; give it some here"),
    }
}

/// A rulebook by its number, a case, and numbers that repeat seldom.
fn judged(number: u8, length: u8) -> Vec<u8> {
    let numbers = (0..length).map(|at| number.wrapping_mul(31).wrapping_add(at.wrapping_mul(at).wrapping_mul(7)));
    [number, number / 20].into_iter().chain(numbers).collect()
}

/// Every request once with nothing in it, some with what a bank sends.
fn commands() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = (0..60).map(|number| vec![number]).collect();
    let enterprise = v1::RegisterEnterpriseRequest {
        request_id: "6f0e4c9a-52d4-4d0b-9c57-0d6f1c8a7b21".into(),
        uscc: "91110000600037341L".into(),
        name: "鹤壁镁业有限公司".into(),
        size_class: v1::SizeClass::Small.into(),
        district: "410611".into(),
        ..Default::default()
    };
    let loan = v1::FileLoanRequest {
        bank_id: "icbc-hebi".into(),
        contract_number: "HB-2026-001".into(),
        borrower: "91110000600037341L".into(),
        principal: "5000000.00".into(),
        ip_part: "5000000.00".into(),
        annual_rate: "0.0435".into(),
        signed_on: "2026-03-01".into(),
        matures_on: "2027-02-28".into(),
        ..Default::default()
    };
    let budget = v1::AppropriateBudgetRequest {
        budget_line_id: "ip-finance".into(),
        year: 2026,
        amount: "1000000.00".into(),
        document: "鹤财〔2026〕1号".into(),
        ..Default::default()
    };
    let rulebook = v1::AdoptRulebookRequest { text: shipped()[0].1.into(), ..Default::default() };
    let with = |number: u8, message: Vec<u8>| [vec![number], message].concat();
    all.extend([
        with(0, enterprise.encode_to_vec()),
        with(9, loan.encode_to_vec()),
        with(29, budget.encode_to_vec()),
        with(42, rulebook.encode_to_vec()),
    ]);
    all
}

/// The records whose bytes are kept as golden text.
fn records() -> Vec<Vec<u8>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN);
    let text = std::fs::read_to_string(file).unwrap();
    let hexes =
        text.lines().filter_map(|line| line.split_whitespace().last()).filter_map(|word| hex::decode(word).ok());
    hexes.filter(|bytes| !bytes.is_empty()).collect()
}

const GOLDEN: &str = "tests/golden/records_v1.hex";
