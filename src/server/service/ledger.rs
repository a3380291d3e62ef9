//! `LedgerService`.

use std::sync::Arc;

use tonic::{Request, Response, async_trait};

use super::{Answer, tail};
use crate::book::Book;
use crate::book::account::Account;
use crate::book::event::Entry;
use crate::book::nouns::Caller;
use crate::calendar::CivilDate;
use crate::decide::rejection::{Reason, Rejection};
use crate::identifier::Sequence;
use crate::money::Amount;
use crate::proto::v1;
use crate::proto::v1::ledger_service_server::LedgerService;
use crate::reader::View;
use crate::reader::cases::Subject;
use crate::reader::scope::sees;
use crate::server::access::{
    sees_account, sees_application, sees_claim, sees_grants_of, sees_loan, sees_pledge, unknown,
};
use crate::server::edge::{Edge, unavailable};
use crate::server::page::{PageRequest, token};
use crate::server::parse::ledger::{AsOf, EntryFilter};
use crate::server::parse::{self, query};
use crate::server::render::entry::{kind, recorded};
use crate::server::render::words;

#[async_trait]
impl LedgerService for Edge {
    async fn reverse_entry(&self, request: Request<v1::ReverseEntryRequest>) -> Answer<v1::ReverseEntryResponse> {
        // Looked up before the caller is known, but nothing of it is told: the decision asks for permission first.
        let sequence = Sequence::new(request.get_ref().sequence);
        let entry = self.reader().entry(sequence).await.map_err(|fault| unavailable(&fault))?;
        Ok(self.write(request, move |message, violations| parse::ledger::reverse(message, entry, violations)).await?)
    }

    async fn get_entry(&self, request: Request<v1::GetEntryRequest>) -> Answer<v1::GetEntryResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(get_entry(self, &caller, &message).await?))
    }

    async fn list_entries(&self, request: Request<v1::ListEntriesRequest>) -> Answer<v1::ListEntriesResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(list_entries(self, caller, &message).await?))
    }

    type TailEntriesStream = tail::EntryStream;

    async fn tail_entries(&self, request: Request<v1::TailEntriesRequest>) -> Answer<tail::EntryStream> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(tail::open(self, caller, Sequence::new(message.after_sequence))?))
    }

    async fn get_account_balance(
        &self,
        request: Request<v1::GetAccountBalanceRequest>,
    ) -> Answer<v1::GetAccountBalanceResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(get_account_balance(self, &caller, &message)?))
    }

    async fn list_accounts(&self, request: Request<v1::ListAccountsRequest>) -> Answer<v1::ListAccountsResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(list_accounts(self, &caller, &message)?))
    }

    async fn get_trial_balance(
        &self,
        request: Request<v1::GetTrialBalanceRequest>,
    ) -> Answer<v1::GetTrialBalanceResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(get_trial_balance(self, &caller, &message)?))
    }

    async fn ping(&self, request: Request<v1::PingRequest>) -> Answer<v1::PingResponse> {
        let (_, message) = self.open(request)?;
        let payload = query(|violations| parse::ledger::ping(message, violations))?;
        Ok(Response::new(v1::PingResponse { payload, last_sequence: self.reader().last_sequence().value() }))
    }
}

async fn get_entry(
    edge: &Edge,
    caller: &Caller,
    message: &v1::GetEntryRequest,
) -> Result<v1::GetEntryResponse, Rejection> {
    let sequence = query(|violations| violations.sequence("sequence", message.sequence))?;
    let found = edge.reader().entry(sequence).await.map_err(|fault| unavailable(&fault))?;
    let found = found.filter(|entry| sees(&edge.reader().book(), caller, &entry.concerns));
    let entry = found.ok_or_else(|| unknown(Reason::EntryUnknown, "sequence", &sequence))?;
    let reversed_by = edge.reader().book().reversals.get(&sequence).map_or(0, |by| by.value());
    let sentence = Some(words(&entry));
    Ok(v1::GetEntryResponse { entry: Some(v1::Entry { reversed_by, ..recorded(&entry) }), sentence })
}

