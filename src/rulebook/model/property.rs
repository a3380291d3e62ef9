//! Properties that a branch, an uplift, a cap or a gate may ask for: a closed list, judged without an expression.

use std::collections::BTreeSet;

use crate::calendar::CivilDate;
use crate::identifier::{District, PatentKind, RightKind, Tag};
use crate::money::{Amount, Rate};
use crate::rulebook::rates::REFERENCE_RATE;
use crate::rulebook::refusal::Refusal;
use crate::rulebook::terms::{CostKind, SizeClass};

/// Properties that must all hold; none at all holds always. Written `when = { mode = ["guaranteed"], … }`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct When(pub Vec<Property>);

/// One property. A list holds where one of its values does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Property {
    /// The kind of cost is one of these.
    Item(Vec<CostKind>),
    /// The enterprise's size class is one of these.
    SizeClass(Vec<SizeClass>),
    /// The enterprise is in one of these classes of the rulebook (企业类别).
    EnterpriseClass(Vec<Tag>),
    /// The loan was made in one of these modes (合作模式), such as with a guarantor.
    Mode(Vec<Tag>),
    /// The loan is one of these products (贷款产品).
    Product(Vec<Tag>),
    /// The loan has one of these traits, such as the support of a monetary-policy tool.
    Trait(Vec<Tag>),
    /// The loan has none of these traits.
    WithoutTrait(Vec<Tag>),
    /// Every right that secures the loan is of one of these kinds.
    RightKind(Vec<RightKind>),
    /// Every patent that secures the loan, or that a cost without a loan belongs to, is of one of these kinds; there is one.
    PatentKind(Vec<PatentKind>),
    /// At least so many rights secure the loan (质押件数).
    RightsFrom(u32),
    /// The enterprise is registered in one of these districts (注册地).
    District(Vec<District>),
    /// What a lump sum is given for (奖补事项), such as a patent granted.
    Occasion(Vec<Tag>),
    /// The contract principal is at most this, in yuan.
    PrincipalUpTo(Amount),
    /// The contract principal is more than this, in yuan.
    PrincipalOver(Amount),
    /// The contract principal is at least this, in yuan (以上).
    PrincipalFrom(Amount),
    /// The contract principal is less than this, in yuan (不足).
    PrincipalBelow(Amount),
    /// The IP part is at least this part of the principal.
    IpShareFrom(Rate),
    /// Whether at least one right secures a loan for the first time.
    FirstPledge(bool),
    /// The contract runs for at least so many months (贷款期限).
    TermMonthsFrom(u32),
    /// The contract runs for at most so many months.
    TermMonthsTo(u32),
    /// It is at least the nth application (申报次数).
    OrdinalFrom(u32),
    /// It is at most the nth application.
    OrdinalTo(u32),
}

/// A fact that a rule needs and nobody stated, by its stable name: the rule refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing(pub &'static str);

/// What properties are judged on; `None` where it is not known, or does not apply.
#[derive(Debug, Clone, Copy, Default)]
pub struct Properties<'a> {
    /// The kind of cost.
    pub item: Option<CostKind>,
    /// The enterprise's size class.
    pub size_class: Option<SizeClass>,
    /// The enterprise's classes.
    pub classes: Option<&'a BTreeSet<Tag>>,
    /// The loan's mode.
    pub mode: Option<&'a Tag>,
    /// The loan's product.
    pub product: Option<&'a Tag>,
    /// The loan's traits.
    pub traits: Option<&'a BTreeSet<Tag>>,
    /// The kinds of the rights that secure the loan.
    pub right_kinds: Option<&'a BTreeSet<RightKind>>,
    /// The kinds of the patents that secure the loan.
    pub patent_kinds: Option<&'a BTreeSet<PatentKind>>,
    /// The kind of the patent that a cost without a loan belongs to.
    pub patent_of_cost: Option<PatentKind>,
    /// How many rights secure the loan.
    pub rights: Option<u32>,
    /// Where the enterprise is registered.
    pub district: Option<&'a District>,
    /// What a lump sum is given for.
    pub occasion: Option<&'a Tag>,
    /// The contract principal, in yuan.
    pub principal: Option<Amount>,
    /// Its IP part, in yuan.
    pub ip_part: Option<Amount>,
    /// Whether at least one right secures a loan for the first time.
    pub first_pledge: Option<bool>,
    /// The days of signing and of maturity.
    pub term: (Option<CivilDate>, Option<CivilDate>),
    /// The how-manieth application it is, from 1.
    pub ordinal: Option<u32>,
}

impl Missing {
    /// The refusal of a line or claim for want of it.
    pub fn refusal(self) -> Refusal {
        if self == REFERENCE_RATE { Refusal::ReferenceRateMissing } else { Refusal::FactMissing }
    }
}

impl When {
    /// Whether every property holds; the name of the first fact that is missing otherwise.
    pub fn holds(&self, facts: &Properties<'_>) -> Result<bool, Missing> {
        for property in &self.0 {
            if !property.holds(facts)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// In words for steps and summaries: `mode guaranteed, trait ip-pledge`.
    pub fn text(&self) -> String {
        self.0.iter().map(Property::text).collect::<Vec<_>>().join(", ")
    }
}

impl Property {
    /// The key of this property in rulebook files, and its rule in steps.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Item(_) => "item",
            Self::SizeClass(_) => "size_class",
            Self::EnterpriseClass(_) => "class",
            Self::Mode(_) => "mode",
            Self::Product(_) => "product",
            Self::Trait(_) => "trait",
            Self::WithoutTrait(_) => "without_trait",
            Self::RightKind(_) => "right_kind",
            Self::PatentKind(_) => "patent_kind",
            Self::RightsFrom(_) => "rights_from",
            Self::District(_) => "district",
            Self::Occasion(_) => "occasion",
            Self::PrincipalUpTo(_) => "principal_up_to",
            Self::PrincipalOver(_) => "principal_over",
            Self::PrincipalFrom(_) => "principal_from",
            Self::PrincipalBelow(_) => "principal_below",
            Self::IpShareFrom(_) => "ip_share_from",
            Self::FirstPledge(_) => "first_pledge",
            Self::TermMonthsFrom(_) => "term_months_from",
            Self::TermMonthsTo(_) => "term_months_to",
            Self::OrdinalFrom(_) => "ordinal_from",
            Self::OrdinalTo(_) => "ordinal_to",
        }
    }

