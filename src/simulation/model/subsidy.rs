//! Applications, their payment and clawback, invoices and the budget.

use crate::book::nouns::{CostItem, EvidenceKey, Role};
use crate::decide::command::{ApplySubsidy, Command};
use crate::decide::rejection::Reason;
use crate::identifier::{ApplicationId, InvoiceNumber, LoanId, RightKind, Uscc};
use crate::rulebook::refusal::Refusal;
use crate::rulebook::terms::CostKind;

use super::life::{AppStanding, LoanStanding, fill};
use super::registry::RightIs;
use super::schemes::{BUDGET, Programme, hebi};
use super::{AppFact, Ask, LineFact, Model, Proof, Verdict, What, Wrongs, days, fen, reject, take, transfer, year_of};

const TREASURY: &str = "treasury/cash";

impl Model {
    pub(super) fn judge_subsidy(&self, ask: &Ask<'_>, command: &Command) -> Verdict {
        match command {
            Command::ApplySubsidy(apply) => self.judge_application(ask, apply),
            Command::ApproveSubsidy(id) | Command::RefuseSubsidy(id, _) | Command::WithdrawSubsidy(id, _) => {
                self.judge_review(ask, *id, command)
            }
            Command::PaySubsidy(id, _) => self.judge_payment(ask, *id),
            Command::DemandClawback(demand) => self.judge_demand(ask, demand.application, fen(demand.amount)),
            Command::RecordClawback(back) => self.judge_given_back(ask, back.application, fen(back.amount)),
            Command::RecordRedLetterInvoice(red) => {
                let Some(total) = self.last_total(red.blue) else { return reject(Reason::EvidenceUnknown) };
                let reds =
                    |fact: &super::Fact| matches!(fact.what, What::RedLetter { red: known, .. } if known == red.red);
                let mut wrongs = Wrongs::default();
                wrongs.when(
                    self.last_total(red.red).is_some() || red.red == red.blue || self.facts.iter().any(reds),
                    Reason::AlreadyExists,
                );
                wrongs.when(fen(red.amount) > total - self.cancelled(red.blue), Reason::AmountExceeds);
                let fact = What::RedLetter { red: red.red, blue: red.blue, fen: fen(red.amount) };
                wrongs.or(|| take(fact))
            }
            Command::AppropriateBudget(change) => {
                let mut wrongs = Wrongs::default();
                wrongs.when(change.year.value() < ask.year(), Reason::DateOutOfRange);
                wrongs.when(self.is_year_closed(change.year.value()), Reason::PeriodClosed);
                let (year, amount) = (change.year.value(), fen(change.amount));
                wrongs.or(|| Verdict::Take(What::Appropriated(year, amount), appropriation(year, amount)))
            }
            Command::AdjustBudget(change) => {
                let (year, amount) = (change.year.value(), fen(change.amount));
                let mut wrongs = Wrongs::default();
                wrongs.when(self.is_year_closed(year), Reason::PeriodClosed);
                wrongs.when(!self.has_budget(year), Reason::BudgetUnknown);
                wrongs.when(self.available(year) + amount < 0, Reason::AmountExceeds);
                wrongs.or(|| Verdict::Take(What::Adjusted(year, amount), appropriation(year, amount)))
            }
            _ => unreachable!("not a command of the subsidies"),
        }
    }

    fn judge_application(&self, ask: &Ask<'_>, apply: &ApplySubsidy) -> Verdict {
        if !self.knows(apply.enterprise) {
            return reject(Reason::EnterpriseUnknown);
        }
        let loan = match apply.loan {
            None => None,
            Some(id) => match self.visible_loan(ask, id).filter(|loan| loan.terms.borrower == apply.enterprise) {
                None => return reject(Reason::LoanUnknown),
                Some(loan) => Some(loan),
            },
        };
        // The rules that the loan was filed under, or those of today.
        let known = |programme: &Programme| {
            let scheme = programme.scheme();
            loan.as_ref().is_some_and(|loan| loan.terms.scheme == scheme) || self.in_force(scheme, ask.day)
        };
        let Some(programme) = Programme::of(apply.programme.as_str()).filter(known) else {
            return reject(Reason::ProgrammeUnknown);
        };
        let mut wrongs = Wrongs::default();
        for (index, item) in apply.items.iter().enumerate() {
            self.check_item(ask, apply, (index, item), &mut wrongs);
        }
        wrongs.or(|| {
            let mut lines = Vec::new();
            for item in &apply.items {
                let line = self.award(ask, (apply, programme), loan.as_ref(), item, &lines);
                lines.push(line);
            }
            let loan = apply.loan.map(LoanId::number);
            let fact = AppFact { enterprise: apply.enterprise, programme, loan, lines, budget_year: ask.year() };
            let postings = reservation(ask.year(), fact.granted());
            Verdict::Take(What::Applied(fact), postings)
        })
    }

