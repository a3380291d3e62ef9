//! From a line of a script to a command. What a line does not say gets a plain default.

use std::collections::BTreeMap;
use std::sync::Arc;

use ipledger::book::event::{BudgetChange, InterestPaid, IpRightChanged, RedLetterInvoice};
use ipledger::book::nouns::{
    BlacklistDetails, Caller, CostDetails, CostItem, EnterpriseDetails, EvidenceKey, InstitutionDetails,
    IpRightDetails, LoanTerms, Month, PledgeDetails, PledgeKey, RightChange, Role,
};
use ipledger::book::reconciliation::{Class, Counts, StatementOf, StatementSignedOff};
use ipledger::calendar::{CivilDate, FiscalYear};
use ipledger::decide::command::{
    ApplySubsidy, CloseYear, Command, CorrectAwards, DemandClawback, LiftBlacklistEntry, PoolInterest, PoolTransfer,
    RecordClawback, RecordPrincipalPayment, RecordRecovery, ReverseEntry,
};
use ipledger::identifier::{
    ApplicationId, BudgetLineId, ClaimId, ContractNumber, District, FunderId, InstitutionId, LoanId, PersonId,
    PledgeRegistrationNumber, PoolId, ProgrammeId, RegisteredText, RulebookId, Sequence, Tag,
};
use ipledger::money::{Amount, Rate};
use ipledger::rulebook::RulebookRef;
use ipledger::rulebook::terms::{BlacklistGround, CostKind, InstitutionKind, SizeClass};

use super::names::{self, Entries, NO_ENTRY};
use super::{parse_access, rulebooks};

/// A line that was read.
pub(super) struct Line {
    pub(super) caller: Caller,
    pub(super) verb: String,
    pub(super) name: String,
    pub(super) effective: Option<CivilDate>,
    pub(super) book_late: bool,
    pub(super) in_chinese: bool,
    pub(super) command: Command,
}

/// The words of a command.
pub(super) struct Words<'a> {
    /// The whole line, for what goes wrong.
    line: &'a str,
    pub(super) name: String,
    values: BTreeMap<&'a str, &'a str>,
    items: Vec<&'a str>,
    entries: &'a Entries,
    institution: Option<InstitutionId>,
    caller: &'a Caller,
    day: CivilDate,
}

/// Reads `ROLE [ORGANISATION/]PERSON VERB [NAME] words`.
pub(super) fn line(line: &str, rest: &str, today: CivilDate, entries: &Entries) -> Line {
    let mut tokens = rest.split_whitespace();
    let role = Role::parse(tokens.next().unwrap()).unwrap_or_else(|| panic!("`{line}`: no such role"));
    let caller = caller(role, tokens.next().unwrap());
    let verb = tokens.next().unwrap().to_owned();
    let plain = caller;
    let mut words = Words {
        line,
        name: String::new(),
        values: BTreeMap::new(),
        items: Vec::new(),
        entries,
        institution: plain.institution.clone(),
        caller: &plain,
        day: today,
    };
    let (mut in_chinese, mut book_late) = (false, false);
    for token in tokens {
        if token == "zh" {
            in_chinese = true;
        } else if token == "late" {
            book_late = true;
        } else if token.contains(',') && CostKind::parse(token.split(',').next().unwrap()).is_some() {
            words.items.push(token);
        } else if let Some((key, value)) = token.split_once('=') {
            words.values.insert(key, value);
        } else {
            token.clone_into(&mut words.name);
        }
    }
    let mut caller = plain.clone();
    caller.on_behalf_of = words.values.remove("for").map(|person| PersonId::parse(person).unwrap());
    caller.principal = words.values.remove("as").map(parse_access::principal);
    let effective = words.values.remove("effective").map(|day| CivilDate::parse(day).unwrap());
    words.day = effective.unwrap_or(today);
    let command = command(&verb, &mut words);
    assert!(words.values.is_empty(), "`{line}`: not understood: {:?}", words.values);
    assert_eq!(verb_of(&command), verb_group(&verb), "`{line}` made another command");
    Line { caller, verb, name: words.name, effective, book_late, in_chinese, command }
}

