//! What a rule is judged on: facts about one line and the running sums, gathered by the caller.
//!
//! A fact that nobody stated is `None`. A rule that needs it refuses; it never guesses and never grants.

use std::collections::{BTreeMap, BTreeSet};

pub use super::rates::{Point, ReferenceRates, SeriesValues};

use super::model::{PayerCapScope, Properties};
use super::terms::{CostKind, LossParty, SizeClass};
use crate::calendar::{CivilDate, FiscalYear};
use crate::identifier::{
    BudgetLineId, CapId, District, InstitutionId, LoanId, PatentKind, ProgrammeId, RightId, RightKind, Tag, Uscc,
};
use crate::money::{Amount, Rate};

/// The facts of one cost item of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFacts {
    /// What kind of cost.
    pub item: CostKind,
    /// What was actually paid, in yuan.
    pub cost: Amount,
    /// When it was paid.
    pub paid_on: CivilDate,
    /// What other public funds paid or will pay toward the same cost, in yuan.
    pub other_public_funding: Amount,
    /// What is left of the evidence before this line, in yuan.
    pub evidence_left: Amount,
    /// When the application was made (effective date).
    pub applied_on: CivilDate,
    /// Who applies.
    pub enterprise: EnterpriseFacts,
    /// The loan that the cost belongs to, if any.
    pub loan: Option<LoanFacts>,
    /// The right that the cost belongs to (a patent insurance), if any.
    pub right: Option<RightFacts>,
    /// What only some rules ask for.
    pub details: LineDetails,
}

/// Facts of a line that only some rules ask for; `None` where nobody stated them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineDetails {
    /// The reference rates that are known.
    pub rates: ReferenceRates,
    /// The standard premium of the insurance product, in yuan.
    pub standard_premium: Option<Amount>,
    /// The days that the interest was paid for: the first one, and the one after the last.
    pub interest_period: Option<(CivilDate, CivilDate)>,
    /// How many days of interest on the same loan earlier lines were granted for under the programme.
    pub interest_days_before: u32,
    /// The how-manieth application it is, from 1; counted from the grants before where it is not stated.
    pub ordinal: Option<u32>,
    /// What a lump sum is given for.
    pub occasion: Option<Tag>,
    /// How many units a lump sum is given for; 1 where it is not stated.
    pub units: Option<u32>,
    /// The institution that is paid, where the programme pays one.
    pub payee: Option<InstitutionId>,
    /// What was decided where several lines exclude each other.
    pub choices: Vec<ChoiceMade>,
}

/// A choice among lines of one application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceMade {
    /// Which choice.
    pub choice: CapId,
    /// Whether this line's member was taken.
    pub taken: bool,
    /// The member that was taken: a kind of cost or a loan.
    pub member: String,
    /// What the taken member brings, and what this line's member would, in yuan.
    pub awards: (Amount, Amount),
}

impl LineFacts {
    /// What properties are judged on; the ordinal where it is known.
    pub fn properties(&self, ordinal: Option<u32>) -> Properties<'_> {
        let loan = self.loan.as_ref();
        let details = loan.map(|loan| &loan.details);
        Properties {
            item: Some(self.item),
            size_class: Some(self.enterprise.size_class),
            classes: self.enterprise.classes.as_ref(),
            mode: details.and_then(|details| details.mode.as_ref()),
            product: details.and_then(|details| details.product.as_ref()),
            traits: details.and_then(|details| details.traits.as_ref()),
            right_kinds: details.and_then(|details| details.right_kinds.as_ref()),
            patent_kinds: details.and_then(|details| details.patent_kinds.as_ref()),
            patent_of_cost: self.right.as_ref().filter(|_| loan.is_none()).and_then(|right| right.right.patent_kind()),
            rights: details.and_then(|details| details.rights),
            district: self.enterprise.district.as_ref(),
            occasion: self.details.occasion.as_ref(),
            principal: loan.map(|loan| loan.principal),
            ip_part: loan.map(|loan| loan.ip_part),
            first_pledge: details.and_then(|details| details.first_pledge),
            term: (details.and_then(|details| details.signed_on), details.and_then(|details| details.matures_on)),
            ordinal,
        }
    }
}

/// The applicant on the day of application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnterpriseFacts {
    /// Who.
    pub uscc: Uscc,
    /// Size class.
    pub size_class: SizeClass,
    /// Whether a blacklist entry is in force, since when.
    pub blacklisted_since: Option<CivilDate>,
    /// The last day on which a blacklist entry was in force, of those that are not any more; `None` without any.
    pub blacklisted_until: Option<CivilDate>,
    /// Where it is registered, as in the register (注册地).
    pub district: Option<District>,
    /// Figures that somebody stated, each of a year.
    pub figures: BTreeMap<(Tag, FiscalYear), Amount>,
    /// The classes of the rulebook that it belongs to (企业类别); `None` where nobody stated them.
    pub classes: Option<BTreeSet<Tag>>,
    /// Revenue of the last year, in yuan.
    pub revenue: Option<Amount>,
}

