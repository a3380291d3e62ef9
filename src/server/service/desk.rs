//! `DeskService`: what waits, and what may be done about one case.

use std::collections::BTreeSet;

use tonic::{Request, Response, async_trait};

use super::{Answer, desk_search, desk_waits as waits};
use crate::book::Book;
use crate::book::application::Application;
use crate::book::nouns::Caller;
use crate::book::pool::Claim;
use crate::book::waiting::{AWAITED, Act, CaseId, Waiting};
use crate::calendar::{CivilDate, FiscalYear};
use crate::decide::rejection::{Reason, Rejection};
use crate::decide::waiting::{Asker, Choice, allows, choice, choices, roles};
use crate::identifier::{CapId, Uscc};
use crate::money::Amount;
use crate::proto::v1;
use crate::proto::v1::desk_service_server::DeskService;
use crate::reader::View;
use crate::reader::work::waiting;
use crate::rulebook::model::Cap;
use crate::server::access::{sees_application, sees_claim, unknown};
use crate::server::edge::Edge;
use crate::server::page::PageRequest;
use crate::server::parse::{self, query};
use crate::server::render::event;
use crate::server::vocabulary::wire;

/// The most that is counted of each act. The book is held meanwhile.
pub(super) const COUNTED_MAX: usize = 5_000;

#[async_trait]
impl DeskService for Edge {
    async fn list_work(&self, request: Request<v1::ListWorkRequest>) -> Answer<v1::ListWorkResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(list_work(self, &caller, &message)?))
    }

    async fn get_case(&self, request: Request<v1::GetCaseRequest>) -> Answer<v1::GetCaseResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(get_case(self, &caller, &message)?))
    }

    async fn search(&self, request: Request<v1::SearchRequest>) -> Answer<v1::SearchResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(desk_search::search(self, &caller, &message)?))
    }
}

/// Who looks at the queue, and at how much of it.
struct Looking<'a> {
    view: &'a View,
    asker: Asker<'a>,
    /// The acts that are listed.
    acts: Vec<Act>,
    /// Whether what waits for others is listed too.
    everybody: bool,
}

fn list_work(edge: &Edge, caller: &Caller, message: &v1::ListWorkRequest) -> Result<v1::ListWorkResponse, Rejection> {
    let (only, request) = query(|violations| {
        let only = parse::desk::list_work(message, violations);
        let request = PageRequest::read(violations, message.page_size, &message.page_token, parse::desk::place);
        Some((only?, request?))
    })?;
    let (view, today) = (edge.reader().view(), edge.today());
    let asker = Asker { book: &view.book, caller, today };
    let roles = roles(&view.book, caller);
    let own: Vec<Act> = AWAITED.into_iter().filter(|act| allows(&roles, *act)).collect();
    // Whoever may do nothing of it looks at all of it.
    let everybody = message.everybody || own.is_empty();
    let acts = if everybody { AWAITED.to_vec() } else { own };
    let acts = acts.into_iter().filter(|act| only.is_none_or(|only| only == *act)).collect();
    let looking = Looking { view: &view, asker, acts, everybody };
    let counts = if request.after.is_none() { looking.counts() } else { Vec::new() };
    let page = request.fill(
        looking.view.work.queue(&looking.acts, request.after),
        |((due, case), _)| format!("{due}/{case}"),
        |((_, case), act)| looking.item(case, act),
    );
    let (closings, withdrawals) = if request.after.is_none() && only.is_none() {
        (waits::closings(&view, &asker, everybody), waits::withdrawals(&asker, everybody))
    } else {
        (Vec::new(), Vec::new())
    };
    let (items, next_page_token) = (page.items, page.next_page_token);
    Ok(v1::ListWorkResponse { items, next_page_token, counts, closings, withdrawals })
}

