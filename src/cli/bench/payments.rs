//! Interest payments, which are half of what a ledger takes, beside the applications, which are the dearest there is.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Context as _;
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use super::Rate;
use super::server::{Bench, ENTERPRISES, PAID_ON, SetUp};
use crate::cli::child::ActAs;
use crate::proto::v1;
use crate::proto::v1::loan_service_client::LoanServiceClient;

/// Loans of which interest is paid, so that each has some dozens of payments and not thousands.
const LOANS: u64 = 4_096;

/// Borrowers who are registered at a time.
const AT_A_TIME: u64 = 64;

impl Bench {
    /// The same with loans of which interest is paid.
    pub(super) async fn with_payers(mut self) -> anyhow::Result<Self> {
        let first = u64::try_from(ENTERPRISES)?.saturating_add(1);
        let mut registering = JoinSet::new();
        for turn in 0..AT_A_TIME {
            let channel = self.channel(usize::try_from(turn)?)?;
            registering.spawn(async move {
                let (mut set_up, mut loans) = (SetUp::new(channel)?, Vec::new());
                let mut index = first.saturating_add(turn);
                while index < first.saturating_add(LOANS) {
                    loans.push(set_up.borrower(index).await?.1);
                    index = index.saturating_add(AT_A_TIME);
                }
                anyhow::Ok(loans)
            });
        }
        let mut payers = Vec::new();
        while let Some(registered) = registering.join_next().await {
            payers.extend(registered??);
        }
        self.payers = Arc::new(payers);
        Ok(self)
    }

    /// Durable writes per second: each a payment of interest on one loan after the other.
    pub(super) async fn payments(&self, in_flight: usize, seconds: u64) -> anyhow::Result<Rate> {
        let (payers, numbers) = (Arc::clone(&self.payers), Arc::clone(&self.invoices));
        self.measure(in_flight, seconds, move |channel, _, deadline| {
            let (payers, numbers) = (Arc::clone(&payers), Arc::clone(&numbers));
            async move {
                let mut client = LoanServiceClient::with_interceptor(channel, ActAs::new("bank", "bank", "bench")?);
                let mut count: u64 = 0;
                while Instant::now() < deadline {
                    let number = numbers.fetch_add(1, Ordering::Relaxed);
                    let index = usize::try_from(number)?.checked_rem(payers.len()).context("a loan")?;
                    let loan = payers.get(index).context("a loan")?.clone();
                    let paid = client.record_interest_payment(payment(loan, number)).await?.into_inner();
                    let outcome = paid.decision.map(|decision| decision.outcome());
                    anyhow::ensure!(outcome == Some(v1::Outcome::Recorded), "a payment was not recorded: {outcome:?}");
                    count = count.saturating_add(1);
                }
                Ok(count)
            }
        })
        .await
    }
}

fn payment(loan_id: String, number: u64) -> v1::RecordInterestPaymentRequest {
    v1::RecordInterestPaymentRequest {
        request_id: Uuid::new_v4().to_string(),
        effective_date: PAID_ON.to_owned(),
        loan_id,
        amount: "362.50".to_owned(),
        period_from: PAID_ON.to_owned(),
        period_to: PAID_ON.to_owned(),
        reference: format!("P{number}"),
        ..v1::RecordInterestPaymentRequest::default()
    }
}
