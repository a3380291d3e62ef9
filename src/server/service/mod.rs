//! The services, one file each. Writes are parsed and submitted; reads are parsed, looked up and rendered.

use tonic::{Response, Status};

mod access;
mod audit;
mod backup;
mod batch;
mod budget;
mod desk;
mod desk_search;
mod desk_waits;
mod evidence;
mod fact;
mod identity;
mod import;
mod ledger;
mod loan;
mod login;
mod period;
mod pool;
pub(super) mod reconciliation;
mod registry;
mod report;
mod rulebook;
mod sandbox;
mod subsidy;
mod simulation;
mod tail;
mod verification;

/// What a handler answers.
type Answer<T> = Result<Response<T>, Status>;