impl Looking<'_> {
    /// An item of the queue; `None` where it is not the caller's to see, or waits for somebody else.
    fn item(&self, case: CaseId, act: Act) -> Option<v1::WorkItem> {
        let (choice, mine) = self.wanted(case, act)?;
        let waits = waiting(case, &self.view.book, &self.view.cases)?;
        Some(v1::WorkItem {
            mine,
            second: choice.second,
            barred: choice.barred.map(said),
            ..item(self.view, self.asker.today, case, Some(waits))?
        })
    }

    fn wanted(&self, case: CaseId, act: Act) -> Option<(Choice, bool)> {
        if !sees_case(&self.view.book, self.asker.caller, case) {
            return None;
        }
        let choice = choice(&self.asker, case, act)?;
        let allowed = allows(&roles(&self.view.book, self.asker.caller), act);
        let mine = allowed && choice.barred.is_none();
        let barred = if allowed { choice.barred } else { None };
        (self.everybody || mine).then_some((Choice { barred, ..choice }, mine))
    }

    fn counts(&self) -> Vec<v1::WorkCount> {
        let counted = self.acts.iter().map(|act| self.count(*act));
        counted.filter(|count| count.count > 0).collect()
    }

    fn count(&self, act: Act) -> v1::WorkCount {
        let places = self.view.work.places_of(act);
        let (mut count, mut overdue, mut amount) = (0_u32, 0_u32, Amount::ZERO);
        for (due, case) in places.iter().take(COUNTED_MAX) {
            if self.wanted(*case, act).is_none() {
                continue;
            }
            let waits = waiting(*case, &self.view.book, &self.view.cases);
            count = count.saturating_add(1);
            overdue = overdue.saturating_add(u32::from(*due < self.asker.today));
            amount = amount.plus(waits.map_or(Amount::ZERO, |waits| waits.amount));
        }
        v1::WorkCount { act: wire(act), count, amount: amount.to_string(), overdue, more: places.len() > COUNTED_MAX }
    }
}

fn get_case(edge: &Edge, caller: &Caller, message: &v1::GetCaseRequest) -> Result<v1::GetCaseResponse, Rejection> {
    let case = query(|violations| parse::desk::case_id(message, violations))?;
    let reason = match case {
        CaseId::Application(_) => Reason::ApplicationUnknown,
        CaseId::Claim(_) => Reason::ClaimUnknown,
    };
    let (view, today) = (edge.reader().view(), edge.today());
    let missing = || unknown(reason, "case_id", &case);
    if !sees_case(&view.book, caller, case) {
        return Err(missing());
    }
    let asker = Asker { book: &view.book, caller, today };
    let waits = waiting(case, &view.book, &view.cases);
    let choices = choices(&asker, case);
    let awaited = choices.iter().find(|one| waits.is_some_and(|waits| waits.act == one.act));
    let item = v1::WorkItem {
        mine: awaited.is_some_and(|one| one.barred.is_none()),
        second: waits.and_then(|waits| choice(&asker, case, waits.act)).is_some_and(|one| one.second),
        barred: awaited.and_then(|one| one.barred.clone()).map(said),
        ..item(&view, today, case, waits).ok_or_else(missing)?
    };
    let limits = match case {
        CaseId::Application(id) => view.book.applications.get(&id).map(|one| limits(&view.book, &one)),
        CaseId::Claim(_) => None,
    };
    let choices = choices.into_iter().map(|one| v1::CaseChoice {
        act: wire(one.act),
        second: one.second,
        two_persons: one.two_persons,
        barred: one.barred.map(said),
    });
    Ok(v1::GetCaseResponse { item: Some(item), choices: choices.collect(), limits: limits.unwrap_or_default() })
}

pub(super) fn said([en, zh]: [String; 2]) -> v1::Text {
    v1::Text { en, zh }
}

fn sees_case(book: &Book, caller: &Caller, case: CaseId) -> bool {
    match case {
        CaseId::Application(id) => book.applications.get(&id).is_some_and(|one| sees_application(book, caller, &one)),
        CaseId::Claim(id) => book.claims.get(&id).is_some_and(|one| sees_claim(book, caller, one)),
    }
}

