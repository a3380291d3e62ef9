//! `ipledger generate`: a made-up nation of borrowers, as NDJSON for `ipledger import` into a new ledger for development.
//!
//! The same seed gives the same bytes. What happens is told by [`crate::nation`], and becomes a row here.

pub(super) mod row;

use std::io::{BufWriter, Write};

use clap::Args;

use crate::nation::{ENTERPRISES_MAX, Nation, Shape};

/// The flags of `ipledger generate`.
#[derive(Debug, Clone, Copy, Args)]
pub struct Arguments {
    /// The same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many enterprises borrow, spread over the years.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    enterprises: u64,
    /// How many years.
    #[arg(long, value_name = "COUNT", default_value_t = 2)]
    years: u16,
    /// The first year; the rulebooks are in force from 2024 on, and the last year should be over.
    #[arg(long, value_name = "YEAR", default_value_t = 2024)]
    from: u16,
}

impl Arguments {
    /// So many enterprises over two years, for a benchmark.
    pub(super) const fn of(seed: u64, enterprises: u64) -> Self {
        Self { seed, enterprises, years: 2, from: 2024 }
    }
}

/// Writes the rows.
pub fn run(arguments: Arguments, out: &mut dyn Write) -> anyhow::Result<bool> {
    let Arguments { seed, enterprises, years, from } = arguments;
    anyhow::ensure!((1..=50).contains(&years), "`--years {years}` is out of range; expected 1 to 50");
    anyhow::ensure!((2024..=2100).contains(&from), "`--from {from}` is out of range; expected 2024 to 2100");
    anyhow::ensure!(
        (1..=ENTERPRISES_MAX).contains(&enterprises),
        "`--enterprises {enterprises}` is out of range; expected 1 to {ENTERPRISES_MAX}"
    );
    let mut out = BufWriter::new(out);
    Nation::new(seed, Shape::usual(enterprises, (from, years))).tell(&mut |deed| row::write(&deed, &mut out))?;
    out.flush()?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    /// The bytes of a seed stay what they are: measurements are compared over years, and kept seeds of the simulation live on
    /// the same deeds.
    #[test]
    fn a_seed_gives_the_bytes_that_it_always_gave() {
        let mut bytes = Vec::new();
        assert!(run(Arguments::of(3, 100), &mut bytes).unwrap());
        let digest = hex::encode(Sha256::digest(&bytes));
        assert_eq!(digest, "210c475a52514f97db77fafc3dfb7974e5e6bbd9f1fa3901269643cc5495a4d0");
    }
}
