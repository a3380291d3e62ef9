//! Goal: any rulebook that the loader accepts can be judged on any facts without panic, never grants more than its
//! caps in any order of arrival, and never more than the cost. Method: rulebooks put together from parts at random,
//! facts at random with anything missing, and the sums kept as a book would.

#![expect(clippy::arithmetic_side_effects, reason = "small numbers in a test")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::facts::{
    CapKey, ClaimDetails, ClaimFacts, LineDetails, LineFacts, LoanDetails, ReferenceRates, Usage, WideKey,
};
use super::super::model::{AsOf, Attribution, CapScope, ChoiceScope, ClosingRule, LateApplication, Rulebook, Span};
use super::super::terms::{CostKind, LossParty, SizeClass};
use super::super::{
    Language, closing_run, exposure_of, judge_application, judge_claim, line_sentence, load, recovery_split, shipped,
    step_sentence,
};
use super::{HEAD, day, facts};
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{
    BudgetLineId, ClauseId, District, InstitutionId, LoanId, PatentKind, ProgrammeId, RightKind, Tag, Uscc,
};
use crate::money::{Amount, Rate};

const SERIES: &str = "[[series]]\nid = \"lpr\"\nname = { zh = \"利率\", en = \"Rate\" }\nsource = \"央行\"\nknown_until = 2026-12-31\nvalues = [{ from = 2020-01-01, rate = \"0.0385\" }, { from = 2024-10-21, rate = \"0.0310\" }]\n";

const RATIOS: &[&str] = &[
    "ratio = \"0.5\"\n",
    "ratio = \"1\"\n",
    "ratio = \"0.333333333333\"\n",
    "ratio = { ordinals = [\"1\", \"0.9\"], and_later = false }\n",
    "ratio = { by = \"principal\", method = \"whole\", tiers = [{ up_to = \"1000.00\", inclusive = true, ratio = \"0.4\" }, { ratio = \"0.2\" }] }\n",
    "ratio = { by = \"base\", method = \"marginal\", tiers = [{ up_to = \"1000.00\", inclusive = false, ratio = \"0.7\" }, { ratio = \"0.1\" }] }\n",
    "ratio = { ceiling = \"0.5\", ratio = \"0.4\", uplift = [{ when = { trait = [\"t\"] }, add = \"0.15\" }, { when = { mode = [\"m\"] }, add = \"0.05\" }] }\n",
    "ratio = { otherwise = \"nothing\", branch = [{ when = { class = [\"c\"] }, ratio = \"0.8\" }, { when = { size_class = [\"small\"] }, ratio = \"0.3\" }] }\n",
];

const BASES: &[&str] = &[
    "",
    "base = \"standard-premium\"\n",
    "base = \"principal\"\n",
    "base = { kind = \"reference-interest\", rate = { series = \"lpr\", as_of = \"month-before-signing\", factor = \"1.4\" }, day_count = 365, days = \"loan\" }\n",
    "base = { kind = \"reference-interest\", rate = { series = \"lpr\", as_of = \"same-period\", minus_basis_points = 50, or_actual_if_lower = true }, day_count = 360, days = \"award-year\", days_at_most = 100 }\n",
    "base = { kind = \"reference-interest\", rate = { series = \"lpr\", as_of = \"signing\", actual_above = true, at_most_basis_points = 100 }, day_count = 365, days = \"loan\" }\n",
    "base = { kind = \"reference-interest\", rate = { fixed = \"0.005\" }, day_count = 360, days = \"loan\" }\n",
    "base = { kind = \"figure\", figure = \"tax\", years_before = 1 }\n",
    "base = { kind = \"lump\", by = \"principal\", at_most_cost = true, rows = [{ up_to = \"1000.00\", inclusive = true, amount = \"30.00\" }, { amount = \"500.00\" }] }\n",
    "base = { kind = \"lump\", pick = \"highest\", per_unit = true, rows = [{ when = { occasion = [\"o\"] }, amount = \"70.00\" }, { amount = \"50.00\" }] }\n",
    "base = { kind = \"reference-interest\", rate = { by_term = [{ up_to_months = 12, series = \"lpr\" }, { series = \"lpr\" }], as_of = \"signing\", plus_basis_points = 20 }, day_count = 360, days = \"interest-period\" }\n",
    "base = { kind = \"reference-interest\", rate = { by_term = [{ up_to_months = 12, series = \"lpr\" }, { series = \"lpr\" }], as_of = \"disbursement\", plus_basis_points = 20 }, day_count = 360, days = \"loan\" }\n",
    "base = { kind = \"reference-interest\", rate = { by_term = [{ up_to_months = 12, series = \"lpr\" }, { series = \"lpr\" }], as_of = \"payment\", plus_basis_points = 20 }, day_count = 360, days = \"loan\" }\n",
    "base = { kind = \"reference-interest\", rate = { by_term = [{ up_to_months = 12, series = \"lpr\" }, { series = \"lpr\" }], as_of = \"settlement\", plus_basis_points = 20 }, day_count = 360, days = \"award-year\" }\n",
    "base = { kind = \"reference-interest\", rate = { by_term = [{ up_to_months = 12, series = \"lpr\" }, { series = \"lpr\" }], as_of = \"application\", plus_basis_points = 20 }, day_count = 360, days = \"loan\" }\n",
    "base = { kind = \"reference-interest\", rate = { by_term = [{ up_to_months = 12, series = \"lpr\" }, { series = \"lpr\" }], as_of = \"december\", plus_basis_points = 20 }, day_count = 360, days = \"loan\" }\n",
    "base = { kind = \"reference-interest\", rate = { by_term = [{ up_to_months = 12, series = \"lpr\" }, { series = \"lpr\" }], as_of = \"previous-december\", plus_basis_points = 20 }, day_count = 360, days = \"interest-period\" }\n",
];

