//! Goal: every refusal of the loader is golden text, and none is left out. Method: one slip at a time in a file that has
//! every feature (`whole.toml`); what is said of each stands in `messages.txt`. A second test reads the loader's source
//! and asks for every message that it can say.

#![expect(
    clippy::disallowed_methods,
    clippy::format_collect,
    reason = "a test that looks at the clock; files of ten thousand lines"
)]

use std::path::Path;

use expect_test::expect_file;

use ipledger::rulebook::{LoadErrors, load, load_bytes};

const WHOLE: &str = include_str!("whole.toml");

/// What is in the file once, and what stands there instead.
const SLIPS: &[(&str, &str)] = &[
    // Head, source, clauses.
    ("schema = 1\n", "schema = 2\n"),
    ("schema = 1\n", ""),
    ("id = \"whole\"", "id = \"全部\""),
    ("id = \"whole\"", "id = 7"),
    ("id = \"whole\"\nversion = 1", "id = \"whole\"\nversion = 0"),
    ("id = \"whole\"\nversion = 1", "id = \"whole\"\nversion = \"1\""),
    ("valid_until = 2029-12-31\ntransition", "valid_until = 2019-12-31\ntransition"),
    ("valid_from = 2020-01-01", "valid_from = 2020"),
    ("valid_from = 2020-01-01", "valid_from = \"2020-02-30\""),
    ("transition = \"filing\"", "transition = \"fliing\""),
    ("transition = \"filing\"", "transition = \"never\""),
    ("title = { zh = \"全部\", en = \"Everything\" }", "title = { zh = \"全部\" }"),
    ("[rulebook]\nid", "[[rulebook]]\nid"),
    ("[source]\ntitle = \"测试办法\"\nissuer = \"测试局\"\nnumber = \"测〔2020〕1号\"\ndate = 2020-01-01\n", ""),
    ("issuer = \"测试局\"", "issuer = \" \""),
    ("issuer = \"测试局\"", "isuer = \"测试局\""),
    ("id = \"vague\"", "id = \"plain\""),
    ("[[clause]]\nid = \"vague\"", "[clause]\nid = \"vague\""),
    ("ambiguous = true", "ambiguous = \"yes\""),
    ("clause = \"vague\"\nreading = { zh = \"按签订日。\", en = \"By the day of signing.\" }", "clause = \"vague\""),
    // Series and rates.
    ("id = \"lpr\"", "id = \"LPR\""),
    ("known_until = 2026-12-31\n", ""),
    ("known_until = 2026-12-31", "known_until = 2024-01-01"),
    ("{ from = 2024-10-21, rate = \"0.0310\" }", "{ from = 2019-10-21, rate = \"0.0310\" }"),
    ("{ from = 2024-10-21, rate = \"0.0310\" }", "{ from = 2024-10-21, rate = \"3.10\" }"),
    ("{ from = 2024-10-21, rate = \"0.0310\" }", "{ from = 2024-10-21, rate = \"3.10%\" }"),
    ("{ up_to_months = 12, series = \"lpr\" }", "{ up_to_months = 12, series = \"shibor\" }"),
    ("{ up_to_months = 12, series = \"lpr\" }", "{ series = \"lpr\" }"),
    ("{ series = \"lpr\" }], as_of", "{ up_to_months = 24, series = \"lpr\" }], as_of"),
    ("{ series = \"lpr\" }], as_of", "{ up_to_months = 12, series = \"lpr\" }], as_of"),
    ("as_of = \"signing\"", "as_of = \"yesterday\""),
    ("factor = \"0.6\"", "factor = \"0\""),
    ("factor = \"1.4\"", "factor = \"140\""),
    ("day_count = 365", "day_count = 362"),
    ("day_count = 365", "day_count = 366"),
    ("rate = { fixed = \"0.005\" }", "rate = { fixed = \"0.5%\" }"),
    ("rate = { fixed = \"0.005\" }", "rate = { fixed = \"0.000\" }"),
    ("rate = { fixed = \"0.005\" }", "rate = { fixed = \"0.005\", as_of = \"signing\" }"),
    ("actual_above = true, at", "actual_above = true, or_actual_if_lower = true, at"),
    ("at_most_basis_points = 100", "at_most_basis_points = \"1%\""),
    // Windows, figures, years, payees.
    ("windows = [{ costs_from = \"01-01\", costs_until", "windows = [{ costs_until"),
    ("from = \"07-01\", until = \"07-31\"", "from = \"08-01\", until = \"07-31\""),
    ("from = \"07-01\", until = \"07-31\"", "from = \"07-01\", until = \"02-30\""),
    ("costs_until = \"06-30\", from", "costs_til = \"06-30\", from"),
    (
        "condition = \"applied-in-window\"\nwindows = [{ costs_from = \"01-01\", costs_until = \"06-30\", from = \"07-01\", until = \"07-31\" }, { from = \"01-01\", until = \"01-31\", years_after = 1 }]\n",
        "condition = \"applied-in-window\"\n",
    ),
    ("figure = \"people\"", "figure = \"人数\""),
    ("condition = \"figure-at-least\"", "condition = \"figure-at-lest\""),
    ("years = 3", "years = 1"),
    ("scope = \"payee-year\"", "scope = \"payee-year\"\nyears = 2"),
    ("ordinal_of = \"loan\"\npayee = \"guarantor\"", "ordinal_of = \"loan\""),
    ("ordinal_of = \"loan\"", "ordinal_of = \"lone\""),
    (
        "scope = \"enterprise-year\"\nprogrammes = [\"costs\", \"lumps\"]",
        "scope = \"payee-year\"\nprogrammes = [\"costs\", \"lumps\"]",
    ),
    // Programmes.
    ("id = \"lumps\"\nname", "id = \"costs\"\nname"),
    ("items = [\"interest\", \"guarantee\", \"insurance\"]\nattribution", "items = []\nattribution"),
    ("items = [\"interest\", \"guarantee\", \"insurance\"]\nattribution", "items = \"interest\"\nattribution"),
    (
        "items = [\"interest\", \"guarantee\", \"insurance\"]\nattribution",
        "items = [\"interest\", \"guarantee\", \"insurance\", \"interest\"]\nattribution",
    ),
    ("clauses = [{ items = [\"insurance\"], clause = \"plain\" }", "clauses = [{ clause = \"plain\" }"),
    (
        "clauses = [{ items = [\"insurance\"], clause = \"plain\" }",
        "clauses = [{ items = [\"insurance\"], clause = \"x\" }",
    ),
    ("ip_share_items = [\"interest\"]", "ip_share_items = [\"valuation\"]"),
    ("yields_to = [\"lumps\"]", "yields_to = [\"others\"]"),
    ("yields_to = [\"lumps\"]", "yields_to = [\"costs\"]"),
    ("ratio = \"1\"\nbudget = \"b2\"", "ratio = \"1\"\nyields_to = [\"costs\"]\nbudget = \"b2\""),
    ("public_share_at_most = \"0.8\"", "public_share_at_most = \"80\""),
    ("rounding = \"down\"", "rounding = \"half-up\""),
    ("rounding = \"down\"", "round_to = \"3.00\""),
    ("condition = \"ip-share-at-least\"\nshare = \"0.5\"", "condition = \"applied-by\"\nmonth = 13\nday = 1"),
    ("principal_over = \"1.00\", principal_up_to", "principal_from = \"3.00\", principal_up_to"),
    ("ordinal_from = 1, ordinal_to = 3", "term_months_from = 12, term_months_to = 6"),
    ("by_business_year = [\"100.00\", \"150.00\"]", "share_of_filed = \"0.05\""),
    ("budget = \"b1\"\n", ""),
    ("budget = \"b1\"", "budegt = \"b1\""),
    // Ratios.
    ("ratio = \"1\"\nbudget", "ratio = \"1.01\"\nbudget"),
    ("ratio = \"1\"\nbudget", "ratio = \"0\"\nbudget"),
    ("ratio = \"1\"\nbudget", "ratio = 0.5\nbudget"),
    ("ratio = \"1\"\nbudget", "ratio = \"50%\"\nbudget"),
    ("ceiling = \"0.9\"\n", ""),
    ("{ when = { mode = [\"guaranteed\"] }, ratio = \"0.2\", clause = \"plain\" }", "{ ratio = \"0.2\" }"),
    ("{ when = { mode = [\"guaranteed\"] }, ratio = \"0.2\", clause", "{ when = {}, ratio = \"0.2\", clause"),
    ("{ by = \"principal\", method", "{ when = { mode = [\"x\"] }, by = \"principal\", method"),
    ("{ by = \"principal\", method", "{ ratio = \"0.1\", by = \"principal\", method"),
    ("by = \"principal\", method = \"whole\"", "by = \"principal\""),
    ("above = \"nothing\"", "above = \"all\""),
    ("above = \"nothing\", ", ""),
    ("{ up_to = \"5.00\", inclusive = true, ratio", "{ up_to = \"5.00\", ratio"),
    ("{ up_to = \"5.00\", inclusive = true, ratio", "{ ratio"),
    ("{ over = \"5.00\", up_to = \"9.00\"", "{ over = \"6.00\", up_to = \"9.00\""),
    ("{ over = \"5.00\", up_to = \"9.00\"", "{ over = \"4.00\", up_to = \"9.00\""),
    ("{ over = \"5.00\", up_to = \"9.00\"", "{ over = \"5.00\", up_to = \"5.00\""),
    ("ordinals = [\"0.8\", \"0.7\"], and_later = true", "ordinals = [\"0.8\", \"0.7\"]"),
    ("ordinals = [\"0.8\", \"0.7\"]", "ordinals = []"),
    ("ordinal_from = 1, ordinal_to = 3", "ordinal_from = 3, ordinal_to = 1"),
    ("principal_over = \"1.00\"", "principal_over = \"2.00\""),
    // Bases.
    ("kind = \"reference-interest\"\nrate = { by_term", "kind = \"guesswork\"\nrate = { by_term"),
    ("by = \"base\"\npick", "pick"),
    ("  { over = \"10.00\", amount = \"2.00\" },\n", ""),
    (
        "{ over = \"10.00\", amount = \"2.00\" }",
        "{ up_to = \"9.00\", inclusive = true, amount = \"2.00\" }, { amount = \"1.00\" }",
    ),
    ("{ over = \"10.00\", amount = \"2.00\" }", "{ over = \"11.00\", amount = \"2.00\" }"),
    ("{ over = \"10.00\", amount = \"2.00\" }", "{ over = \"10.00\", amount = \"0.00\" }"),
    (
        "rows = [\n  { up_to = \"10.00\", inclusive = true, amount = \"1.00\" },\n  { over = \"10.00\", amount = \"2.00\" },\n]",
        "rows = []",
    ),
    (
        "[programme.base]\nkind = \"lump\"\nby = \"base\"\npick = \"first\"\nrows = [\n  { up_to = \"10.00\", inclusive = true, amount = \"1.00\" },\n  { over = \"10.00\", amount = \"2.00\" },\n]",
        "base = \"lump\"",
    ),
    // Gates, clamps, choices, caps.
    ("condition = \"loan-required\"\n", "condition = \"loan-requred\"\n"),
    ("condition = \"loan-required\"\n", "condition = \"not-blacklisted\"\n"),
    ("from = 2020-01-01\nuntil = 2029-12-31\nitems", "items"),
    ("from = 2020-01-01\nuntil = 2029-12-31\nitems", "from = 2020-01-01\nuntil = 2019-12-31\nitems"),
    ("share = \"0.5\"", "share = \"50\""),
    (
        "[[programme.clamp]]\nrate = { series = \"lpr\", as_of = \"disbursement\", factor = \"1.4\" }",
        "[[programme.clamp]]",
    ),
    ("between = \"items\"", "between = \"banks\""),
    ("items = [\"guarantee\", \"insurance\"]\nper", "items = [\"guarantee\"]\nper"),
    ("per = \"enterprise-year\"", "per = \"loan\""),
    ("id = \"one-loan\"", "id = \"one-loan-for-each-enterprise-and-each-year-of-it\""),
    ("id = \"costs-year\"", "id = \"interest-item\""),
    ("scope = \"item\"\n", ""),
    ("scope = \"item\"\nitems = [\"interest\"]", "scope = \"item\"\nitems = [\"interest\", \"guarantee\"]"),
    ("share_of_principal = \"0.03\"", "share_of_principal = \"3\""),
    ("amount = \"200.00\"\namounts", "amounts"),
    ("amount = \"200.00\"\namounts", "amount = \"0.00\"\namounts"),
    ("amount = \"200.00\"\namounts", "amount = \"200.001\"\namounts"),
    ("amount = \"200.00\"\namounts", "amount = \"2００.00\"\namounts"),
    ("amount = \"200.00\"\namounts", "amount = \"99999999999999999999\"\namounts"),
    ("amount = \"200.00\"\namounts", "amount = \"1e9\"\namounts"),
    ("amount = \"200.00\"\namounts", "amount = \"-1.00\"\namounts"),
    ("scope = \"enterprise-year\"\nprogrammes", "scope = \"loan\"\nprogrammes"),
    ("programmes = [\"costs\", \"lumps\"]", "programmes = [\"costs\", \"grants\"]"),
    ("items = [\"grant\"]\nattribution = \"payment-year\"", "items = [\"grant\"]\nattribution = \"application-year\""),
    // Pools.
    ("id = \"payers\"", "id = \"shares\""),
    ("source = \"ours\"\n", ""),
    ("source = \"ours\"", "source = \"hearsay\""),
    ("{ party = \"bank\", basis_points = 5000 }", "{ party = \"bank\", basis_points = 4999 }"),
    ("{ party = \"bank\", basis_points = 5000 }", "{ party = \"pool\", basis_points = 5000 }"),
    ("{ party = \"pool\", basis_points = 4000 }", "{ party = \"valuer\", basis_points = 4000 }"),
    (
        "shares = [{ party = \"pool\", basis_points = 4000 }, { party = \"insurer\", basis_points = 1000 }, { party = \"bank\", basis_points = 5000 }]\n",
        "",
    ),
    ("seats = [{ party = \"insurer\", or = \"guarantor\" }]", "seats = [{ party = \"city\", or = \"guarantor\" }]"),
    ("seats = [{ party = \"insurer\", or = \"guarantor\" }]", "seats = [{ party = \"insurer\", or = \"bank\" }]"),
    ("overdue_days_over = 60\n", ""),
    ("leverage_limit = \"10\"", "leverage_limit = \"0\""),
    ("borrower_limit = \"30000000.00\"", "borrower_limit = \"0.00\""),
    ("[pool.breaker]\nratio = \"0.03\"", "[pool.breaker]\nratio = \"3\""),
    ("rest = \"bank\"\n", ""),
    ("leverage_limit = \"10\"", "leverage_limit = \"10\"\nrest = \"bank\""),
    ("condition = \"working-days-at-most\"", "condition = \"working-days-at-least\""),
    ("[[pool.payer]]\nparty = \"pool\"", "[[pool.payer]]\nparty = \"city\""),
    ("[[pool.payer.cap]]", "[[pool.payer]]\nparty = \"pool\"\nratio = \"0.1\"\n\n[[pool.payer.cap]]"),
    ("liability_ceiling = \"0.8\"\n", ""),
    ("liability_ceiling = \"0.8\"", "liability_ceiling = \"80\""),
    ("by_business_year = [\"100.00\", \"150.00\"]", "by_business_year = []"),
    ("by_business_year = [\"100.00\", \"150.00\"]", "by_business_year = [\"0.00\"]"),
    ("by_business_year = [\"100.00\", \"150.00\"]", "by_business_year = [\"1.00\"]\namount = \"1.00\""),
    // Limits.
    ("id = \"capital\"\nname", "id = \"\"\nname"),
    ("at_most = \"0.7\"", "at_most = \"0.7\"\nat_least = \"0.1\""),
    ("at_most = \"0.7\"\n", ""),
    ("at_most = \"0.7\"", "at_most = \"0\""),
    ("at_most = \"0.7\"", "above_growth_of = \"gdp\""),
    ("[[case]]\nid = \"lines\"", "[[limit]]\nid = \"capital\"\n[[case]]\nid = \"lines\""),
    // Targets.
    ("by = 2025-12-31", "by = 2019-12-31"),
    ("count = 50\n", "amount = \"50.00\"\n"),
    ("measure = \"enterprises\"\n", "measure = \"enterprizes\"\nunit = 1\n"),
    // Cases.
    ("id = \"closing\"\n", "id = \"lines\"\n"),
    ("programme = \"lumps\"\nused", "programme = \"prizes\"\nused"),
    ("used = [{ cap = \"all-year\"", "used = [{ cap = \"no-year\""),
    ("used = [{ cap = \"all-year\", amount = \"1.00\" }]", "used = \"all-year\""),
    ("loan = 0, expect", "loan = 2, expect"),
    ("lines = [{ item = \"grant\", cost = \"5.00\", loan = 0, expect = \"1.00\", bound = \"ratio\" }]", "lines = []"),
    ("bound = \"ratio\"", "bound = \"luck\""),
    ("used = [{ cap = \"all-year\", amount = \"1.00\" }]", "loan = {}\nloans = [{}]"),
    ("used = [{ cap = \"all-year\", amount = \"1.00\" }]", "rates = [{ series = \"gdp\", rate = \"0.06\" }]"),
    ("approved = [\"1.00\", \"1.00\"]", "approved = [\"1.00\"]"),
    ("pool = \"shares\"\nclaim", "pool = \"lake\"\nclaim"),
    ("loss = \"100.00\", parties", "parties"),
    ("limit = \"capital\"\namount", "limit = \"labour\"\namount"),
    // Syntax: what a word processor or another keyboard makes of a file.
    ("rounding = \"down\"", "rounding = “down”"),
    ("rounding = \"down\"", "rounding ＝ \"down\""),
    ("rounding = \"down\"", "ｒounding = \"down\""),
    ("rounding = \"down\"", "\"ｒounding\" = \"down\""),
    ("rounding = \"down\"", "r\u{43e}unding = \"down\""),
    ("rounding = \"down\"", "rounding = \"down\"\nrounding = \"down\""),
    ("rounding = \"down\"", "rounding = \"down"),
    ("rounding = \"down\"", "rounding = down"),
    ("text = \"给予补助。\"", "text = \"给予\u{200b}补助。\""),
    ("text = \"给予补助。\"", "text = \"给予\u{fffd}补助。\""),
    ("text = \"给予补助。\"", "text = \"给予\0补助。\""),
];

