//! Every failure that the simulation found, small enough to read, under a name that says what was wrong.

use ipledger::book::event::RedLetterInvoice;
use ipledger::book::nouns::{ClaimState, LoanState, Role};
use ipledger::decide::command::{Command, RecordRecovery};
use ipledger::decide::rejection::Reason;
use ipledger::identifier::ClaimId;
use ipledger::money::Amount;

use crate::simulate::story::{Story, yuan};

/// The same red-letter invoice could be recorded again under another request id and cancelled the blue one twice; it
/// could also be handed in as evidence of a cost.
#[test]
fn a_red_letter_invoice_cancels_once_and_proves_no_cost() {
    let mut story = Story::new();
    story.join(0);
    let loan = story.loan(0);
    let apply = story.apply(0, loan, story.invoice_item(0, yuan(10_000)));
    story.takes(Role::Officer, apply);
    let red = RedLetterInvoice { red: story.world.invoices[1], blue: story.world.invoices[0], amount: yuan(1_000) };
    story.takes(Role::Finance, Command::RecordRedLetterInvoice(red.clone()));
    story.rejects(Role::Finance, Command::RecordRedLetterInvoice(red), Reason::AlreadyExists);
    let apply = story.apply(0, loan, story.invoice_item(1, yuan(10_000)));
    story.rejects(Role::Officer, apply, Reason::EvidenceMismatch);
}

/// A loan was closed after its claim was fully recovered. The claim stayed `recovering`: it could still be written off,
/// and money that came later made the closed loan `recovering` again, with its pledge bound to it.
#[test]
fn a_claim_ends_with_its_loan() {
    let mut story = Story::new();
    story.join(0);
    let loan = story.loan(0);
    story.takes(Role::Bank, Command::MarkLoanOverdue(loan, story.day));
    story.takes(Role::Bank, Command::MarkLoanNonPerforming(loan));
    story.wait(61);
    // 3 % of the million filed in the year.
    let claim = ClaimId::new(story.takes(Role::Bank, Command::SubmitClaim(loan, yuan(30_000))));
    story.takes(Role::Officer, Command::ApproveClaim(claim));
    story.takes(Role::Finance, Command::PayClaim(claim, "款".to_owned()));
    let recovery = RecordRecovery { claim, amount: yuan(30_000), cost: Amount::ZERO };
    story.takes(Role::Bank, Command::RecordRecovery(recovery.clone()));
    story.takes(Role::Bank, Command::CloseLoan(loan));
    assert_eq!(story.audited.book.claims.get(&claim).unwrap().state, ClaimState::Closed);
    story.rejects(Role::Officer, Command::WriteOffClaim(claim), Reason::StateForbids);
    story.takes(Role::Bank, Command::RecordRecovery(recovery));
    assert_eq!(story.audited.book.loans.get(&loan).unwrap().state, LoanState::Closed);
    assert_eq!(story.audited.book.claims.get(&claim).unwrap().returned, yuan(15_000));
}

/// The server told where it listens before it heard signals: told to stop at once, it was killed by the signal instead
/// of ending in order.
#[tokio::test]
async fn told_to_stop_at_once_it_ends_in_order() {
    let folder = tempfile::TempDir::new().unwrap();
    for _ in 0..5 {
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_ipledger"));
        let data = folder.path().join("data");
        let server = ipledger::cli::child::ServerProcess::start(program, &data, &[]).await.unwrap();
        server.stop().await.unwrap();
    }
}
