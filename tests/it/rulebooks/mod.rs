//! Rulebook files as a bureau writes them: what is refused and how, and rules of further cities.

mod messages;
mod real;
