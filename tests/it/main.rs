//! Integration tests, one module per promise.

#[cfg(test)]
mod model;
#[cfg(test)]
mod property;
#[cfg(test)]
mod simulate;
#[cfg(test)]
mod regression;
