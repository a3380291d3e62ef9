//! The seeded simulation: a small world, random commands, an auditor that keeps its own list.
//!
//! `property` runs it against the pure core; this module runs the whole path, from the writer to a store that fails.

pub(crate) mod generate;
pub(crate) mod random;
pub(crate) mod timeline;
pub(crate) mod world;