fn caller(role: Role, who: &str) -> Caller {
    let (organisation, person) = who.split_once('/').map_or((None, who), |(one, person)| (Some(one), person));
    let mut caller = Caller::of_bureau(role, PersonId::parse(person).unwrap());
    match (role, organisation) {
        (Role::Enterprise, Some(name)) => caller.enterprise = Some(names::enterprise(name)),
        (_, Some(name)) => caller.institution = Some(InstitutionId::parse(name).unwrap()),
        (_, None) => {}
    }
    caller
}

/// The verb of a command. No default arm: a new command must be given a verb, and every verb a script.
pub(super) const fn verb_of(command: &Command) -> &'static str {
    match command {
        Command::RegisterEnterprise(_) => "register-enterprise",
        Command::UpdateEnterprise(_) => "update-enterprise",
        Command::RegisterInstitution(_) => "register-institution",
        Command::RegisterIpRight(_) => "register-right",
        Command::RecordIpRightEvent(_) => "change-right",
        Command::RegisterPledge(_) => "register-pledge",
        Command::ReleasePledge(_) => "release-pledge",
        Command::AddBlacklistEntry(_) => "blacklist",
        Command::LiftBlacklistEntry(_) => "lift-blacklist",
        Command::RecordReferenceRate(_) => "rate",
        Command::RecordFact(_) => "fact",
        Command::FileLoan(_) => "file",
        Command::DisburseLoan(..) => "disburse",
        Command::RecordInterestPayment(..) => "pay-interest",
        Command::RecordPrincipalPayment(_) => "repay",
        Command::ExtendLoan(..) => "extend",
        Command::MarkLoanOverdue(..) => "overdue",
        Command::MarkLoanNonPerforming(_) => "non-performing",
        Command::MarkLoanCured(_) => "cure",
        Command::SettleLoan(_) => "settle",
        Command::CloseLoan(_) => "close-loan",
        Command::WithdrawLoan(..) => "withdraw-loan",
        Command::ApplySubsidy(_) => "apply",
        Command::ApproveSubsidy(_) => "approve",
        Command::RefuseSubsidy(..) => "refuse",
        Command::WithdrawSubsidy(..) => "withdraw",
        Command::PaySubsidy(..) => "pay",
        Command::DemandClawback(_) => "demand",
        Command::RecordClawback(_) => "receive",
        Command::RecordRedLetterInvoice(_) => "red-letter",
        Command::AppropriateBudget(_) => "appropriate",
        Command::AdjustBudget(_) => "adjust",
        Command::ContributeToPool(_) => "contribute",
        Command::WithdrawFromPool(_) => "take-out",
        Command::RecordPoolInterest(_) => "pool-interest",
        Command::SubmitClaim(..) => "claim",
        Command::ResumeClaim(_) => "resume",
        Command::ApproveClaim(_) => "approve-claim",
        Command::RefuseClaim(..) => "refuse-claim",
        Command::PayClaim(..) => "pay-claim",
        Command::RecordRecovery(_) => "recover",
        Command::WriteOffClaim(_) => "write-off",
        Command::AdoptRulebook(_) => "adopt",
        Command::ClosePeriod(_) => "close-month",
        Command::ChangeAccess(change) => parse_access::verb_of(change),
        Command::SignOffStatement(_) => "sign-off",
        Command::RunClosing(..) => "run-closing",
        Command::CorrectAwards(_) => "correct",
        Command::ClosePeriodOver(..) => "close-month-over",
        Command::CloseYear(_) => "close-year",
        Command::ReverseEntry(_) => "reverse",
    }
}

/// Every verb, for the test that each has a script.
pub(super) const VERBS: &[&str] = &[
    "register-enterprise",
    "update-enterprise",
    "register-institution",
    "register-right",
    "change-right",
    "register-pledge",
    "release-pledge",
    "blacklist",
    "lift-blacklist",
    "rate",
    "fact",
    "file",
    "disburse",
    "pay-interest",
    "repay",
    "extend",
    "overdue",
    "non-performing",
    "cure",
    "settle",
    "close-loan",
    "withdraw-loan",
    "apply",
    "approve",
    "refuse",
    "withdraw",
    "pay",
    "demand",
    "receive",
    "red-letter",
    "appropriate",
    "adjust",
    "contribute",
    "take-out",
    "pool-interest",
    "claim",
    "resume",
    "approve-claim",
    "refuse-claim",
    "pay-claim",
    "recover",
    "write-off",
    "adopt",
    "close-month",
    "bind",
    "disable",
    "enable",
    "disable-bank",
    "enable-bank",
    "delegate",
    "revoke",
    "sign-off",
    "run-closing",
    "correct",
    "close-month-over",
    "close-year",
    "reverse",
];