const PARTS: &[&str] = &[
    "[[programme.gate]]\ncondition = \"rate-at-most\"\nrate = { series = \"lpr\", as_of = \"disbursement\", factor = \"1.4\" }\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"ip-share-at-least\"\nshare = \"0.5\"\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"first-pledge\"\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"date-within\"\ndate = \"settlement\"\nfrom = 2024-01-01\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"no-other-public-funding\"\nclause = \"c1\"\n",
    "[[programme.clamp]]\nrate = { series = \"lpr\", as_of = \"december\" }\nitems = [\"interest\"]\nclause = \"c1\"\n",
    "[[programme.clamp]]\ndays = 100\nitems = [\"interest\"]\nclause = \"c1\"\n",
    "[[programme.choice]]\nid = \"x\"\nbetween = \"items\"\nitems = [\"interest\", \"insurance\"]\nper = \"loan\"\nclause = \"c1\"\n",
    "[[programme.choice]]\nid = \"y\"\nbetween = \"loans\"\nper = \"enterprise-year\"\nclause = \"c1\"\n",
    "[[programme.cap]]\nid = \"item\"\nscope = \"item\"\nitems = [\"interest\"]\namount = \"400.00\"\nclause = \"c1\"\n",
    "[[programme.cap]]\nid = \"share\"\nscope = \"loan\"\nitems = [\"interest\", \"insurance\"]\nshare_of_principal = \"0.03\"\nclause = \"c1\"\n",
    "[[programme.cap]]\nid = \"year\"\nscope = \"enterprise-year\"\nitems = [\"interest\", \"insurance\"]\namount = \"600.00\"\namounts = [{ when = { class = [\"c\"] }, amount = \"900.00\" }]\nclause = \"c1\"\n",
    "[[programme.cap]]\nid = \"life\"\nscope = \"lifetime\"\nitems = [\"insurance\"]\namount = \"700.00\"\nclause = \"c1\"\n",
    "[[programme.cap]]\nid = \"bank\"\nscope = \"bank-year\"\nitems = [\"interest\", \"insurance\"]\namount = \"800.00\"\nclause = \"c1\"\n",
    "[[programme.cap]]\nid = \"all\"\nscope = \"programme-year\"\nitems = [\"interest\", \"insurance\"]\namount = \"1000.00\"\nclause = \"c1\"\n",
    "[[programme.cap]]\nid = \"three\"\nscope = \"enterprise-year\"\nitems = [\"interest\", \"insurance\"]\nyears = 3\namount = \"650.00\"\nclause = \"c1\"\n",
    "[[programme.cap]]\nid = \"figure\"\nscope = \"enterprise-year\"\nitems = [\"interest\"]\nshare_of_figure = \"0.5\"\nfigure = \"tax\"\namount = \"550.00\"\nclause = \"c1\"\n",
];