/// The loan on the day of application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoanFacts {
    /// Which loan.
    pub loan: LoanId,
    /// The lending bank.
    pub bank: InstitutionId,
    /// Contract principal, in yuan.
    pub principal: Amount,
    /// The part of the principal secured by intellectual property, in yuan.
    pub ip_part: Amount,
    /// Contract rate per year.
    pub annual_rate: Rate,
    /// Day of the first disbursement; `None` before it.
    pub disbursed_on: Option<CivilDate>,
    /// Latest registration day of the loan's pledges.
    pub pledged_on: CivilDate,
    /// Last day of the loan's life so far: settled or closed.
    pub ended_on: Option<CivilDate>,
    /// What only some rules ask for.
    pub details: LoanDetails,
}

/// Facts of a loan that only some rules ask for; `None` where nobody stated them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoanDetails {
    /// Day of signing.
    pub signed_on: Option<CivilDate>,
    /// Contract maturity.
    pub matures_on: Option<CivilDate>,
    /// Whether it was repaid in full.
    pub repaid: Option<bool>,
    /// The mode (合作模式) by the rulebook's word, such as `guaranteed`.
    pub mode: Option<Tag>,
    /// The product (贷款产品) by the rulebook's word.
    pub product: Option<Tag>,
    /// The traits that it has, by the rulebook's words.
    pub traits: Option<BTreeSet<Tag>>,
    /// The kinds of the rights that secure it.
    pub right_kinds: Option<BTreeSet<RightKind>>,
    /// The kinds of the patents that secure it (发明, 实用新型, 外观设计).
    pub patent_kinds: Option<BTreeSet<PatentKind>>,
    /// How many rights secure it (质押件数).
    pub rights: Option<u32>,
    /// Whether the borrower owns every right that secures it.
    pub rights_owned: Option<bool>,
    /// Whether at least one right secures a loan for the first time.
    pub first_pledge: Option<bool>,
}

/// The insured right on the day of application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RightFacts {
    /// Which right.
    pub right: RightId,
    /// Whether the applicant owns it.
    pub owned: bool,
    /// Whether it is in force.
    pub in_force: bool,
    /// The last day of its term.
    pub expires_on: Option<CivilDate>,
}

/// The running sum that a cap is checked against.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct CapKey {
    /// The cap's id in the rulebook; versions of a rule that share a cap keep its id.
    pub cap: CapId,
    /// Whose cap.
    pub enterprise: Uscc,
    /// The year, for a yearly cap.
    pub year: Option<FiscalYear>,
    /// The loan, for a cap per loan.
    pub loan: Option<LoanId>,
}

/// The running sums and counts, posted + pending, as the judge sees them while it works through an application.
pub trait Usage {
    /// What counts toward the cap already, in yuan.
    fn used(&self, key: &CapKey) -> Amount;
    /// How many lines of the programme were granted to the enterprise before.
    fn earlier_grants(&self, programme: &ProgrammeId, enterprise: Uscc) -> u32;
    /// What is available in the budget line, in yuan; zero where nothing was appropriated.
    fn budget_left(&self, line: &BudgetLineId, year: FiscalYear) -> Amount;
    /// What counts toward a cap over many enterprises; `None` where nobody keeps that sum.
    fn used_by_all(&self, _: &WideKey) -> Option<Amount> {
        None
    }
    /// Whether the closing run of a programme year was made.
    fn is_year_closed(&self, _: &ProgrammeId, _: FiscalYear) -> bool {
        false
    }
}

/// The running sum of a cap over many enterprises.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct WideKey {
    /// The cap's id.
    pub cap: CapId,
    /// The year.
    pub year: FiscalYear,
    /// The bank or the payee, for a cap per bank or payee.
    pub bank: Option<InstitutionId>,
}

/// The verdict on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineVerdict {
    /// Granted, rounded to the fen; zero when refused.
    pub award: Amount,
    /// The part of the cost that the award uses of its evidence, in yuan; zero when refused.
    pub eligible_cost: Amount,
    /// Sums that grow by the award.
    pub cap_uses: Vec<CapKey>,
    /// Sums over many enterprises that grow by the award.
    pub wide_uses: Vec<WideKey>,
    /// How it came about.
    pub explanation: super::explanation::LineExplanation,
}