/// A case as the desk lists it, without what depends on the caller.
fn item(view: &View, today: CivilDate, case: CaseId, waits: Option<Waiting>) -> Option<v1::WorkItem> {
    let book = &view.book;
    let about = match case {
        CaseId::Application(id) => of_application(book, &*book.applications.get(&id)?),
        CaseId::Claim(id) => of_claim(book, book.claims.get(&id)?),
    };
    let about = v1::WorkItem { case_id: case.to_string(), ..about };
    let Some(Waiting { act, since, amount }) = waits else { return Some(about) };
    let due = act.due(since);
    Some(v1::WorkItem {
        act: wire(act),
        since: since.to_string(),
        due: due.to_string(),
        days_waiting: today.days_since(since).max(0),
        overdue: due < today,
        amount: amount.to_string(),
        ..about
    })
}

fn of_application(book: &Book, one: &Application) -> v1::WorkItem {
    let (line, year) = &one.budget;
    v1::WorkItem {
        amount: one.granted.to_string(),
        enterprise: one.enterprise.to_string(),
        enterprise_name: name_of(book, one.enterprise),
        programme_id: one.programme.to_string(),
        rulebook: Some(event::rulebook(&one.rulebook)),
        budget_line_id: line.to_string(),
        budget_year: event::year(*year),
        loan_id: one.loan.map(|loan| loan.to_string()).unwrap_or_default(),
        ..Default::default()
    }
}

fn of_claim(book: &Book, one: &Claim) -> v1::WorkItem {
    let borrower = book.loans.get(&one.loan).map(|loan| loan.terms.borrower);
    v1::WorkItem {
        amount: one.pool_share().to_string(),
        enterprise: borrower.map(|borrower| borrower.to_string()).unwrap_or_default(),
        enterprise_name: borrower.map(|borrower| name_of(book, borrower)).unwrap_or_default(),
        pool_id: one.pool.to_string(),
        rulebook: Some(event::rulebook(&one.rulebook)),
        institution_id: one.bank.to_string(),
        loan_id: one.loan.to_string(),
        ..Default::default()
    }
}

/// A company's name.
pub(super) fn name_of(book: &Book, uscc: Uscc) -> String {
    book.enterprises.get(&uscc).map(|one| one.details.name.clone()).unwrap_or_default()
}

/// The limits that an award counts toward, with what is left of each.
fn limits(book: &Book, one: &Application) -> Vec<v1::CaseLimit> {
    let rulebook = book.rulebook(&one.rulebook);
    let Some(programme) = rulebook.and_then(|rulebook| rulebook.programme(&one.programme)) else { return Vec::new() };
    let cap = |id: &CapId| programme.caps.iter().find(|cap| cap.id == *id);
    let own: BTreeSet<_> = one.lines.iter().flat_map(|line| &line.cap_uses).collect();
    let own = own.into_iter().filter_map(|key| Some(limit(cap(&key.cap)?, key.year, book.cap_used(key))));
    let wide: BTreeSet<_> = one.lines.iter().flat_map(|line| &line.wide_uses).collect();
    let wide = wide.into_iter().filter_map(|key| {
        let used = book.wide_use.get(key).copied().unwrap_or(Amount::ZERO);
        Some(limit(cap(&key.cap)?, Some(key.year), used))
    });
    own.chain(wide).collect()
}

fn limit(cap: &Cap, year: Option<FiscalYear>, used: Amount) -> v1::CaseLimit {
    v1::CaseLimit {
        scope: cap.scope.to_string(),
        cap_id: cap.id.to_string(),
        year: year.map(event::year).unwrap_or_default(),
        limit: cap.amount.to_string(),
        used: used.to_string(),
        left: cap.amount.minus(used).floored_at_zero().to_string(),
    }
}