fn verb_group(verb: &str) -> &str {
    assert!(VERBS.contains(&verb), "`{verb}` is not a verb of scripts");
    verb
}

fn command(verb: &str, words: &mut Words<'_>) -> Command {
    match verb {
        "register-enterprise"
        | "update-enterprise"
        | "register-institution"
        | "register-right"
        | "change-right"
        | "blacklist"
        | "lift-blacklist" => registry(verb, words),
        "rate" | "fact" => super::facts::stated(verb, words),
        "register-pledge" | "release-pledge" | "file" => pledged(verb, words),
        "apply" | "approve" | "refuse" | "withdraw" | "pay" | "demand" | "receive" | "red-letter" => {
            subsidy(verb, words)
        }
        "run-closing" => Command::RunClosing(words.programme(), FiscalYear::parse(words.text("year", "2026")).unwrap()),
        "correct" => {
            let (id, version) = words.text("under", "hebi-2017@2").split_once('@').unwrap();
            let rulebook = RulebookRef { id: RulebookId::parse(id).unwrap(), version: version.parse().unwrap() };
            Command::CorrectAwards(CorrectAwards {
                rulebook,
                programme: words.programme(),
                reason: "鹤财〔2026〕30号".to_owned(),
            })
        }
        "claim" | "resume" | "approve-claim" | "refuse-claim" | "pay-claim" | "recover" | "write-off" => {
            claim(verb, words)
        }
        "sign-off" => sign_off(words),
        "appropriate" | "adjust" | "contribute" | "take-out" | "pool-interest" | "adopt" | "close-month"
        | "close-month-over" | "close-year" | "reverse" => money(verb, words),
        "bind" | "disable" | "enable" | "disable-bank" | "enable-bank" | "delegate" | "revoke" => {
            let entry = words.entry(&words.name);
            parse_access::command(verb, (&words.name, words.caller, words.day), &mut words.values, entry)
        }
        _ => loan(verb, words),
    }
}

/// Found are the entries of `matched`, off those of `differing`; the file is the name of the line.
fn sign_off(words: &mut Words<'_>) -> Command {
    let mut entries = |key: &str| -> Vec<Sequence> {
        let names = words.optional(key).unwrap_or_default();
        names.split(',').filter(|name| !name.is_empty()).map(|name| words.entry(name)).collect()
    };
    let (matched, differing) = (entries("matched"), entries("differing"));
    let mut counts = Counts::default();
    counts.add(Class::Equal, matched.len());
    counts.add(Class::AmountDiffers, differing.len());
    let digest = words.name.bytes().next().map_or(0, |letter| letter);
    Command::SignOffStatement(Arc::new(StatementSignedOff {
        statement: StatementOf::parse(words.text("statement", "repayments/icbc")).unwrap(),
        from: words.date("from", "2026-02-01"),
        to: words.date("to", "2026-02-28"),
        file_digest: [digest; 32],
        file_name: words.name.clone(),
        tolerance_days: 3,
        compared_at: Sequence::new(1),
        comparison_digest: [digest; 32],
        counts,
        matched,
        differing,
        note: "二月".to_owned(),
    }))
}