/// Parts of which few are taken at a time: together they let nothing through.
const FURTHER_PARTS: &[&str] = &[
    "[[programme.gate]]\ncondition = \"not-blacklisted\"\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"loan-required\"\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"loan-disbursed\"\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"loan-repaid\"\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"pledged-by-disbursement\"\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"pledged-by-settlement\"\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"paid-within-loan\"\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"paid-by-loan-end\"\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"right-required\"\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"right-owned\"\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"right-in-force\"\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"right-is-patent\"\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"loan-rights-owned\"\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"size-class\"\nsize_classes = [\"small\", \"micro\"]\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"revenue-at-most\"\namount = \"1000.00\"\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"right-months-left-at-least\"\nmonths = 12\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"applied-within-days\"\nof = \"payment\"\ndays = 400\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"applied-by\"\nmonth = 2\nday = 31\nyears_after = 1\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"property\"\nwhen = { item = [\"interest\"] }\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"property\"\nwhen = { size_class = [\"small\"] }\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"property\"\nwhen = { without_trait = [\"t\"] }\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"property\"\nwhen = { right_kind = [\"patent\"] }\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"property\"\nwhen = { product = [\"x\"] }\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"property\"\nwhen = { occasion = [\"o\"] }\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"property\"\nwhen = { principal_over = \"10.00\", principal_up_to = \"1000.00\" }\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"property\"\nwhen = { principal_from = \"10.00\", principal_below = \"1000.00\" }\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"property\"\nwhen = { ip_share_from = \"0.3\" }\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"property\"\nwhen = { first_pledge = true }\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"property\"\nwhen = { term_months_from = 6, term_months_to = 36 }\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"property\"\nwhen = { ordinal_from = 1, ordinal_to = 3 }\nclause = \"c1\"\n",
    "[[programme.cap]]\nid = \"joint\"\nscope = \"joint\"\nitems = [\"interest\", \"insurance\"]\namount = \"450.00\"\nwhen = { mode = [\"m\"] }\nclause = \"c1\"\n",
    "[[programme.choice]]\nid = \"z\"\nbetween = \"items\"\nitems = [\"interest\", \"insurance\"]\nper = \"lifetime\"\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"applied-in-window\"\nwindows = [{ costs_from = \"01-01\", costs_until = \"06-30\", from = \"01-01\", until = \"12-31\" }, { from = \"01-01\", until = \"12-31\", years_after = 1 }]\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"not-blacklisted-within\"\nmonths = 36\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"fee-rate-at-most\"\nshare = \"0.5\"\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"loan-days-at-least\"\ndays = 30\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"figure-at-least\"\nfigure = \"tax\"\namount = \"1.00\"\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"figure-at-most\"\nfigure = \"tax\"\nyears_before = 1\namount = \"1500.00\"\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"property\"\nwhen = { patent_kind = [\"invention\"] }\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"property\"\nwhen = { rights_from = 2 }\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"property\"\nwhen = { district = [\"410611\"] }\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"date-within\"\ndate = \"signing\"\nuntil = 2026-01-01\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"date-within\"\ndate = \"registration\"\nuntil = 2026-01-01\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"date-within\"\ndate = \"disbursement\"\nuntil = 2026-01-01\nclause = \"c1\"\n",
    "[[programme.gate]]\ncondition = \"date-within\"\ndate = \"application\"\nuntil = 2026-01-01\nclause = \"c1\"\n",
];

/// Keys of the programme itself.
const KEYS: &[&str] = &[
    "grants_per_enterprise = 2\n",
    "public_share_at_most = \"0.8\"\n",
    "payee = \"guarantor\"\n",
    "round_to = \"10.00\"\n",
    "ordinal_of = \"loan\"\n",
    "award_at_least = \"100.00\"\n",
    "closing_run = { clause = \"c1\" }\n",
    "clauses = [{ items = [\"insurance\"], clause = \"c1\" }, { step = \"ratio\", clause = \"c1\" }]\n",
];

/// Beside a payee.
const PER_PAYEE: &str = "[[programme.cap]]\nid = \"payee\"\nscope = \"payee-year\"\nitems = [\"interest\", \"insurance\"]\namount = \"750.00\"\nclause = \"c1\"\n";