async fn list_entries(
    edge: &Edge,
    caller: Caller,
    message: &v1::ListEntriesRequest,
) -> Result<v1::ListEntriesResponse, Rejection> {
    let (filter, request) = query(|violations| {
        let filter = parse::ledger::list_entries(message, violations);
        let read = |text: &str| text.parse().ok().map(Sequence::new);
        let request = PageRequest::read(violations, message.page_size, &message.page_token, read);
        Some((filter?, request?))
    })?;
    let from = request.after.unwrap_or(Sequence::FIRST);
    let reader = edge.reader().clone();
    if let Some(mut own) = indexed(edge, &caller, &filter) {
        // Whose entries are known by an index: nobody else's are looked at.
        let is_ahead = |sequence: &Sequence| match request.after {
            None => true,
            Some(after) if filter.newest_first => *sequence <= after,
            Some(after) => *sequence >= after,
        };
        own.retain(is_ahead);
        if filter.newest_first {
            own.reverse();
        }
        let next = own.get(request.size).copied();
        own.truncate(request.size);
        own.sort_unstable();
        let mut found = edge.reader().entries_at(own).await.map_err(|fault| unavailable(&fault))?;
        if filter.newest_first {
            found.reverse();
        }
        let book = edge.reader().book();
        found.retain(|entry| filter.lets_through(entry) && sees(&book, &caller, &entry.concerns));
        return Ok(listed(&book, &found, next));
    }
    let wanted = move |entry: &Entry| filter.lets_through(entry) && sees(&reader.book(), &caller, &entry.concerns);
    let page = edge.reader().entries(from, request.size, wanted).await.map_err(|fault| unavailable(&fault))?;
    Ok(listed(&edge.reader().book(), &page.entries, page.next))
}

fn listed(book: &Book, entries: &[Arc<Entry>], next: Option<Sequence>) -> v1::ListEntriesResponse {
    let reversed_by = |entry: &Entry| book.reversals.get(&entry.sequence).map_or(0, |by| by.value());
    v1::ListEntriesResponse {
        entries: entries.iter().map(|entry| v1::Entry { reversed_by: reversed_by(entry), ..recorded(entry) }).collect(),
        next_page_token: next.map(|next| token(&next)).unwrap_or_default(),
        sentences: entries.iter().map(|entry| words(entry)).collect(),
    }
}

/// The entries that the index has for a filter, ascending; `None` where only the journal tells.
fn indexed(edge: &Edge, caller: &Caller, filter: &EntryFilter) -> Option<Vec<Sequence>> {
    let (view, today) = (edge.reader().view(), edge.today());
    if !filter.subjects.is_empty() {
        let seen = filter.subjects.iter().filter(|subject| sees_subject(&view.book, caller, (subject, today)));
        let mut all: Vec<Sequence> = seen.flat_map(|subject| view.cases.about(subject)).collect();
        all.sort_unstable();
        all.dedup();
        return Some(all);
    }
    let enterprise = filter.enterprise.or(caller.enterprise)?;
    Some(view.history.concerning(enterprise).collect())
}

/// What is not the caller's has no time line, so that its length tells nothing.
fn sees_subject(book: &Book, caller: &Caller, (subject, today): (&Subject, CivilDate)) -> bool {
    match subject {
        Subject::Loan(id) => book.loans.get(id).is_some_and(|one| sees_loan(book, caller, &one)),
        Subject::Application(id) => book.applications.get(id).is_some_and(|one| sees_application(book, caller, &one)),
        Subject::Claim(id) => book.claims.get(id).is_some_and(|one| sees_claim(book, caller, one)),
        Subject::Right(id) => book.rights.get(id).is_some_and(|one| sees_grants_of(book, caller, one.owner_on(today))),
        Subject::Pledge(key) => book.pledges.get(key).is_some_and(|one| sees_pledge(book, caller, &one)),
    }
}

impl EntryFilter {
    fn lets_through(&self, entry: &Entry) -> bool {
        let concerns = &entry.concerns;
        self.enterprise.is_none_or(|enterprise| concerns.enterprise == Some(enterprise))
            && self.institution.as_ref().is_none_or(|one| concerns.institution.as_ref() == Some(one))
            && self.from.is_none_or(|from| from <= entry.effective_date)
            && self.to.is_none_or(|to| entry.effective_date <= to)
            && self.kind.is_none_or(|wanted| wanted == kind(&entry.event))
    }
}

