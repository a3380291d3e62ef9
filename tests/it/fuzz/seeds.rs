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
        "statement" => statements(),
        "filter" => (0..17).map(|number| vec![number]).chain(filters()).collect(),
        "token" => tokens(),
        "header" => headers(),
        // Its corpus has whole ones.
        "certificate" => vec![vec![0x30, 0x82], Vec::new()],
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

fn filters() -> Vec<Vec<u8>> {
    let entries = v1::ListEntriesRequest {
        enterprise: "91110000600037341L".into(),
        from_date: "2026-01-01".into(),
        kind: "loan-filed".into(),
        page_token: "00ff".into(),
        ..Default::default()
    };
    let proof = v1::GetConsistencyProofRequest { first_size: 3, second_size: 900 };
    let report =
        v1::RunReportRequest { name: "pool-statement".into(), to_date: "2026-03-31".into(), ..Default::default() };
    let with = |number: u8, message: Vec<u8>| [vec![number], message].concat();
    vec![with(0, entries.encode_to_vec()), with(14, proof.encode_to_vec()), with(15, report.encode_to_vec())]
}

/// A list as a bank sends it, in several encodings and forms, with each kind that it may be said to be.
fn statements() -> Vec<Vec<u8>> {
    let chinese = "合同号,借款人,放款日期,放款金额\nHB-2026-001,鹤壁镁业有限公司,2026年3月5日,\"5,000,000.00\"\n合计,,,5000000.00\n";
    let english = "contract\tborrower\tdate\tamount\nHB-1\t㐂䶮𠮷公司\t2026/3/5\t１２３．４５\n";
    let camt = "<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt>\
        <Stmt><Ntry><Amt Ccy=\"CNY\">10.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2026-03-05</Dt></BookgDt></Ntry>\
        </Stmt></BkToCstmrStmt></Document>";
    let gbk = [0xba, 0xcf, 0xcd, 0xac, 0xba, 0xc5, b',', 0xbd, 0xf0, 0xb6, 0xee, b'\n', b'1', b',', b'2'];
    let files: [&[u8]; 6] = [
        chinese.as_bytes(),
        english.as_bytes(),
        camt.as_bytes(),
        &gbk,
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ];
    let kinds = |file: &[u8]| (0..4).map(|kind| [&[kind], file].concat()).collect::<Vec<_>>();
    files.iter().flat_map(|file| kinds(file)).collect()
}

/// Tokens that are good, nearly good, and not at all.
fn tokens() -> Vec<Vec<u8>> {
    let header = r#"{"alg":"EdDSA","kid":"one","typ":"JWT"}"#;
    let claims = |more: &str| {
        format!(
            r#"{{"iss":"https://id.example","aud":"ledger","sub":"ipledger:officer:li.na","iat":1772683100,"exp":1772683900{more}}}"#
        )
    };
    let signed = |header: &str, claims: &str| format!("\u{1}{header}\n{claims}").into_bytes();
    let bound = r#","cnf":{"x5t#S256":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"nbf":1772683000,"jti":"x""#;
    vec![
        signed(header, &claims("")),
        signed(header, &claims(bound)),
        signed(header, &claims("").replace("\"ledger\"", "[\"other\",\"ledger\"]")),
        signed(header, &claims("").replace("1772683900", "1772600000")),
        signed(&header.replace("EdDSA", "none"), &claims("")),
        signed(&header.replace("one", "two"), &claims("")),
        b"\0aaaa.bbbb.cccc".to_vec(),
        b"\0".to_vec(),
        br#"{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"AA","y":"AA"},{"kty":"RSA","kid":"b"}]}"#.to_vec(),
    ]
}

/// What clients of every role send, and what no client should.
fn headers() -> Vec<Vec<u8>> {
    [
        "ipledger-dev-role: officer\nipledger-dev-person: li.na\ngrpc-timeout: 5S",
        "ipledger-dev-role: bank\nipledger-dev-institution: icbc-hebi\nipledger-dev-person: zhang.wei",
        "ipledger-dev-role: enterprise\nipledger-dev-enterprise: 91110000600037341L\nipledger-dev-person: x",
        "ipledger-dev-role: officer\nipledger-dev-role: bank\nipledger-dev-person: li.na",
        "authorization: Bearer aaaa.bbbb.cccc\ngrpc-timeout: 99999999n",
        "authorization: Basic eHg=\ngrpc-timeout: 3H",
        "ipledger-dev-role: boss",
        "",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect()
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
