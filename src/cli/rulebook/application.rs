//! `ipledger rulebook explain --application`: a recorded decision, step by step, in both languages.

use std::io::Write;
use std::sync::Arc;

use anyhow::Context as _;

use crate::book::Book;
use crate::book::event::{ApplicationChange, Entry, Event};
use crate::cli::client::Client;
use crate::cli::on_runtime;
use crate::cli::source::{Ledger, Source};
use crate::decide::whatif::again;
use crate::identifier::ApplicationId;
use crate::journal::codec::encode;
use crate::journal::replay::replay;
use crate::proto::v1;
use crate::proto::v1::rulebook_service_client::RulebookServiceClient;
use crate::proto::v1::subsidy_service_client::SubsidyServiceClient;
use crate::rulebook::explanation::LineExplanation;
use crate::rulebook::{Language, Rulebook, line_sentence, load, step_sentence};
use crate::server::REQUEST_BYTES_MAX;
use crate::storage::sled::SledStorage;

/// Prints the decision and what changed it later; `false` when a stored explanation is not what its rule gives.
pub(super) fn explain(id: &str, source: &Source, out: &mut dyn Write) -> anyhow::Result<bool> {
    let id = ApplicationId::parse(id).map_err(|invalid| anyhow::anyhow!("{}", invalid.problem))?;
    match source.open()? {
        Ledger::Stopped(storage) => from_folder(id, &storage, out),
        Ledger::Running(client) => on_runtime(from_server(id, client, out)),
    }
}

/// Replays the journal, and decides the application again on the book as it was.
fn from_folder(id: ApplicationId, storage: &SledStorage, out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut before = Book::new();
    let mut found = None;
    let mut later: Vec<Arc<Entry>> = Vec::new();
    let replayed = replay(storage, &mut |entry, _| {
        if found.is_none() {
            if ApplicationId::created_by(entry.sequence) == id && matches!(entry.event, Event::SubsidyApplied(_)) {
                let same = again(&before, &entry).is_some_and(|anew| encode(&anew) == encode(&entry));
                found = Some((Arc::clone(&entry), same));
            } else {
                before.apply(&entry);
            }
        }
        if concerns(&entry, id) {
            later.push(entry);
        }
    })?;
    anyhow::ensure!(
        found.is_some() || !later.is_empty(),
        "`{id}` is not an application of this ledger; check the number"
    );
    let book = &replayed.book;
    let mut same = true;
    if let Some((entry, recomputed)) = found {
        same = recomputed;
        if let Event::SubsidyApplied(applied) = &entry.event {
            let rulebook = book.rulebook(&applied.rulebook).map(Arc::as_ref);
            heading(out, &entry, &format!("{id}, {} / {}", applied.programme, applied.rulebook))?;
            for line in &applied.lines {
                print(&line.explanation, rulebook, out)?;
            }
        }
        let verdict = if same { "the same bytes" } else { "OTHER BYTES than what is recorded" };
        writeln!(out, "decided again on the book as it was: {verdict}")?;
    }
    for entry in later {
        changed(&entry, book, out)?;
    }
    Ok(same)
}

/// A member of a group that belongs to the application, or made it.
fn concerns(entry: &Entry, id: ApplicationId) -> bool {
    let Event::ApplicationChanged(changed) = &entry.event else { return false };
    let grouped = entry.event.head().is_some();
    grouped && (changed.application == id || ApplicationId::created_by(entry.sequence) == id)
}

/// What a closing run or a correction made of it.
fn changed(entry: &Entry, book: &Book, out: &mut dyn Write) -> anyhow::Result<()> {
    let Event::ApplicationChanged(changed) = &entry.event else { return Ok(()) };
    let application = book.applications.get(&changed.application);
    if let ApplicationChange::ClosingShare(share) = &changed.change {
        heading(out, entry, &format!("{} in closing run {}", changed.application, share.run))?;
        let rulebook = application.and_then(|one| book.rulebook(&one.rulebook)).map(Arc::as_ref);
        for line in &share.lines {
            print(&line.explanation, rulebook, out)?;
        }
    } else if let ApplicationChange::Corrected(one) = &changed.change {
        heading(out, entry, &format!("{} corrected by entry {} under {}", changed.application, one.run, one.rulebook))?;
        for line in &one.lines {
            print(&line.explanation, book.rulebook(&one.rulebook).map(Arc::as_ref), out)?;
        }
    }
    Ok(())
}