fn registry(verb: &str, words: &mut Words<'_>) -> Command {
    match verb {
        "register-enterprise" => Command::RegisterEnterprise(words.enterprise_details()),
        "update-enterprise" => Command::UpdateEnterprise(words.enterprise_details()),
        "register-institution" => Command::RegisterInstitution(InstitutionDetails {
            institution: InstitutionId::parse(&words.name).unwrap(),
            kind: InstitutionKind::parse(words.text("kind", "bank")).unwrap(),
            name: words.name.to_uppercase(),
            uscc: names::institution_uscc(&words.name),
            bank_code: None,
        }),
        "register-right" => Command::RegisterIpRight(IpRightDetails {
            right: names::right(&words.name),
            owner: names::enterprise(words.text("owner", "A")),
            title: "一种装置".to_owned(),
            granted_on: words.date("granted", "2020-06-01"),
            expires_on: words.date("expires", "2039-12-31"),
        }),
        "change-right" => Command::RecordIpRightEvent(IpRightChanged {
            right: names::right(&words.name),
            change: match words.text("to", "") {
                "lapsed" => RightChange::Lapsed,
                "restored" => RightChange::Restored,
                "invalidated" => RightChange::Invalidated,
                owner => RightChange::Transferred(names::enterprise(owner)),
            },
        }),
        "blacklist" => Command::AddBlacklistEntry(BlacklistDetails {
            enterprise: names::enterprise(words.text("enterprise", "A")),
            ground: BlacklistGround::CounterfeitPatent,
            until: words.optional("until").map(|day| CivilDate::parse(day).unwrap()),
            document: "豫知罚〔2026〕1号".to_owned(),
        }),
        _ => Command::LiftBlacklistEntry(LiftBlacklistEntry {
            enterprise: names::enterprise(words.text("enterprise", "A")),
            entry: words.entry(&words.name),
            reason: "信用修复".to_owned(),
        }),
    }
}

fn pledged(verb: &str, words: &mut Words<'_>) -> Command {
    match verb {
        "register-pledge" => {
            let rights = words.text("rights", "P1").split(',').map(names::right).collect();
            Command::RegisterPledge(PledgeDetails {
                pledge: pledge(&words.name),
                pledgee: words.institution("pledgee"),
                pledgor: names::enterprise(words.text("pledgor", "A")),
                rights,
                secured_amount: words.amount("secured", "5000000"),
                term_end: words.optional("ends").map(|day| CivilDate::parse(day).unwrap()),
            })
        }
        "release-pledge" => Command::ReleasePledge(pledge(&words.name)),
        _ => {
            let principal = words.amount("principal", "5000000");
            let pool = words.text("pool", "none");
            Command::FileLoan(LoanTerms {
                bank: words.institution("bank"),
                contract: ContractNumber::parse(words.text("contract", &words.name.clone())).unwrap(),
                borrower: names::enterprise(words.text("borrower", "A")),
                principal,
                ip_part: words.optional("ip").map_or(principal, |text| Amount::parse(text).unwrap()),
                annual_rate: Rate::parse(words.text("rate", "0.0435")).unwrap(),
                signed_on: words.date("signed", "2026-01-05"),
                matures_on: words.date("matures", "2027-01-04"),
                pledges: words.text("pledges", "G1").split(',').map(pledge).collect(),
                pool: (pool != "none").then(|| PoolId::parse(pool).unwrap()),
            })
        }
    }
}

fn pledge(name: &str) -> PledgeKey {
    let kind = if name.starts_with("GT") { "trademark" } else { "patent" };
    PledgeKey {
        kind: ipledger::identifier::RightKind::parse(kind).unwrap(),
        number: PledgeRegistrationNumber::parse(name).unwrap(),
    }
}

fn loan(verb: &str, words: &mut Words<'_>) -> Command {
    let id = match verb {
        "pay-interest" => words.loan_of("loan", "L1"),
        _ => LoanId::new(words.entry(&words.name).value()),
    };
    match verb {
        "disburse" => Command::DisburseLoan(id, words.amount("amount", "5000000")),
        "pay-interest" => Command::RecordInterestPayment(
            id,
            InterestPaid {
                amount: words.amount("amount", "10000"),
                period_from: words.date("from", "2026-01-10"),
                period_to: words.date("to", &words.day.to_string()),
                reference: words.name.clone(),
            },
        ),
        "repay" => Command::RecordPrincipalPayment(RecordPrincipalPayment {
            loan: id,
            amount: words.amount("amount", "5000000"),
            reference: words.text("ref", &format!("还本 {} {}", words.day, words.line)).to_owned(),
        }),
        "extend" => Command::ExtendLoan(id, words.date("to", "2028-01-04")),
        "overdue" => Command::MarkLoanOverdue(id, words.date("since", &words.day.to_string())),
        "non-performing" => Command::MarkLoanNonPerforming(id),
        "cure" => Command::MarkLoanCured(id),
        "settle" => Command::SettleLoan(id),
        "close-loan" => Command::CloseLoan(id),
        "withdraw-loan" => Command::WithdrawLoan(id, "客户撤回".to_owned()),
        _ => panic!("`{}`: `{verb}` is not a verb", words.line),
    }
}