fn get_account_balance(
    edge: &Edge,
    caller: &Caller,
    message: &v1::GetAccountBalanceRequest,
) -> Result<v1::GetAccountBalanceResponse, Rejection> {
    let (account, as_of) = query(|violations| parse::ledger::account_balance(message, violations))?;
    if !sees_account(&edge.reader().book(), caller, &account) {
        return Err(Rejection::new(
            Reason::PermissionDenied,
            "account",
            format!(
                "role `{}` may not read `{account}`; expected an account that carries the caller's name",
                caller.role
            ),
            format!("角色“{}”无权查看科目“{account}”", caller.role),
        ));
    }
    let view = edge.reader().view();
    known(&view, as_of)?;
    let balance = match as_of {
        AsOf::Now => view.book.balance(&account),
        AsOf::Sequence(sequence) => view.history.balance_at_sequence(&account, sequence),
        AsOf::Date(date) => view.history.balance_at_date(&account, date),
    };
    Ok(v1::GetAccountBalanceResponse { account_balance: Some(account_balance(&account, balance)) })
}

fn account_balance(account: &Account, balance: Amount) -> v1::AccountBalance {
    v1::AccountBalance { account: account.to_string(), balance: balance.to_string() }
}

/// A sequence that is still to come has no balance.
fn known(view: &View, as_of: AsOf) -> Result<(), Rejection> {
    match as_of {
        AsOf::Sequence(sequence) if sequence > view.book.last_sequence() => {
            Err(unknown(Reason::EntryUnknown, "as_of_sequence", &sequence))
        }
        AsOf::Sequence(_) | AsOf::Date(_) | AsOf::Now => Ok(()),
    }
}

fn list_accounts(
    edge: &Edge,
    caller: &Caller,
    message: &v1::ListAccountsRequest,
) -> Result<v1::ListAccountsResponse, Rejection> {
    let read = |text: &str| Account::parse(text).ok();
    let (as_of, request) = query(|violations| {
        let as_of = parse::ledger::accounts(message, violations);
        let request = PageRequest::read(violations, message.page_size, &message.page_token, read);
        Some((as_of?, request?))
    })?;
    let view = edge.reader().view();
    known(&view, as_of)?;
    let page = request.fill(
        request.rest_of_chunked(&view.book.accounts),
        |(account, _)| account.to_string(),
        |(account, now)| {
            let balance = match as_of {
                AsOf::Now => *now,
                AsOf::Sequence(sequence) => view.history.balance_at_sequence(account, sequence),
                AsOf::Date(date) => view.history.balance_at_date(account, date),
            };
            let seen = sees_account(&view.book, caller, account);
            let wanted = seen && !(message.nonzero_only && balance.is_zero());
            let line = account_balance(account, balance);
            (wanted && line.account.starts_with(&message.prefix)).then_some(line)
        },
    );
    Ok(v1::ListAccountsResponse { accounts: page.items, next_page_token: page.next_page_token })
}

fn get_trial_balance(
    edge: &Edge,
    _caller: &Caller,
    message: &v1::GetTrialBalanceRequest,
) -> Result<v1::GetTrialBalanceResponse, Rejection> {
    let as_of = query(|violations| parse::ledger::trial_balance(message, violations))?;
    let view = edge.reader().view();
    known(&view, as_of)?;
    let total = match as_of {
        AsOf::Now => Totals::of(view.book.accounts.values().copied()),
        AsOf::Sequence(sequence) => {
            Totals::of(view.history.trial_balance_at(sequence).into_iter().map(|(_, balance)| balance))
        }
        AsOf::Date(date) => Totals::of(view.history.trial_balance_on(date).into_iter().map(|(_, balance)| balance)),
    };
    Ok(v1::GetTrialBalanceResponse {
        debit: total.debit.to_string(),
        credit: total.credit.to_string(),
        total: total.debit.plus(total.credit).to_string(),
        account_count: total.count,
    })
}

/// A trial balance's totals, in yuan.
#[derive(Default)]
struct Totals {
    debit: Amount,
    credit: Amount,
    count: u64,
}

impl Totals {
    fn of(balances: impl Iterator<Item = Amount>) -> Self {
        let mut totals = Self::default();
        for balance in balances {
            let side = if balance.is_negative() { &mut totals.credit } else { &mut totals.debit };
            *side = side.plus(balance);
            totals.count = totals.count.saturating_add(1);
        }
        totals
    }
}