/// A rulebook from random parts; all of them load.
fn any_rulebook() -> impl Strategy<Value = String> {
    let parts = prop::sample::subsequence(PARTS, 0..PARTS.len());
    let further = (prop::sample::subsequence(FURTHER_PARTS, 0..4), prop::sample::subsequence(KEYS, 0..KEYS.len()));
    let year = prop::sample::select(Attribution::ALL);
    (prop::sample::select(RATIOS), prop::sample::select(BASES), any::<bool>(), parts, further, year).prop_map(
        |(ratio, base, ip_share, parts, (further, keys), year)| {
            let programme = super::PROGRAMME.replace("payment-year", year.code());
            let ip_share = if ip_share { "ip_share_items = [\"interest\"]\n" } else { "" };
            let loan = super::LOAN_REQUIRED;
            let per_payee = if keys.iter().any(|key| key.starts_with("payee")) { PER_PAYEE } else { "" };
            format!(
                "{HEAD}{SERIES}{programme}{ratio}{base}{ip_share}{}{loan}{per_payee}{}{}",
                keys.concat(),
                parts.concat(),
                further.concat()
            )
        },
    )
}

fn amount() -> impl Strategy<Value = Amount> {
    prop_oneof![
        4 => (0..200_000_i64).prop_map(Amount::from_fen),
        1 => Just(Amount::ZERO),
        1 => Just(Amount::INPUT_MAX),
    ]
}

fn any_day() -> impl Strategy<Value = CivilDate> {
    prop_oneof![
        4 => (19_000..20_700_i32).prop_map(|days| CivilDate::from_epoch_days(days).unwrap()),
        1 => prop::sample::select(vec![CivilDate::MIN, CivilDate::MAX, day("2026-12-31")]),
    ]
}

fn tag(name: &'static str) -> impl Strategy<Value = Option<Tag>> {
    prop::option::of(Just(Tag::parse(name).unwrap()))
}

fn tags(name: &'static str) -> impl Strategy<Value = Option<BTreeSet<Tag>>> {
    prop::option::of(prop::collection::btree_set(Just(Tag::parse(name).unwrap()), 0..2))
}

fn any_loan_details() -> impl Strategy<Value = LoanDetails> {
    let days = (prop::option::of(any_day()), prop::option::of(any_day()));
    let flags = (any::<Option<bool>>(), any::<Option<bool>>(), any::<Option<bool>>());
    (days, flags, tag("m"), tags("t")).prop_map(|((signed_on, matures_on), (repaid, owned, first), mode, traits)| {
        LoanDetails {
            signed_on,
            matures_on,
            repaid,
            mode,
            product: None,
            traits,
            right_kinds: Some([RightKind::Patent].into()),
            patent_kinds: repaid.map(|design| [if design { PatentKind::Design } else { PatentKind::Invention }].into()),
            rights: owned.map(|many| if many { 5 } else { 1 }),
            rights_owned: owned,
            first_pledge: first,
        }
    })
}

fn any_line() -> impl Strategy<Value = LineFacts> {
    let money = (amount(), amount(), amount(), amount(), prop::option::of(amount()));
    let days = (any_day(), any_day(), prop::option::of(any_day()), prop::option::of(any_day()));
    let period = prop::option::of((any_day(), any_day()));
    let kinds = prop::sample::select(vec![CostKind::Interest, CostKind::Insurance]);
    (money, days, period, kinds, any_loan_details(), tags("c"), (1..4_u64, 0..3_u32, any::<bool>())).prop_map(
        |(money, days, period, item, details, classes, (loan_number, rate, no_loan))| {
            let mut line = facts(item, "0.00");
            (line.cost, line.evidence_left, line.other_public_funding) = (money.0, money.1, money.2);
            (line.paid_on, line.applied_on) = (days.0, days.1);
            line.enterprise.district = classes.as_ref().map(|_| District::parse("410611").unwrap());
            line.enterprise.blacklisted_until = days.3.filter(|_| no_loan);
            let years = [2024, 2025, 2026].map(|year| FiscalYear::from_value(year).unwrap());
            let figure = |year| ((Tag::parse("tax").unwrap(), year), money.2);
            line.enterprise.figures = years.into_iter().filter(|_| classes.is_some()).map(figure).collect();
            line.enterprise.classes = classes;
            let mut loan = line.loan.take().unwrap();
            loan.loan = LoanId::new(loan_number);
            (loan.principal, loan.ip_part) = (money.3, money.2);
            loan.annual_rate = Rate::from_basis_points(rate * 250);
            (loan.disbursed_on, loan.ended_on, loan.details) = (days.2, days.3, details);
            line.loan = (!no_loan || loan_number > 1).then_some(loan);
            line.details = LineDetails {
                interest_period: period,
                standard_premium: money.4,
                payee: (!no_loan)
                    .then(|| InstitutionId::parse(["a", "b", "c"][usize::try_from(loan_number - 1).unwrap()]).unwrap()),
                ..LineDetails::default()
            };
            line
        },
    )
}