fn subsidy(verb: &str, words: &mut Words<'_>) -> Command {
    let id = || ApplicationId::new(words.entry(&words.name).value());
    match verb {
        "apply" => {
            let loan = words.text("loan", "L1");
            Command::ApplySubsidy(ApplySubsidy {
                enterprise: names::enterprise(words.text("enterprise", "A")),
                programme: ProgrammeId::parse(words.text("programme", "pledge-cost")).unwrap(),
                loan: (loan != "none").then(|| LoanId::new(words.entry(loan).value())),
                items: words.items.iter().map(|item| words.cost_item(item)).collect(),
            })
        }
        "approve" => Command::ApproveSubsidy(id()),
        "refuse" => Command::RefuseSubsidy(id(), "材料不实".to_owned()),
        "withdraw" => Command::WithdrawSubsidy(id(), "企业撤回".to_owned()),
        "pay" => Command::PaySubsidy(id(), "拨付凭证1".to_owned()),
        "demand" => {
            let application = id();
            let (amount, reason) = (words.amount("amount", "1"), "材料不实".to_owned());
            Command::DemandClawback(DemandClawback { application, amount, reason })
        }
        "receive" => {
            let application = id();
            let (amount, reference) = (words.amount("amount", "1"), "收款凭证1".to_owned());
            Command::RecordClawback(RecordClawback { application, amount, reference })
        }
        _ => Command::RecordRedLetterInvoice(RedLetterInvoice {
            red: names::invoice(&words.name),
            blue: names::invoice(words.text("blue", "V1")),
            amount: words.amount("amount", "1"),
        }),
    }
}

fn claim(verb: &str, words: &mut Words<'_>) -> Command {
    let id = ClaimId::new(words.entry(&words.name).value());
    match verb {
        "claim" => Command::SubmitClaim(words.loan_of("loan", "L1"), words.amount("loss", "1000000")),
        "resume" => Command::ResumeClaim(id),
        "approve-claim" => Command::ApproveClaim(id),
        "refuse-claim" => Command::RefuseClaim(id, "材料不实".to_owned()),
        "pay-claim" => Command::PayClaim(id, "补偿凭证1".to_owned()),
        "recover" => {
            let (amount, cost) = (words.amount("amount", "1"), words.amount("cost", "0"));
            Command::RecordRecovery(RecordRecovery { claim: id, amount, cost })
        }
        _ => Command::WriteOffClaim(id),
    }
}

fn money(verb: &str, words: &mut Words<'_>) -> Command {
    match verb {
        "appropriate" => Command::AppropriateBudget(words.budget_change()),
        "adjust" => Command::AdjustBudget(words.budget_change()),
        "contribute" => Command::ContributeToPool(words.pool_transfer()),
        "take-out" => Command::WithdrawFromPool(words.pool_transfer()),
        "pool-interest" => {
            let PoolTransfer { pool, amount, reference, .. } = words.pool_transfer();
            Command::RecordPoolInterest(PoolInterest { pool, amount, reference })
        }
        "adopt" => Command::AdoptRulebook(Arc::new(rulebooks::named(&words.name)).into()),
        "close-year" => Command::CloseYear(CloseYear {
            year: FiscalYear::parse(&words.name).unwrap(),
            carried: words.optional("carry").map(|line| BudgetLineId::parse(line).unwrap()).into_iter().collect(),
            document: "豫财预〔2027〕1号".to_owned(),
        }),
        // The script fills in the entry.
        "reverse" => Command::ReverseEntry(ReverseEntry {
            sequence: Sequence::new(words.entry(&words.name).value()),
            entry: None,
            reason: "记错".to_owned(),
        }),
        _ => {
            let (year, month) = words.name.split_once('-').unwrap();
            let month = Month { year: FiscalYear::parse(year).unwrap(), month: month.parse().unwrap() };
            if verb == "close-month" {
                Command::ClosePeriod(month)
            } else {
                Command::ClosePeriodOver(month, "年终结账".to_owned())
            }
        }
    }
}

