//! Decisions as text scripts: one command a line, the outcome as text.
//!
//! A script is judged by `check`; see `script` for the language and for what every line is checked for besides the
//! expected text.

mod closings;
mod corrections;
mod coverage;
mod names;
mod parse;
mod parse_access;
mod render;
mod script;

mod access;
mod budgets;
mod claims;
mod clawbacks;
mod evidence;
mod facts;
mod loans;
mod periods;
mod payees;
mod permissions;
mod pledges;
mod pools;
mod reconciliation;
mod registry;
mod rulebooks;
mod subsidies;
mod times;