/// Slips in the bytes of a file.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let utf16 = |order: fn(u16) -> [u8; 2], mark: [u8; 2]| {
        mark.into_iter().chain(WHOLE.encode_utf16().flat_map(order)).collect::<Vec<u8>>()
    };
    let (gbk, _, failed) = encoding_rs::GBK.encode(WHOLE);
    assert!(!failed);
    let text = "给予补助".as_bytes();
    let place = WHOLE.as_bytes().windows(text.len()).position(|window| window == text).unwrap();
    let (word, _, _) = encoding_rs::GBK.encode("给予补助");
    let mixed = [&WHOLE.as_bytes()[..place], &word, &WHOLE.as_bytes()[place + text.len()..]].concat();
    let cut = WHOLE.as_bytes()[..=place].to_vec();
    let clauses = |count: usize| {
        let one = |number: usize| format!("[[clause]]\nid=\"n{number}\"\nheading=\"x\"\ntext=\"x\"\n");
        format!("{WHOLE}\n{}", (0..count).map(one).collect::<String>()).into_bytes()
    };
    let keys: String = (0..20_000).map(|number| format!("k{number}=1\n")).collect();
    let words: String = (0..600).map(|number| format!("\"w{number}\",")).collect();
    let many = WHOLE.replace("{ mode = [\"guaranteed\"] }, ratio", &format!("{{ mode = [{words}] }}, ratio"));
    vec![
        ("UTF-16, little endian", utf16(u16::to_le_bytes, [0xff, 0xfe])),
        ("UTF-16, big endian", utf16(u16::to_be_bytes, [0xfe, 0xff])),
        ("GBK", gbk.into_owned()),
        ("one word in GBK", mixed),
        ("cut within a character", cut),
        ("more bytes than the limit", vec![b'#'; 10_000_000]),
        ("ten thousand rules", clauses(10_000)),
        ("a thousand rules too many", clauses(2_000)),
        ("a list of six hundred", many.into_bytes()),
        ("twenty thousand unknown keys", format!("{WHOLE}{keys}").into_bytes()),
        ("an empty file", Vec::new()),
        ("brackets without end", format!("a = {}", "[".repeat(100_000)).into_bytes()),
    ]
}