fn heading(out: &mut dyn Write, entry: &Entry, what: &str) -> anyhow::Result<()> {
    Ok(writeln!(out, "entry {} of {}: {what}", entry.sequence, entry.effective_date)?)
}

fn print(line: &LineExplanation, rulebook: Option<&Rulebook>, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out)?;
    for language in [Language::Chinese, Language::English] {
        writeln!(out, "  {}", line_sentence(line, language))?;
    }
    for (number, step) in (1..).zip(&line.steps) {
        writeln!(out, "  {number}. {}", step_sentence(step, Language::Chinese))?;
        writeln!(out, "     {}", step_sentence(step, Language::English))?;
        let clause = step.clause.as_ref().zip(rulebook).and_then(|(clause, rulebook)| rulebook.clause(clause));
        if let Some(clause) = clause {
            writeln!(out, "     {}: {}", clause.heading, clause.text)?;
        }
    }
    Ok(())
}

/// Asks a running ledger for the stored explanation and the words of its clauses.
async fn from_server(id: ApplicationId, client: &Client, out: &mut dyn Write) -> anyhow::Result<bool> {
    let connection = client.connect().await?;
    let limit = REQUEST_BYTES_MAX;
    let mut subsidies = SubsidyServiceClient::new(connection.clone()).max_decoding_message_size(limit);
    let request = v1::GetApplicationRequest { application_id: id.to_string() };
    let application = subsidies.get_application(request).await?.into_inner().application.context("no application")?;
    let reference = application.rulebook.clone().unwrap_or_default();
    let mut rulebooks = RulebookServiceClient::new(connection).max_decoding_message_size(limit);
    let request = v1::GetRulebookRequest { rulebook_id: reference.rulebook_id.clone(), version: reference.version };
    let text = rulebooks.get_rulebook(request).await?.into_inner().rulebook.map(|rulebook| rulebook.text);
    let rulebook = text.and_then(|text| load(&text).ok());
    let version = format!("{}@{}", reference.rulebook_id, reference.version);
    writeln!(
        out,
        "{} of {}: {} / {version}",
        application.application_id, application.submitted_on, application.programme_id
    )?;
    let decision = application.decision.unwrap_or_default();
    let own = application.lines.into_iter().filter_map(|line| line.explanation);
    let lines: Vec<v1::LineExplanation> = own.collect();
    let lines = if lines.is_empty() { decision.explanation.unwrap_or_default().lines } else { lines };
    for line in lines {
        print_wire(&line, rulebook.as_ref(), out)?;
    }
    Ok(true)
}

fn print_wire(line: &v1::LineExplanation, rulebook: Option<&Rulebook>, out: &mut dyn Write) -> anyhow::Result<()> {
    let sentence = line.sentence.clone().unwrap_or_default();
    writeln!(out)?;
    writeln!(out, "  {}", sentence.zh)?;
    writeln!(out, "  {}", sentence.en)?;
    for (number, step) in (1..).zip(&line.steps) {
        let sentence = step.sentence.clone().unwrap_or_default();
        writeln!(out, "  {number}. {}", sentence.zh)?;
        writeln!(out, "     {}", sentence.en)?;
        let clause =
            rulebook.and_then(|rulebook| rulebook.clauses.iter().find(|clause| clause.id.as_str() == step.clause));
        if let Some(clause) = clause {
            writeln!(out, "     {}: {}", clause.heading, clause.text)?;
        }
    }
    Ok(())
}