/// What a book would keep.
#[derive(Default)]
struct Kept {
    caps: BTreeMap<CapKey, Amount>,
    wide: BTreeMap<WideKey, Amount>,
    grants: u32,
    spent: Amount,
}

const BUDGET: i64 = 300_000;

impl Usage for Kept {
    fn used(&self, key: &CapKey) -> Amount {
        self.caps.get(key).copied().unwrap_or_default()
    }

    fn earlier_grants(&self, _: &ProgrammeId, _: Uscc) -> u32 {
        self.grants
    }

    fn budget_left(&self, _: &BudgetLineId, _: FiscalYear) -> Amount {
        Amount::from_fen(BUDGET).minus(self.spent)
    }

    fn used_by_all(&self, key: &WideKey) -> Option<Amount> {
        Some(self.wide.get(key).copied().unwrap_or_default())
    }
}

/// The parts have every word that a rule may be made of.
#[test]
fn the_parts_have_every_feature() {
    let text = [RATIOS, BASES, PARTS, FURTHER_PARTS, KEYS, &[PER_PAYEE]].concat().concat();
    let has = |word: &str| assert!(text.contains(word), "no part has `{word}`");
    for scope in CapScope::ALL {
        has(&format!("scope = \"{scope}\""));
    }
    for scope in ChoiceScope::ALL {
        has(&format!("per = \"{scope}\""));
    }
    for as_of in AsOf::ALL {
        has(&format!("as_of = \"{as_of}\""));
    }
    for span in Span::ALL {
        has(&format!("days = \"{span}\""));
    }
    // What the loader itself says that there is.
    let listed = |slip: &str| {
        let file = format!("{HEAD}{}{slip}", super::PROGRAMME);
        let message = load(&file).unwrap_err().in_file("x");
        let (_, words) = message.split_once("use one of: ").unwrap();
        words.lines().next().unwrap().split(", ").map(str::to_owned).collect::<Vec<_>>()
    };
    for condition in listed("ratio = \"1\"\n[[programme.gate]]\ncondition = \"?\"\nclause = \"c1\"\n") {
        has(&format!("condition = \"{condition}\""));
    }
    for property in
        listed("ratio = { branch = [{ when = { mode = [\"m\"], q = 1 }, ratio = \"1\" }, { ratio = \"1\" }] }\n")
    {
        has(&format!("{property} = "));
    }
}

/// The largest sum that a cap of the programme may ever reach.
fn within_caps(rulebook: &Rulebook, kept: &Kept) -> bool {
    let limit = |id: &crate::identifier::CapId| {
        rulebook.programmes[0].caps.iter().find(|cap| cap.id == *id).map(|cap| cap.amount)
    };
    let own = kept.caps.iter().all(|(key, used)| limit(&key.cap).is_none_or(|limit| *used <= limit));
    own && three_years(kept) && kept.wide.iter().all(|(key, used)| limit(&key.cap).is_none_or(|limit| *used <= limit))
}

/// No three years in a row come to more than the cap over three years allows.
fn three_years(kept: &Kept) -> bool {
    let of = |year: i16| -> i64 {
        let key = |key: &&CapKey| key.cap.as_str() == "three" && key.year.is_some_and(|one| one.value() == year);
        Amount::total(kept.caps.iter().filter(|(one, _)| key(one)).map(|(_, used)| *used)).fen()
    };
    (1990..2198).all(|year| of(year) + of(year + 1) + of(year + 2) <= 65_000)
}

