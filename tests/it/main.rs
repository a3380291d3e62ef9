//! Integration tests, one module per promise.