/// Every slip with what is said of it.
fn said() -> String {
    let mut said = String::new();
    let mut loads = Vec::new();
    let mut tell = |what: &str, errors: &LoadErrors| {
        said.push_str(&format!("# {what}\n"));
        for line in errors.in_file("city.toml").lines().take(4) {
            said.push_str(&format!("{line}\n"));
        }
        let rest = errors.problems.len().saturating_sub(4);
        if rest > 0 {
            let last = errors.problems.last().unwrap();
            said.push_str(&format!("… {rest} more, the last: {}; {}\n", last.problem, last.remedy));
        }
        said.push('\n');
    };
    for (from, to) in SLIPS {
        assert_eq!(WHOLE.matches(from).count(), 1, "`{from}` must be in the file once");
        let file = WHOLE.replace(from, to);
        match load(&file) {
            Err(errors) => tell(&format!("{} → {}", shown(from), shown(to)), &errors),
            Ok(_) => loads.push(format!("{} → {}", shown(from), shown(to))),
        }
    }
    assert!(loads.is_empty(), "these load:\n{}", loads.join("\n"));
    for (what, file) in files() {
        tell(what, &load_bytes(&file).expect_err(what));
    }
    said
}

/// On one line, invisible characters by their numbers.
fn shown(text: &str) -> String {
    let visible = |character: char| match character {
        '\n' => "⏎".to_owned(),
        '\0' | '\u{200b}' | '\u{fffd}' | '\u{43e}' => character.escape_unicode().to_string(),
        other => other.to_string(),
    };
    text.trim_end().chars().map(visible).collect()
}