    fn holds(&self, facts: &Properties<'_>) -> Result<bool, Missing> {
        let one = |tag: Option<&Tag>, tags: &[Tag], name| tag.map(|tag| tags.contains(tag)).ok_or(Missing(name));
        let any = |had: Option<&BTreeSet<Tag>>, tags: &[Tag], name| {
            had.map(|had| tags.iter().any(|tag| had.contains(tag))).ok_or(Missing(name))
        };
        match self {
            Self::Item(items) => facts.item.map(|item| items.contains(&item)).ok_or(Missing("item")),
            Self::SizeClass(classes) => {
                facts.size_class.map(|class| classes.contains(&class)).ok_or(Missing("size-class"))
            }
            Self::EnterpriseClass(tags) => any(facts.classes, tags, "enterprise-class"),
            Self::Mode(tags) => one(facts.mode, tags, "mode"),
            Self::Product(tags) => one(facts.product, tags, "product"),
            Self::Trait(tags) => any(facts.traits, tags, "traits"),
            Self::WithoutTrait(tags) => any(facts.traits, tags, "traits").map(|any| !any),
            Self::RightKind(kinds) => facts
                .right_kinds
                .map(|had| !had.is_empty() && had.iter().all(|kind| kinds.contains(kind)))
                .ok_or(Missing("right-kinds")),
            Self::PatentKind(kinds) => match (facts.patent_kinds, facts.patent_of_cost) {
                (Some(had), _) => Ok(!had.is_empty() && had.iter().all(|kind| kinds.contains(kind))),
                (None, Some(kind)) => Ok(kinds.contains(&kind)),
                (None, None) => Err(Missing("patent-kinds")),
            },
            Self::RightsFrom(least) => known(facts.rights, "rights", |rights| rights >= *least),
            Self::District(districts) => {
                known(facts.district, "district-of-enterprise", |district| districts.contains(district))
            }
            Self::Occasion(tags) => one(facts.occasion, tags, "occasion"),
            Self::PrincipalUpTo(limit) => known(facts.principal, "principal", |principal| principal <= *limit),
            Self::PrincipalOver(limit) => known(facts.principal, "principal", |principal| principal > *limit),
            Self::PrincipalFrom(limit) => known(facts.principal, "principal", |principal| principal >= *limit),
            Self::PrincipalBelow(limit) => known(facts.principal, "principal", |principal| principal < *limit),
            Self::IpShareFrom(share) => {
                let principal = facts.principal.ok_or(Missing("principal"))?;
                known(facts.ip_part, "ip-part", |part| crate::rulebook::judge::gate_at_least(part, principal, *share))
            }
            Self::FirstPledge(asked) => known(facts.first_pledge, "first-pledge", |first| first == *asked),
            Self::TermMonthsFrom(months) => term(facts, *months, |end, matures| end.is_some_and(|end| end <= matures)),
            Self::TermMonthsTo(months) => term(facts, *months, |end, matures| end.is_none_or(|end| matures <= end)),
            Self::OrdinalFrom(first) => known(facts.ordinal, "ordinal", |ordinal| ordinal >= *first),
            Self::OrdinalTo(last) => known(facts.ordinal, "ordinal", |ordinal| ordinal <= *last),
        }
    }

    fn text(&self) -> String {
        let words = match self {
            Self::Item(items) => joined(items),
            Self::SizeClass(classes) => joined(classes),
            Self::EnterpriseClass(tags)
            | Self::Mode(tags)
            | Self::Product(tags)
            | Self::Trait(tags)
            | Self::WithoutTrait(tags)
            | Self::Occasion(tags) => joined(tags),
            Self::RightKind(kinds) => joined(kinds),
            Self::PatentKind(kinds) => joined(kinds),
            Self::District(districts) => joined(districts),
            Self::PrincipalUpTo(limit)
            | Self::PrincipalOver(limit)
            | Self::PrincipalFrom(limit)
            | Self::PrincipalBelow(limit) => limit.grouped(),
            Self::IpShareFrom(share) => share.percent(),
            Self::FirstPledge(asked) => if *asked { "yes" } else { "no" }.to_owned(),
            Self::TermMonthsFrom(number)
            | Self::TermMonthsTo(number)
            | Self::RightsFrom(number)
            | Self::OrdinalFrom(number)
            | Self::OrdinalTo(number) => number.to_string(),
        };
        format!("{} {words}", self.code().replace('_', " "))
    }
}

/// Whether the contract's last day lies as asked from the end of so many months.
fn term(
    facts: &Properties<'_>,
    months: u32,
    holds: impl Fn(Option<CivilDate>, CivilDate) -> bool,
) -> Result<bool, Missing> {
    let signed = facts.term.0.ok_or(Missing("signed-on"))?;
    let matures = facts.term.1.ok_or(Missing("matures-on"))?;
    Ok(holds(signed.plus_months(months), matures))
}

fn known<T>(fact: Option<T>, name: &'static str, holds: impl Fn(T) -> bool) -> Result<bool, Missing> {
    fact.map(holds).ok_or(Missing(name))
}

fn joined<T: ToString>(values: &[T]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}