    /// The evidence must be known, and be what it was before.
    fn check_item(&self, ask: &Ask<'_>, apply: &ApplySubsidy, (index, item): (usize, &CostItem), wrongs: &mut Wrongs) {
        wrongs.when(days(item.paid_on) > ask.day, Reason::DateOutOfRange);
        if let Some(right) = &item.right {
            wrongs.when(self.right(right).is_none(), Reason::IpRightUnknown);
        }
        match &item.evidence {
            EvidenceKey::Invoice(number) => {
                wrongs.when(item.item == CostKind::Interest, Reason::EvidenceMismatch);
                let mut before = apply.items.iter().take(index).filter(|other| other.evidence == item.evidence);
                let known = self.invoice_total(*number).or(before.next().map(|other| fen(other.evidence_total)));
                wrongs.when(known.is_some_and(|total| total != fen(item.evidence_total)), Reason::EvidenceMismatch);
                let is_red = |fact: &super::Fact| matches!(fact.what, What::RedLetter { red, .. } if red == *number);
                wrongs.when(self.facts.iter().any(is_red), Reason::EvidenceMismatch);
            }
            EvidenceKey::InterestPayment(sequence) => {
                wrongs.when(item.item != CostKind::Interest, Reason::EvidenceMismatch);
                match self.interest(sequence.value()) {
                    Some((loan, day, _)) if Some(loan) == apply.loan.map(LoanId::number) => {
                        wrongs.when(day != days(item.paid_on), Reason::EvidenceMismatch);
                    }
                    Some(_) | None => wrongs.when(true, Reason::EvidenceUnknown),
                }
            }
            EvidenceKey::Document(_) => unreachable!("the simulator proves nothing by a document"),
        }
    }

    /// What a cost item gets, as the document says: half of the actual cost, at most 200,000.00 in the year for all
    /// kinds together; the whole premium of the first insured patent. Never more than the invoice, the budget and the
    /// cost less other public money leave.
    fn award(
        &self,
        ask: &Ask<'_>,
        (apply, programme): (&ApplySubsidy, Programme),
        loan: Option<&LoanStanding>,
        item: &CostItem,
        before: &[LineFact],
    ) -> LineFact {
        let (evidence, total) = match &item.evidence {
            EvidenceKey::Invoice(number) => (Proof::Invoice(*number), fen(item.evidence_total)),
            EvidenceKey::InterestPayment(sequence) => {
                let paid = self.interest(sequence.value()).map_or(0, |(_, _, fen)| fen);
                (Proof::Interest(sequence.value()), paid)
            }
            EvidenceKey::Document(_) => unreachable!("the simulator proves nothing by a document"),
        };
        let mut line = LineFact {
            kind: item.item.code(),
            cost: fen(item.cost),
            paid_year: year_of(days(item.paid_on)),
            evidence,
            evidence_total: total,
            evidence_used: 0,
            award: 0,
            refusal: None,
        };
        let granted = match programme {
            Programme::Trademark => self.lump(ask, loan, item, (&line, before)),
            Programme::Costs | Programme::FirstPatent => {
                self.granted(ask, (apply.enterprise, programme), loan, item, (&line, before))
            }
        };
        match granted {
            Ok((award, used)) => (line.award, line.evidence_used) = (award, used),
            Err(refusal) => line.refusal = Some(refusal),
        }
        line
    }

    fn granted(
        &self,
        ask: &Ask<'_>,
        (enterprise, programme): (Uscc, Programme),
        loan: Option<&LoanStanding>,
        item: &CostItem,
        (line, before): (&LineFact, &[LineFact]),
    ) -> Result<(i128, i128), Refusal> {
        let first_patent = programme == Programme::FirstPatent;
        if first_patent != (item.item == CostKind::PatentInsurance) {
            return Err(Refusal::ItemNotCovered);
        }
        if self.is_listed_on(enterprise, ask.day) {
            return Err(Refusal::EnterpriseBlacklisted);
        }
        if first_patent {
            self.may_insure(ask, enterprise, item, before)?;
        } else {
            self.may_be_subsidised(ask, loan, item)?;
        }
        let (base, unsubsidised) = self.unsubsidised(item, (line, before))?;
        let mut award = if first_patent { base } else { base / 2 }.min(unsubsidised);
        if !first_patent {
            let here: i128 =
                before.iter().filter(|other| other.paid_year == line.paid_year).map(|other| other.award).sum();
            let room = hebi::YEAR_CAP - self.counted(enterprise, line.paid_year) - here;
            if room == 0 {
                return Err(Refusal::YearCapUsedUp);
            }
            award = award.min(room);
        }
        let award = award.min(self.budget_left(ask, before)?);
        if award == 0 { Err(Refusal::NotEligible) } else { Ok((award, base)) }
    }