/// Facts for filing a loan with a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilingFacts {
    /// The part of the principal secured by intellectual property, in yuan.
    pub ip_part: Amount,
    /// The pool's exposure before this loan, in yuan.
    pub exposure: Amount,
    /// The pool's cash less what is approved or submitted but not paid, in yuan.
    pub free_balance: Amount,
    /// Contract principal, in yuan; `None` where nobody stated it.
    pub principal: Option<Amount>,
    /// Principal of the borrower's other live loans with the pool, of all banks, in yuan.
    pub borrower_filed: Option<Amount>,
    /// The bank's covered losses of the year and the principal that it filed in it, in yuan; `None` where nobody stated
    /// them.
    pub bank_year: Option<(Amount, Amount)>,
}

/// Facts for a claim on a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimFacts {
    /// Principal lost, in yuan.
    pub principal_loss: Amount,
    /// Principal still outstanding, in yuan.
    pub outstanding: Amount,
    /// Contract principal and its IP part, in yuan.
    pub principal: Amount,
    /// See `principal`.
    pub ip_part: Amount,
    /// Days overdue on the effective date of the claim; `None` if the loan is not marked overdue.
    pub overdue_days: Option<i64>,
    /// The pool's cash less what is approved or submitted but not paid, in yuan.
    pub free_balance: Amount,
    /// The bank's covered losses of the year, submitted and not refused or deferred, before this claim, in yuan.
    pub bank_year_losses: Amount,
    /// The principal that the bank filed with the pool in the year, in yuan.
    pub bank_year_filed: Amount,
    /// What only some rules ask for.
    pub details: ClaimDetails,
}

/// Facts of a claim that only some rules ask for; `None` where nobody stated them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimDetails {
    /// The borrower's size class.
    pub size_class: Option<SizeClass>,
    /// Where the borrower is registered.
    pub district: Option<District>,
    /// The borrower's classes.
    pub classes: Option<BTreeSet<Tag>>,
    /// What only some rules ask of the loan.
    pub loan: LoanDetails,
    /// Day of the first disbursement.
    pub disbursed_on: Option<CivilDate>,
    /// Latest registration day of the loan's pledges.
    pub pledged_on: Option<CivilDate>,
    /// The how-manieth business year of the bank with the pool it is, from 1 (业务年度).
    pub bank_business_year: Option<u32>,
    /// What the payee itself is liable for, in yuan.
    pub payee_liability: Option<Amount>,
    /// What other public payers pay on the same loss, in yuan.
    pub other_public: Option<Amount>,
    /// Whether the higher level has recognised the loss.
    pub higher_recognised: Option<bool>,
    /// Working days from the recognition to the claim.
    pub working_days: Option<i64>,
    /// Which parties take part in the loan.
    pub parties: Option<BTreeSet<LossParty>>,
    /// What counts toward the payers' caps, in yuan; a cap that is not here is not known.
    pub used: BTreeMap<CapId, Amount>,
}

impl ClaimFacts {
    /// What properties are judged on.
    pub fn properties(&self) -> Properties<'_> {
        let details = &self.details;
        Properties {
            size_class: details.size_class,
            classes: details.classes.as_ref(),
            mode: details.loan.mode.as_ref(),
            product: details.loan.product.as_ref(),
            traits: details.loan.traits.as_ref(),
            right_kinds: details.loan.right_kinds.as_ref(),
            patent_kinds: details.loan.patent_kinds.as_ref(),
            rights: details.loan.rights,
            district: details.district.as_ref(),
            principal: Some(self.principal),
            ip_part: Some(self.ip_part),
            first_pledge: details.loan.first_pledge,
            term: (details.loan.signed_on, details.loan.matures_on),
            ..Properties::default()
        }
    }
}

/// The verdict on filing: the exposure the pool takes on, or the refusal in the explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilingVerdict {
    /// The pool's share of the IP part, in yuan, rounded up.
    pub exposure: Amount,
    /// How it came about; `refusal` set when the pool cannot take the loan.
    pub explanation: super::explanation::LineExplanation,
}

/// What a payer's part of a claim counts toward.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CapUse {
    /// The cap's id.
    pub cap: CapId,
    /// What it sums up; never one claim only.
    pub scope: PayerCapScope,
    /// The payer's part, in yuan.
    pub amount: Amount,
}

/// The verdict on a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimVerdict {
    /// The part of the loss that the vector divides: the IP share of the principal lost, in yuan.
    pub covered_loss: Amount,
    /// What each party bears, in the rulebook's order; sums to `covered_loss`.
    pub shares: Vec<(LossParty, Amount)>,
    /// To whom the pool's part is paid.
    pub payee: LossParty,
    /// The payers' running sums that it counts toward, unless it is refused or waits.
    pub cap_uses: Vec<CapUse>,
    /// How it came about; `refusal` set when refused or deferred.
    pub explanation: super::explanation::LineExplanation,
}