#[test]
fn the_whole_file_is_in_order() {
    let rulebook = load(WHOLE).unwrap_or_else(|errors| panic!("{}", errors.in_file("whole.toml")));
    let marked = format!("\u{feff}{WHOLE}");
    assert_eq!(load_bytes(marked.as_bytes()).unwrap().programmes, rulebook.programmes);
}

#[test]
fn every_slip_is_told_with_its_line_and_remedy() {
    expect_file!["messages.txt"].assert_eq(&said());
}

/// However many problems a file has, it is refused at once.
#[test]
fn a_file_full_of_problems_is_refused_quickly() {
    let begun = std::time::Instant::now();
    for (what, file) in files() {
        assert!(load_bytes(&file).is_err(), "{what}");
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
}

/// Every message of the loader's source stands in the golden text.
#[test]
fn no_message_is_left_out() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let golden = std::fs::read_to_string(root.join("tests/it/rulebooks/messages.txt")).unwrap();
    let folder = root.join("src/rulebook/load");
    let mut missing = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let source = std::fs::read_to_string(&path).unwrap();
        for text in messages(&source) {
            if !fragments(&text).iter().all(|fragment| golden.contains(fragment)) {
                missing.push(format!("{}: {text}", path.file_name().unwrap().to_string_lossy()));
            }
        }
    }
    assert!(missing.is_empty(), "no slip shows these:\n{}", missing.join("\n"));
}