    /// What the evidence leaves of a cost, and that less other public money.
    pub(super) fn unsubsidised(
        &self,
        item: &CostItem,
        (line, before): (&LineFact, &[LineFact]),
    ) -> Result<(i128, i128), Refusal> {
        let here: i128 =
            before.iter().filter(|other| other.evidence == line.evidence).map(|other| other.evidence_used).sum();
        let evidence_left = (line.evidence_total - self.used_up(&line.evidence) - here).max(0);
        let base = line.cost.min(evidence_left);
        if base == 0 {
            return Err(Refusal::EvidenceUsedUp);
        }
        let unsubsidised = (base - fen(item.other_public_funding)).max(0);
        if unsubsidised == 0 { Err(Refusal::OtherFundingCovers) } else { Ok((base, unsubsidised)) }
    }

    /// What the budget of the year has left after the lines before.
    pub(super) fn budget_left(&self, ask: &Ask<'_>, before: &[LineFact]) -> Result<i128, Refusal> {
        let here: i128 = before.iter().map(|other| other.award).sum();
        let left = self.available(ask.year()) - here;
        if left == 0 { Err(Refusal::BudgetUsedUp) } else { Ok(left) }
    }

    /// 对成功运用知识产权质押融资企业: the loan was disbursed, the pledge registered by then, the cost paid in its life.
    fn may_be_subsidised(&self, ask: &Ask<'_>, loan: Option<&LoanStanding>, item: &CostItem) -> Result<(), Refusal> {
        let Some(loan) = loan else { return Err(Refusal::NotEligible) };
        let Some(disbursed) = loan.disbursed_on else { return Err(Refusal::NotEligible) };
        let pledged = loan.terms.pledges.iter().filter_map(|key| self.pledge(key)).map(|pledge| pledge.from).max();
        let paid = days(item.paid_on);
        let in_time = disbursed <= ask.day
            && pledged.unwrap_or(loan.filed) <= disbursed
            && (item.item != CostKind::Interest || disbursed <= paid)
            && loan.ended.is_none_or(|ended| paid <= ended);
        if in_time { Ok(()) } else { Err(Refusal::NotEligible) }
    }

    /// 对企业参保专利保险的首件专利给予全额补贴: an own patent in force, and only the first.
    fn may_insure(&self, ask: &Ask<'_>, enterprise: Uscc, item: &CostItem, before: &[LineFact]) -> Result<(), Refusal> {
        let Some(right) = item.right.as_ref().filter(|right| right.kind() == RightKind::Patent) else {
            return Err(Refusal::NotEligible);
        };
        if self.owner_on(right, ask.day) != Some(enterprise) {
            return Err(Refusal::RightNotOwned);
        }
        if self.right_on(right, ask.day) != Some(RightIs::InForce) {
            return Err(Refusal::RightNotInForce);
        }
        let applications = self.applications();
        let counted = applications
            .values()
            .filter(|application| application.counts() && application.fact.programme == Programme::FirstPatent)
            .filter(|application| application.fact.enterprise == enterprise);
        let earlier = counted.flat_map(|application| &application.fact.lines).any(|line| line.award > 0);
        if earlier || before.iter().any(|line| line.award > 0) { Err(Refusal::AlreadyGranted) } else { Ok(()) }
    }

