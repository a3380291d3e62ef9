//! Two other cities around the story, for `ipledger demo --keep`: companies of the generated nation ([`crate::nation`]),
//! imported as `ipledger import` would, so that queue, boards, search and reports look as they do where people work.
//!
//! 许昌 and 威海 have rules and a pool of their own. What 鹤壁's pool and 2025 came to, which the hand calculation is
//! about, stays as it was: the cities begin after the last year that the story closed. What was applied for in the last
//! months waits on the officers' desk. They share 鹤壁's budget line and the treasury, so the balances of those two, and the
//! trial balance, are of all three.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Context as _;
use tempfile::TempDir;

use super::paper::Paper;
use crate::calendar::CivilDate;
use crate::cli::child::ServerProcess;
use crate::cli::client::Client;
use crate::cli::generate::row;
use crate::cli::import;
use crate::nation::life::{City, Fates};
use crate::nation::{Deed, Nation, Shape, Step, What};
use crate::writer::clock::Clock;

const SEED: u64 = 2026;

/// The first year that the story has not closed.
const OPEN_FROM: u16 = 2026;

/// What was applied for in the last so many days is not decided yet.
const UNDECIDED: i64 = 75;

/// Imports the cities with so many companies into the folder, by a server of their own, and says what came of it.
pub(super) async fn settle((data, companies): (&Path, u64), paper: &mut Paper<'_>) -> anyhow::Result<()> {
    if companies == 0 {
        return Ok(());
    }
    let folder = TempDir::new()?;
    let file = folder.path().join("cities.ndjson");
    write(&file, companies, Clock::System.now().shanghai_date())?;
    let program = std::env::current_exe().context("finding this program")?;
    let server = ServerProcess::start_with(&program, data, ["--limit-requests", "0"].map(Into::into)).await?;
    let tally = import::quietly(&file, Client::of_development(&server.address)).await?;
    server.stop().await?;
    let (rows, entries, refused) = (tally.rows(), tally.entries(), tally.refused());
    let milliseconds = tally.elapsed().as_millis();
    let not_taken = rows.saturating_sub(entries);
    paper.heading("周边城市", "Two other cities around the story")?;
    paper.say(
        &format!(
            "许昌、威海生成企业{companies}家，经导入接口写入{rows}行（{milliseconds} 毫秒）：记账{entries}笔，其中不予准予{refused}笔，\
             不接受{not_taken}行；`--city 0` 则不生成"
        ),
        &format!(
            "{companies} generated companies of Xuchang and Weihai, {rows} rows through the import in {milliseconds} ms: \
             {entries} entries, {refused} of them refusals by the rules, {not_taken} rows not taken; `--city 0` leaves them out"
        ),
    )
}

/// Writes what two of the nation's three cities did until today.
fn write(file: &Path, companies: u64, today: CivilDate) -> anyhow::Result<()> {
    let this_year = u16::try_from(today.year().value())?;
    let first = this_year.saturating_sub(1).max(OPEN_FROM);
    let years = this_year.saturating_sub(first).saturating_add(1);
    let fates = Fates { lost: 3, late: 3, ..Fates::USUAL };
    // Every other company of the nation is 鹤壁's. Most loans are short, so that a single year sees some end.
    let shape = Shape { half_years: 9, fates, ..Shape::usual(companies.saturating_mul(2), (first, years)) };
    let mut out = BufWriter::new(File::create(file)?);
    Nation::new(SEED, shape)
        .tell(&mut |deed| if happens(&deed, today) { row::write(&deed, &mut out) } else { Ok(()) })?;
    Ok(out.flush()?)
}

/// Whether it has happened by today, in one of the two cities.
fn happens(deed: &Deed, today: CivilDate) -> bool {
    let city = match &deed.what {
        What::Rulebook(city, _) | What::PoolMoney(city, ..) => *city,
        What::Enterprise(enterprise, _) | What::Right(enterprise) | What::Pledge(enterprise, _) => {
            City::of(*enterprise)
        }
        What::Loan(loan, step) => {
            let decides = matches!(step, Step::Approved | Step::Paid | Step::ClaimApproved | Step::ClaimPaid);
            if decides && today.days_since(deed.on) < UNDECIDED {
                return false;
            }
            loan.city
        }
        What::Bank(_) | What::Budget(..) => return deed.on <= today,
    };
    city != City::Hebi && deed.on <= today
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of the two cities only, none of the future, and applications that nobody has decided.
    #[test]
    fn two_cities_until_today() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("rows");
        write(&file, 300, CivilDate::parse("2026-11-22").unwrap()).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        let rows: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of = |rpc: &str| rows.iter().filter(|row| row["rpc"] == rpc).count();
        assert!(rows.len() > 1_000 && !text.contains("hebi-pool") && !text.contains("\"410600\""), "{}", rows.len());
        let days = rows.iter().map(|row| row["request"]["effective_date"].as_str().unwrap());
        assert!(days.clone().all(|day| ("2026-01-02"..="2026-11-22").contains(&day)));
        let waiting = of("SubsidyService/ApplySubsidy") - of("SubsidyService/ApproveSubsidy");
        assert!(
            waiting >= 3 && of("SubsidyService/PaySubsidy") >= 3,
            "{waiting} wait, {} were paid",
            of("SubsidyService/PaySubsidy")
        );
        assert!(of("LoanService/MarkLoanOverdue") > 0);
        // The year is over, or has just begun.
        for today in ["2027-12-31", "2026-01-05"] {
            write(&file, 20, CivilDate::parse(today).unwrap()).unwrap();
        }
    }
}
