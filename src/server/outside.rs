//! What comes from outside, one piece at a time, without a connection: the entrances of [`fuzz`](crate::fuzz).

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tonic::Extensions;
use tonic::metadata::{Ascii, MetadataKey, MetadataMap, MetadataValue};

use super::authenticate::{AuthenticatedIdentity, Authenticator};
use super::edge::time_allowed;
use super::guard::seal::Seal;
use super::identity::{DevIdentity, Identify as _, Peer};
use super::parse;
use super::token::jwt;
use super::token::{KeySet, TokenFacts};
use crate::calendar::Timestamp;
use crate::config::TokenConfig;
use crate::decide::command::Command;
use crate::decide::rejection::Rejection;
use crate::rulebook::refusal::Bilingual;

/// The command that the bytes of a write request become: `number` says which request.
pub(crate) fn command_of(number: u8, bytes: &[u8]) -> Option<Result<Command, Rejection>> {
    parse::any::command(number, bytes)
}

/// What the bytes of a read request are found to be: `number` says which request.
pub(crate) fn filter_of(number: u8, bytes: &[u8]) -> Option<Result<(), Rejection>> {
    parse::any::filter(number, bytes)
}

/// What a page token opens to, for a caller who was given none.
pub(crate) fn page_token_of(token: &str) -> Option<String> {
    Seal::new().open("LoanService/ListLoans bank:icbc-hebi", token)
}

/// What a bearer token says under these keys and settings.
pub(crate) fn token_of(
    token: &str,
    keys: &KeySet,
    config: &TokenConfig,
    now: Timestamp,
) -> Result<TokenFacts, Bilingual> {
    jwt::check(token, keys, config, now)
}

/// Whom a request's headers name, to a ledger for development and to one with certificates; and how long it may take. What
/// can be no header of a request is left out.
pub(crate) fn caller_of(headers: &[(&[u8], &[u8])]) -> ([Result<AuthenticatedIdentity, Rejection>; 2], Duration) {
    let mut metadata = MetadataMap::new();
    for (key, value) in headers {
        if let (Ok(key), Ok(value)) = (MetadataKey::<Ascii>::from_bytes(key), MetadataValue::<Ascii>::try_from(*value))
        {
            metadata.append(key, value);
        }
    }
    let address = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000)));
    let extensions = Extensions::new();
    let peer = Peer { address, metadata: &metadata, extensions: &extensions };
    ([DevIdentity.identity(peer), Authenticator::new(None).identity(peer)], time_allowed(&metadata))
}