impl<'a> Words<'a> {
    pub(super) fn optional(&mut self, key: &str) -> Option<&'a str> {
        self.values.remove(key)
    }

    pub(super) fn text<'b>(&mut self, key: &str, default: &'b str) -> &'b str
    where
        'a: 'b,
    {
        self.optional(key).unwrap_or(default)
    }

    fn programme(&mut self) -> ProgrammeId {
        ProgrammeId::parse(self.text("programme", "pledge-cost")).unwrap()
    }

    pub(super) fn amount(&mut self, key: &str, default: &str) -> Amount {
        let text = self.text(key, default);
        let amount = Amount::parse(text.trim_start_matches('-')).unwrap();
        if text.starts_with('-') { amount.negated() } else { amount }
    }

    pub(super) fn date(&mut self, key: &str, default: &str) -> CivilDate {
        CivilDate::parse(self.text(key, default)).unwrap()
    }

    fn institution(&mut self, key: &str) -> InstitutionId {
        let named = self.optional(key).map(|name| InstitutionId::parse(name).unwrap());
        named.or_else(|| self.institution.clone()).unwrap_or_else(|| panic!("`{}`: whose?", self.line))
    }

    pub(super) fn entry(&self, name: &str) -> Sequence {
        Sequence::new(self.entries.get(name).copied().or_else(|| name.parse().ok()).unwrap_or(NO_ENTRY))
    }

    pub(super) fn loan_of(&mut self, key: &str, default: &str) -> LoanId {
        let name = self.text(key, default);
        LoanId::new(self.entry(name).value())
    }

    fn enterprise_details(&mut self) -> EnterpriseDetails {
        EnterpriseDetails {
            uscc: names::enterprise(&self.name),
            name: self.text("name", "鹤壁某公司").to_owned(),
            size_class: SizeClass::parse(self.text("size", "small")).unwrap(),
            district: District::parse(self.text("district", "410600")).unwrap(),
        }
    }

    fn budget_change(&mut self) -> BudgetChange {
        BudgetChange {
            line: BudgetLineId::parse(self.text("line", "ip-finance")).unwrap(),
            year: FiscalYear::parse(self.text("year", "2026")).unwrap(),
            amount: self.amount("amount", "1"),
            document: "鹤财预〔2026〕1号".to_owned(),
        }
    }

    fn pool_transfer(&mut self) -> PoolTransfer {
        PoolTransfer {
            pool: PoolId::parse(self.text("pool", "hebi-pool")).unwrap(),
            funder: FunderId::parse(self.text("funder", "finance-bureau")).unwrap(),
            amount: self.amount("amount", "1"),
            reference: self.text("ref", "进账单1").to_owned(),
        }
    }

    /// Reads `insurance,cost=100000,by=V1[,total=…][,paid=…][,other=…][,right=P1]`.
    fn cost_item(&self, token: &str) -> CostItem {
        let mut parts = token.split(',');
        let item = CostKind::parse(parts.next().unwrap()).unwrap();
        let mut values: BTreeMap<&str, &str> = parts.map(|part| part.split_once('=').unwrap()).collect();
        let cost = Amount::parse(values.remove("cost").unwrap()).unwrap();
        let by = values.remove("by").unwrap();
        let evidence = if by.starts_with('I') {
            EvidenceKey::InterestPayment(self.entry(by))
        } else if by.starts_with('D') {
            EvidenceKey::Document(RegisteredText::parse(by).unwrap())
        } else {
            EvidenceKey::Invoice(names::invoice(by))
        };
        let amount = |text: Option<&str>, default| text.map_or(default, |text| Amount::parse(text).unwrap());
        let read = CostItem {
            item,
            cost,
            paid_on: values.remove("paid").map_or(self.day, |day| CivilDate::parse(day).unwrap()),
            other_public_funding: amount(values.remove("other"), Amount::ZERO),
            evidence,
            evidence_total: amount(values.remove("total"), cost),
            right: values.remove("right").map(names::right),
            details: CostDetails {
                loan: values.remove("loan").map(|loan| LoanId::new(self.entry(loan).value())),
                standard_premium: values.remove("premium").map(|text| Amount::parse(text).unwrap()),
                occasion: values.remove("occasion").map(|text| Tag::parse(text).unwrap()),
                units: values.remove("units").map(|text| text.parse().unwrap()),
            },
        };
        assert!(values.is_empty(), "`{token}`: not understood: {values:?}");
        read
    }
}
