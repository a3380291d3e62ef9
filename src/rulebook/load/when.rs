//! `when = { … }`: the properties that a branch, an uplift, a cap or a gate asks for.

use super::errors::Problems;
use super::gate::share;
use super::table::{Node, Table, code, flag, list, parsed, whole};
use crate::identifier::{District, Invalid, PatentKind, RightKind, Tag};
use crate::money::Amount;
use crate::rulebook::model::{Property, When};
use crate::rulebook::terms::{CostKind, SizeClass};

/// The properties; at least one, or a problem.
pub(super) fn when(node: &Node<'_>, key: &str, problems: &mut Problems<'_>) -> Option<When> {
    let mut table = Table::of(node, &format!("`{key}`"), problems)?;
    let mut properties = Vec::new();
    let mut take = |property: Option<Property>| properties.extend(property);
    take(table.optional("item", problems, list(code(CostKind::parse, CostKind::ALL))).map(Property::Item));
    take(table.optional("size_class", problems, list(code(SizeClass::parse, SizeClass::ALL))).map(Property::SizeClass));
    take(table.optional("class", problems, list(parsed(Tag::parse))).map(Property::EnterpriseClass));
    take(table.optional("mode", problems, list(parsed(Tag::parse))).map(Property::Mode));
    take(table.optional("product", problems, list(parsed(Tag::parse))).map(Property::Product));
    take(table.optional("trait", problems, list(parsed(Tag::parse))).map(Property::Trait));
    take(table.optional("without_trait", problems, list(parsed(Tag::parse))).map(Property::WithoutTrait));
    take(table.optional("right_kind", problems, list(parsed(right_kind))).map(Property::RightKind));
    let patent_kinds = table.optional("patent_kind", problems, list(code(PatentKind::parse, PatentKind::ALL)));
    take(patent_kinds.map(Property::PatentKind));
    take(table.optional("rights_from", problems, whole(1..=10_000)).map(Property::RightsFrom));
    take(table.optional("district", problems, list(parsed(District::parse))).map(Property::District));
    take(table.optional("occasion", problems, list(parsed(Tag::parse))).map(Property::Occasion));
    let up_to = table.optional("principal_up_to", problems, parsed(Amount::parse));
    let over = table.optional("principal_over", problems, parsed(Amount::parse));
    let from = table.optional("ordinal_from", problems, whole(1..=u32::MAX));
    let to = table.optional("ordinal_to", problems, whole(1..=u32::MAX));
    let at_least = table.optional("principal_from", problems, parsed(Amount::parse));
    let below = table.optional("principal_below", problems, parsed(Amount::parse));
    let share = table.optional("ip_share_from", problems, share);
    let first_pledge = table.optional("first_pledge", problems, flag);
    let term_from = table.optional("term_months_from", problems, whole(1..=1200));
    let term_to = table.optional("term_months_to", problems, whole(1..=1200));
    let (lower, upper) = (over.max(at_least), [up_to, below].into_iter().flatten().min());
    if let (Some(lower), Some(upper)) = (lower, upper)
        && (lower > upper || (lower == upper && (over == Some(lower) || below == Some(upper))))
    {
        never(&table, if over == Some(lower) { "principal_over" } else { "principal_from" }, problems);
    }
    if let (Some(from), Some(to)) = (term_from, term_to)
        && from > to
    {
        never(&table, "term_months_from", problems);
    }
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        never(&table, "ordinal_from", problems);
    }
    properties.extend(up_to.map(Property::PrincipalUpTo));
    properties.extend(over.map(Property::PrincipalOver));
    properties.extend(at_least.map(Property::PrincipalFrom));
    properties.extend(below.map(Property::PrincipalBelow));
    properties.extend(share.map(Property::IpShareFrom));
    properties.extend(first_pledge.map(Property::FirstPledge));
    properties.extend(term_from.map(Property::TermMonthsFrom));
    properties.extend(term_to.map(Property::TermMonthsTo));
    properties.extend(from.map(Property::OrdinalFrom));
    properties.extend(to.map(Property::OrdinalTo));
    if properties.is_empty() {
        problems.add(table.start, format!("`{key}` asks for nothing"), "name a property, or leave the key out");
    }
    table.finish(problems);
    Some(When(properties))
}

fn never(table: &Table<'_, '_>, key: &str, problems: &mut Problems<'_>) {
    problems.add(table.place(key), "the bounds leave nothing between them", "write the lower bound first");
}

/// The word of a kind of right.
pub(super) fn right_kind(text: &str) -> Result<RightKind, Invalid> {
    RightKind::parse(text)
}