/// Whoever writes a file has the reference page alone: every key that the loader lists is on it.
#[test]
fn the_page_names_every_key() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let golden = std::fs::read_to_string(root.join("tests/it/rulebooks/messages.txt")).unwrap();
    let page = std::fs::read_to_string(root.join("rulebooks/README.md")).unwrap();
    let lines = golden.lines().filter(|line| line.contains("is not a key of"));
    let lists = lines.filter_map(|line| line.split_once("use one of: ")).map(|(_, keys)| keys);
    for key in lists.flat_map(|keys| keys.split(", ")) {
        let written =
            [format!("`{key}`"), format!("{key} = "), format!("`{key} = "), format!(".{key}]"), format!("[{key}]")];
        assert!(written.iter().any(|written| page.contains(written)), "`{key}` is not on the page");
    }
}

/// The strings of a source file that are sentences: three words or more.
fn messages(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut found = Vec::new();
    for line in lines {
        let mut characters = line.split(" // ").next().unwrap_or_default().chars();
        let mut text: Option<String> = None;
        while let Some(character) = characters.next() {
            match (character, &mut text) {
                ('\\', Some(inside)) => inside.extend(characters.next()),
                ('"', Some(_)) => found.extend(text.take()),
                ('"', None) => text = Some(String::new()),
                (other, Some(inside)) => inside.push(other),
                (_, None) => {}
            }
        }
    }
    found.retain(|text| text.matches(' ').count() >= 2);
    found
}

/// What stands between the placeholders of a message.
fn fragments(message: &str) -> Vec<String> {
    let mut fragments = vec![String::new()];
    let mut depth = 0;
    for character in message.replace("{{", "\u{1}").replace("}}", "\u{2}").chars() {
        match character {
            '{' => {
                depth += 1;
                fragments.push(String::new());
            }
            '}' => depth -= 1,
            '\u{1}' => fragments.last_mut().unwrap().push('{'),
            '\u{2}' => fragments.last_mut().unwrap().push('}'),
            other if depth == 0 => fragments.last_mut().unwrap().push(other),
            _ => {}
        }
    }
    fragments
}