/// At most one member of each choice has anything.
fn exclusive(rulebook: &Rulebook, kept: &Kept) -> bool {
    rulebook.programmes[0].choices.iter().all(|choice| {
        let members = kept.caps.iter().filter(|(key, used)| {
            let of_items = key.cap.as_str().strip_prefix(choice.id.as_str()).is_some_and(|rest| rest.starts_with('.'));
            let of_loans = choice.id == key.cap && key.loan.is_some() && choice.id.as_str() == "y";
            (of_items || of_loans) && used.is_positive()
        });
        let mut per_scope: BTreeMap<_, u32> = BTreeMap::new();
        for (key, _) in members {
            let scope = if choice.id.as_str() == "y" { (key.year, None) } else { (key.year, key.loan) };
            *per_scope.entry(scope).or_default() += 1;
        }
        per_scope.values().all(|count| *count <= 1)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn caps_and_choices_hold_in_any_order_of_arrival(
        text in any_rulebook(),
        applications in prop::collection::vec(prop::collection::vec(any_line(), 1..5), 1..5),
    ) {
        let rulebook = load(&text).unwrap_or_else(|errors| panic!("{errors}\n{text}"));
        let programme = &rulebook.programmes[0];
        let mut kept = Kept::default();
        for mut lines in applications {
            for line in &mut lines {
                line.details.rates = rulebook.reference_rates();
            }
            for (facts, verdict) in lines.iter().zip(judge_application(programme, &lines, &kept)) {
                prop_assert!(!verdict.award.is_negative() && verdict.award <= facts.cost);
                prop_assert!(verdict.award.is_zero() || verdict.award <= facts.evidence_left);
                prop_assert_eq!(verdict.award.is_zero(), verdict.explanation.refusal.is_some());
                let last = verdict.explanation.steps.last().map(|step| step.result.to_string());
                prop_assert_eq!(last, Some(verdict.award.to_string()));
                for language in [Language::Chinese, Language::English] {
                    prop_assert!(!line_sentence(&verdict.explanation, language).is_empty());
                    prop_assert!(verdict.explanation.steps.iter().all(|step| !step_sentence(step, language).is_empty()));
                }
                for key in &verdict.cap_uses {
                    let sum = kept.caps.entry(key.clone()).or_default();
                    *sum = sum.plus(verdict.award);
                }
                for key in &verdict.wide_uses {
                    let sum = kept.wide.entry(key.clone()).or_default();
                    *sum = sum.plus(verdict.award);
                }
                kept.spent = kept.spent.plus(verdict.award);
                kept.grants += u32::from(verdict.award.is_positive());
                prop_assert!(within_caps(&rulebook, &kept), "{:?}", verdict);
                prop_assert!(exclusive(&rulebook, &kept), "{:?} {:?}", verdict, kept.caps);
                // What waits for the closing run is divided then; until then it may be more than there is.
                prop_assert!(programme.closing_run.is_some() || kept.spent <= Amount::from_fen(BUDGET));
            }
        }
        prop_assert!(programme.caps.iter().all(|cap| CapScope::ALL.contains(&cap.scope)));
    }

    /// Every shipped rulebook on facts of any kind: no panic, never above the cost, and the same again.
    #[test]
    fn shipped_rulebooks_judge_anything(lines in prop::collection::vec(any_line(), 1..4)) {
        for (_, text) in shipped() {
            let rulebook = load(text).unwrap();
            for programme in &rulebook.programmes {
                let verdicts = judge_application(programme, &lines, &Kept::default());
                prop_assert_eq!(&verdicts, &judge_application(programme, &lines, &Kept::default()));
                for (facts, verdict) in lines.iter().zip(verdicts) {
                    prop_assert!(verdict.award <= facts.cost.floored_at_zero());
                }
            }
        }
    }

    /// Every shipped pool on losses of any kind: the shares sum to what is covered, and what comes back to what came in.
    #[test]
    fn shipped_pools_share_exactly(
        money in (amount(), amount(), amount(), amount(), amount()),
        details in any_loan_details(),
        facts in (prop::option::of(1..4_u32), any::<Option<bool>>(), prop::option::of(0..20_i64)),
        stated in (prop::option::of(amount()), prop::option::of(amount()), any::<bool>()),
    ) {
        for (_, text) in shipped() {
            let rulebook = load(text).unwrap();
            for rule in &rulebook.pools {
                let caps = rule.payers.iter().flat_map(|payer| &payer.caps).map(|cap| (cap.id.clone(), money.4));
                let claim = ClaimFacts {
                    principal_loss: money.0,
                    outstanding: money.1,
                    principal: money.2,
                    ip_part: money.3,
                    overdue_days: Some(61),
                    free_balance: money.4,
                    bank_year_losses: Amount::ZERO,
                    bank_year_filed: money.4,
                    details: ClaimDetails {
                        size_class: Some(SizeClass::Small),
                        loan: details.clone(),
                        bank_business_year: facts.0,
                        higher_recognised: facts.1,
                        working_days: facts.2,
                        payee_liability: stated.0,
                        other_public: stated.1,
                        parties: stated.2.then(|| [LossParty::Guarantor].into()),
                        used: caps.collect(),
                        ..ClaimDetails::default()
                    },
                };
                let verdict = judge_claim(rule, &claim);
                let sum = Amount::total(verdict.shares.iter().map(|(_, share)| *share));
                prop_assert_eq!(sum, verdict.covered_loss);
                prop_assert!(verdict.covered_loss <= claim.principal_loss);
                prop_assert!(verdict.shares.iter().all(|(_, share)| !share.is_negative()));
                prop_assert!(verdict.explanation.granted <= claim.free_balance);
                prop_assert!(exposure_of(rule, money.0) <= money.0);
                let back = recovery_split(rule, &verdict.shares, money.1);
                let parts = Amount::total(back.iter().map(|(_, part)| *part));
                prop_assert!(back.is_empty() || parts == money.1);
                for language in [Language::Chinese, Language::English] {
                    prop_assert!(!line_sentence(&verdict.explanation, language).is_empty());
                }
            }
        }
    }

    #[test]
    fn a_closing_run_pays_what_there_is(budget in amount(), approved in prop::collection::vec(amount(), 0..20)) {
        let rule = ClosingRule { clause: ClauseId::parse("c1").unwrap(), reading: None, late: LateApplication::Refuse };
        let shares = closing_run(&rule, budget, &approved);
        let paid = Amount::total(shares.iter().map(|share| share.paid));
        let total = Amount::total(approved.iter().copied());
        prop_assert_eq!(paid, budget.at_most(total));
        prop_assert!(shares.iter().zip(&approved).all(|(share, approved)| share.paid <= *approved));
    }

    /// Any shipped file with a piece cut out, doubled or overwritten loads, or is refused with a line; never a panic.
    #[test]
    fn a_damaged_file_never_panics(number in 0..100_usize, from in 0..8000_usize, length in 0..200_usize, insert in "[\\PC\n]{0,20}") {
        let files = shipped();
        let (_, text) = files[number % files.len()];
        let characters: Vec<char> = text.chars().collect();
        let head: String = characters.iter().take(from).collect();
        let tail: String = characters.iter().skip(from + length).collect();
        if let Err(errors) = load(&format!("{head}{insert}{tail}")) {
            prop_assert!(errors.problems.iter().all(|error| error.line > 0 && !error.remedy.is_empty()));
        }
    }
}

/// Rates beyond the last known day are not known; the lowest of a period is.
#[test]
fn a_series_knows_only_what_it_covers() {
    let rulebook = load(&format!("{HEAD}{SERIES}")).unwrap();
    let rates: ReferenceRates = rulebook.reference_rates();
    let id = crate::identifier::SeriesId::parse("lpr").unwrap();
    assert_eq!(rates.on(&id, day("2024-10-20")).map(|point| point.rate), Ok(Rate::from_basis_points(385)));
    assert_eq!(rates.on(&id, day("2024-10-21")).map(|point| point.rate), Ok(Rate::from_basis_points(310)));
    assert!(rates.on(&id, day("2019-12-31")).is_err() && rates.on(&id, day("2027-01-01")).is_err());
    assert_eq!(
        rates.lowest(&id, day("2024-01-01"), day("2025-01-01")).map(|point| point.rate),
        Ok(Rate::from_basis_points(310))
    );
    assert!(rates.lowest(&id, day("2025-01-01"), day("2024-01-01")).is_err());
}
