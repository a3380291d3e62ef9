//! Whose statement, which class, which kind of money: in words.

use v1::ReconciliationClass as Class;

use crate::portal::Portal;
use crate::portal::language::Language;
use crate::portal::problem::Problem;
use crate::portal::visit::Member;
use crate::proto::v1;

/// Everybody that was registered as a partner, by short name.
pub(super) async fn institutions(portal: &Portal, member: &Member) -> Result<Vec<v1::InstitutionDetails>, Problem> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let answer = portal.ask(member, v1::ListInstitutionsRequest { page_size: 1_000, page_token }).await?;
        all.extend(answer.institutions.into_iter().filter_map(|one| one.details));
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
}

/// A statement that may be compared: its name in the API, and words.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) words: String,
}

/// Every statement that there may be: two lists of each bank, each pool's account, the treasury's.
pub(super) async fn choices(portal: &Portal, member: &Member) -> Result<Vec<Choice>, Problem> {
    let l = member.visit.language;
    let known = institutions(portal, member).await?;
    let banks: Vec<&v1::InstitutionDetails> =
        known.iter().filter(|one| one.kind() == v1::InstitutionKind::Bank).collect();
    let of_banks = |prefix: &str, words: &str| -> Vec<Choice> {
        let one = |bank: &&v1::InstitutionDetails| Choice {
            value: format!("{prefix}/{}", bank.institution_id),
            words: format!("{} · {words}", bank.name),
        };
        banks.iter().map(one).collect()
    };
    let mut all = of_banks("repayments", l.say("还本付息清单", "interest and repayments"));
    all.extend(of_banks("loans", l.say("贷款台账", "loan list")));
    let mut pools: Vec<String> = Vec::new();
    for rulebook in portal.adopted(member).await? {
        pools.extend(rulebook.pools.iter().map(|pool| pool.id.to_string()));
    }
    pools.sort();
    pools.dedup();
    let account = l.say("资金池账户对账单", "account of the pool");
    all.extend(
        pools.into_iter().map(|pool| Choice { value: format!("pool/{pool}"), words: format!("{pool} · {account}") }),
    );
    let treasury = l.say("财政专户对账单", "account of the treasury").to_owned();
    all.push(Choice { value: "treasury".to_owned(), words: treasury });
    Ok(all)
}

/// A statement in words, with the names of banks.
pub(super) fn named(l: Language, statement: &str, banks: &[v1::InstitutionDetails]) -> String {
    let (kind, id) = statement.split_once('/').unwrap_or((statement, ""));
    let bank = || banks.iter().find(|one| one.institution_id == id).map_or(id, |one| one.name.as_str());
    match kind {
        "loans" => format!("{} {}", bank(), l.say("贷款台账", "loan list")),
        "repayments" => format!("{} {}", bank(), l.say("还本付息清单", "interest and repayments")),
        "pool" => format!("{id} {}", l.say("资金池账户", "account of the pool")),
        "treasury" => l.say("财政专户", "account of the treasury").to_owned(),
        _ => statement.to_owned(),
    }
}

/// A class in words.
pub(super) const fn class(l: Language, class: Class) -> &'static str {
    match class {
        Class::Unspecified => "",
        Class::Equal => l.say("一致", "equal"),
        Class::MissingInLedger => l.say("账本缺失", "missing in the ledger"),
        Class::MissingInStatement => l.say("对账单缺失", "missing in the statement"),
        Class::AmountDiffers => l.say("金额不符", "amount differs"),
        Class::DateDiffers => l.say("日期或期间不符", "date or period differs"),
        Class::PartyDiffers => l.say("户名或合同不符", "party or contract differs"),
        Class::Duplicate => l.say("重复行", "duplicate line"),
        Class::Split => l.say("拆分", "split"),
        Class::Merged => l.say("合并", "merged"),
        Class::Reversed => l.say("冲正", "reversed"),
        Class::AlreadyReconciled => l.say("已对账", "already reconciled"),
    }
}

/// What a class means.
pub(super) const fn meaning(l: Language, class: Class) -> &'static str {
    match class {
        Class::Unspecified => "",
        Class::Equal => l.say("金额、日期、合同与账本相同", "same amount, day and contract"),
        Class::MissingInLedger => l.say("账本中没有这一笔", "the ledger has no such entry"),
        Class::MissingInStatement => l.say("账本有，对账单没有", "the ledger has it, the statement does not"),
        Class::AmountDiffers => l.say("同一笔，金额不同", "the same business, another amount"),
        Class::DateDiffers => l.say("同一笔，日期或计息期不同", "the same business, another day or period"),
        Class::PartyDiffers => l.say("金额和日期相同，户名或合同不同", "same amount and day, another party"),
        Class::Duplicate => l.say("与另一行完全相同", "alike to another line"),
        Class::Split => l.say("多行合计等于一条分录", "several lines add up to one entry"),
        Class::Merged => l.say("多条分录合计等于一行", "several entries add up to one line"),
        Class::Reversed => l.say("两行互相冲销", "two lines cancel each other"),
        Class::AlreadyReconciled => l.say("以前的对账已确认", "an earlier sign-off has found it"),
    }
}

/// Whether somebody must look at it.
pub(super) const fn is_difference(class: Class) -> bool {
    match class {
        Class::Unspecified
        | Class::Equal
        | Class::Split
        | Class::Merged
        | Class::Reversed
        | Class::AlreadyReconciled => false,
        Class::MissingInLedger
        | Class::MissingInStatement
        | Class::AmountDiffers
        | Class::DateDiffers
        | Class::PartyDiffers
        | Class::Duplicate => true,
    }
}

/// What the money is.
pub(super) const fn nature(l: Language, nature: v1::StatementNature) -> &'static str {
    match nature {
        v1::StatementNature::Unspecified => "",
        v1::StatementNature::Drawdown => l.say("放款", "drawdown"),
        v1::StatementNature::Interest => l.say("利息", "interest"),
        v1::StatementNature::Principal => l.say("本金", "principal"),
        v1::StatementNature::Cash => l.say("收付", "movement"),
    }
}
