//! pledges