    fn judge_review(&self, ask: &Ask<'_>, id: ApplicationId, command: &Command) -> Verdict {
        let Some(application) = self.visible_application(ask, id) else {
            return reject(Reason::ApplicationUnknown);
        };
        let id = id.number();
        let mut wrongs = Wrongs::default();
        let refusal = matches!(command, Command::RefuseSubsidy(..));
        let unpaid = application.state == "approved" && refusal;
        wrongs.when(application.state != "submitted" && !unpaid, Reason::StateForbids);
        wrongs.when(ask.day < application.submitted, Reason::DateOutOfRange);
        let approved = application.approved.as_ref().filter(|_| refusal);
        wrongs.when(approved.is_some_and(|(approved, _)| ask.day < *approved), Reason::DateOutOfRange);
        let withdrawal = matches!(command, Command::WithdrawSubsidy(..));
        wrongs.when(!withdrawal && ask.person() == application.submitter, Reason::SamePerson);
        let (year, granted) = (application.fact.budget_year, application.fact.granted());
        match command {
            Command::ApproveSubsidy(_) => wrongs.or(|| {
                let payable = format!("subsidy/payable/{}", application.fact.enterprise);
                let lines = application.fact.lines.iter();
                let postings = lines
                    .flat_map(|line| transfer(format!("subsidy/expense/{}", line.kind), payable.clone(), line.award));
                Verdict::Take(What::Approved(id), postings.collect())
            }),
            Command::RefuseSubsidy(..) => wrongs.or(|| {
                let mut postings = reservation(year, -granted);
                if application.state == "approved" {
                    let payable = format!("subsidy/payable/{}", application.fact.enterprise);
                    for line in &application.fact.lines {
                        let expense = format!("subsidy/expense/{}", line.kind);
                        postings.extend(transfer(payable.clone(), expense, line.award));
                    }
                }
                Verdict::Take(What::AppRefused(id), postings)
            }),
            _ => wrongs.or(|| Verdict::Take(What::AppWithdrawn(id), reservation(year, -granted))),
        }
    }

    fn judge_payment(&self, ask: &Ask<'_>, id: ApplicationId) -> Verdict {
        let Some(application) = self.visible_application(ask, id) else {
            return reject(Reason::ApplicationUnknown);
        };
        let id = id.number();
        let mut wrongs = Wrongs::default();
        wrongs.when(application.state != "approved", Reason::StateForbids);
        wrongs.when(ask.person() == application.submitter, Reason::SamePerson);
        if let Some((approved, approver)) = &application.approved {
            wrongs.when(ask.person() == *approver, Reason::SamePerson);
            wrongs.when(ask.day < *approved, Reason::DateOutOfRange);
        }
        wrongs.or(|| {
            let enterprise = application.fact.enterprise;
            if self.is_listed_on(enterprise, ask.day) {
                return take(What::PaymentRefused(id, Refusal::EnterpriseBlacklisted));
            }
            if self.is_overused(&application.fact) {
                return take(What::PaymentRefused(id, Refusal::EvidenceUsedUp));
            }
            let (year, granted) = (application.fact.budget_year, application.fact.granted());
            let mut postings = transfer(format!("subsidy/payable/{enterprise}"), TREASURY, granted);
            postings.extend(transfer(budget(year, "spent"), budget(year, "reserved"), granted));
            Verdict::Take(What::Paid(id), postings)
        })
    }

    fn judge_demand(&self, ask: &Ask<'_>, id: ApplicationId, amount: i128) -> Verdict {
        let Some(application) = self.visible_application(ask, id) else {
            return reject(Reason::ApplicationUnknown);
        };
        let id = id.number();
        let mut wrongs = Wrongs::default();
        wrongs.when(application.paid.is_none(), Reason::StateForbids);
        wrongs.when(application.paid.is_some_and(|paid| ask.day < paid), Reason::DateOutOfRange);
        wrongs.when(amount > application.fact.granted() - application.demanded, Reason::AmountExceeds);
        wrongs.or(|| {
            let awards = || application.fact.lines.iter().map(|line| line.award);
            let before = fill(awards(), application.demanded);
            let after = fill(awards(), application.demanded + amount);
            let receivable = format!("subsidy/clawback/{}", application.fact.enterprise);
            let lines = application.fact.lines.iter().zip(before.iter().zip(&after));
            let postings = lines.flat_map(|(line, (before, after))| {
                transfer(receivable.clone(), format!("subsidy/expense/{}", line.kind), after - before)
            });
            Verdict::Take(What::Demanded(id, amount), postings.collect())
        })
    }

    fn judge_given_back(&self, ask: &Ask<'_>, id: ApplicationId, amount: i128) -> Verdict {
        let Some(application) = self.visible_application(ask, id) else {
            return reject(Reason::ApplicationUnknown);
        };
        let id = id.number();
        let mut wrongs = Wrongs::default();
        wrongs.when(application.state != "clawback-demanded", Reason::StateForbids);
        wrongs.when(application.paid.is_some_and(|paid| ask.day < paid), Reason::DateOutOfRange);
        wrongs.when(amount > application.demanded - application.given_back, Reason::AmountExceeds);
        wrongs.or(|| {
            let year = application.fact.budget_year;
            let receivable = format!("subsidy/clawback/{}", application.fact.enterprise);
            let mut postings = transfer(TREASURY, receivable, amount);
            postings.extend(transfer(budget(year, "available"), budget(year, "spent"), amount));
            Verdict::Take(What::GivenBack(id, amount), postings)
        })
    }

