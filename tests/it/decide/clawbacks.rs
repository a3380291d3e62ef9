//! clawbacks