    /// An enterprise sees its own applications only.
    fn visible_application(&self, ask: &Ask<'_>, id: ApplicationId) -> Option<AppStanding> {
        self.application(id.number()).filter(|application| {
            !ask.is(Role::Enterprise) || ask.caller.enterprise == Some(application.fact.enterprise)
        })
    }

    /// Loan, day and amount of a recorded interest payment.
    fn interest(&self, seq: u64) -> Option<(u64, i32, i128)> {
        let mut known = self.facts.iter().filter(|fact| fact.seq == seq && !self.is_undone(seq));
        known.find_map(|fact| match fact.what {
            What::Interest(loan, fen, _) => Some((loan, fact.day, fen)),
            _ => None,
        })
    }

    /// The total of an invoice, which binds as long as something of it is used or cancelled: until then it is only
    /// what somebody typed.
    fn invoice_total(&self, number: InvoiceNumber) -> Option<i128> {
        self.last_total(number).filter(|_| self.used_up(&Proof::Invoice(number)) > 0)
    }

    /// The total of an invoice as it was last given.
    fn last_total(&self, number: InvoiceNumber) -> Option<i128> {
        let lines = self.facts.iter().filter_map(|fact| match &fact.what {
            What::Applied(application) => Some(&application.lines),
            _ => None,
        });
        let mut seen = lines.flatten().filter(|line| line.evidence == Proof::Invoice(number));
        seen.next_back().map(|line| line.evidence_total)
    }

    /// Whether an invoice that the application uses was cancelled below what is used of it.
    fn is_overused(&self, application: &AppFact) -> bool {
        application.lines.iter().filter(|line| line.evidence_used > 0).any(|line| match line.evidence {
            Proof::Invoice(number) => self.last_total(number).is_some_and(|total| self.used_up(&line.evidence) > total),
            Proof::Interest(_) => false,
        })
    }

    fn cancelled(&self, number: InvoiceNumber) -> i128 {
        let cancels = self.facts.iter().filter_map(|fact| match fact.what {
            What::RedLetter { blue, fen, .. } if blue == number => Some(fen),
            _ => None,
        });
        cancels.sum()
    }

    /// What of an invoice or a payment is used or cancelled.
    pub(super) fn used_up(&self, evidence: &Proof) -> i128 {
        let applications = self.applications();
        let lines = applications.values().filter(|application| application.counts()).flat_map(|one| &one.fact.lines);
        let used: i128 = lines.filter(|line| line.evidence == *evidence).map(|line| line.evidence_used).sum();
        match evidence {
            Proof::Invoice(number) => used + self.cancelled(*number),
            Proof::Interest(_) => used,
        }
    }

    /// What counts toward an enterprise's cap of a year: granted and pending, less what came back.
    pub(super) fn counted(&self, enterprise: Uscc, year: i16) -> i128 {
        let applications = self.applications();
        let counted = applications
            .values()
            .filter(|one| one.counts() && one.fact.programme == Programme::Costs && one.fact.enterprise == enterprise);
        let lines = counted.flat_map(|one| one.fact.lines.iter().zip(one.given_back_by_line()));
        lines.filter(|(line, _)| line.paid_year == year).map(|(line, back)| line.award - back).sum()
    }

    /// What of a year's budget is neither reserved nor spent.
    pub(super) fn available(&self, year: i16) -> i128 {
        let appropriated = self.facts.iter().filter_map(|fact| match fact.what {
            What::Appropriated(of, fen) | What::Adjusted(of, fen) if of == year => Some(fen),
            What::Undone(_, ref what) => match **what {
                What::Appropriated(of, fen) | What::Adjusted(of, fen) if of == year => Some(-fen),
                _ => None,
            },
            _ => None,
        });
        let applications = self.applications();
        let held = applications.values().filter(|one| one.counts() && one.fact.budget_year == year);
        appropriated.sum::<i128>() + self.at_year_ends(year)
            - held.map(|one| one.fact.granted() - one.given_back).sum::<i128>()
    }
}

pub(super) fn budget(year: i16, part: &str) -> String {
    format!("budget/{BUDGET}/{year}/{part}")
}

fn appropriation(year: i16, amount: i128) -> Vec<(String, i128)> {
    transfer(budget(year, "available"), budget(year, "appropriated"), amount)
}

fn reservation(year: i16, amount: i128) -> Vec<(String, i128)> {
    transfer(budget(year, "reserved"), budget(year, "available"), amount)
}
