//! The digest that a request id is bound to: the same id with the same digest is the same request.

use prost::Message;
use sha2::{Digest as _, Sha256};

use crate::book::nouns::Caller;

/// SHA-256 over method, caller and message, each part with its length before it so that no two requests run together.
///
/// `validate_only` must be cleared in the message: asking first and then doing it is one request. What the ledger fills
/// in (today's date) is not in the message, so a retry on the next day is still the same request.
pub(super) fn request_digest(method: &str, caller: &Caller, message: &impl Message) -> [u8; 32] {
    let institution = caller.institution.as_ref().map_or("", |institution| institution.as_str());
    let enterprise = caller.enterprise.as_ref().map_or("", |enterprise| enterprise.as_str());
    let mut hash = Sha256::new();
    for text in [method, caller.role.code(), institution, enterprise, caller.person.as_str()] {
        feed(&mut hash, text.as_bytes());
    }
    feed(&mut hash, &message.encode_to_vec());
    // Not the certificate: a person who got a new one may repeat what was asked with the old one.
    if let Some(office) = &caller.on_behalf_of {
        feed(&mut hash, office.as_str().as_bytes());
    }
    hash.finalize().into()
}

fn feed(hash: &mut Sha256, part: &[u8]) {
    // A message is at most some MiB long; a length always fits.
    let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
    hash.update(length.to_be_bytes());
    hash.update(part);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::book::nouns::Role;
    use crate::identifier::{InstitutionId, PersonId};
    use crate::proto::v1;

    fn bank(institution: &str, person: &str) -> Caller {
        Caller {
            institution: Some(InstitutionId::parse(institution).unwrap()),
            ..Caller::of_bureau(Role::Bank, PersonId::parse(person).unwrap())
        }
    }

    fn settle(loan_id: &str) -> v1::SettleLoanRequest {
        v1::SettleLoanRequest { loan_id: loan_id.to_owned(), ..Default::default() }
    }

    #[test]
    fn everything_that_makes_a_request_another_one_changes_the_digest() {
        let caller = bank("icbc", "core");
        let digests = [
            request_digest("/a/Settle", &caller, &settle("loan-1")),
            request_digest("/a/Close", &caller, &settle("loan-1")),
            request_digest("/a/Settle", &caller, &settle("loan-2")),
            request_digest("/a/Settle", &bank("ccb", "core"), &settle("loan-1")),
            request_digest("/a/Settle", &bank("icbc", "other"), &settle("loan-1")),
            request_digest("/a/Settle", &bank("icbcc", "ore"), &settle("loan-1")),
            request_digest("/a/Settle", &Caller { role: Role::Insurer, ..caller.clone() }, &settle("loan-1")),
            request_digest(
                "/a/Settle",
                &Caller { on_behalf_of: Some(PersonId::parse("other").unwrap()), ..caller.clone() },
                &settle("loan-1"),
            ),
        ];
        assert_eq!(digests.iter().collect::<BTreeSet<_>>().len(), digests.len());
        assert_eq!(digests[0], request_digest("/a/Settle", &caller, &settle("loan-1")));
    }

    /// Request ids are remembered for ever, so this digest may never change.
    #[test]
    fn the_digest_is_frozen() {
        let digest = request_digest("/ipledger.v1.LoanService/SettleLoan", &bank("icbc", "core"), &settle("loan-1"));
        expect_test::expect!["8f34a6c40e93ff2b1ae4bb0029395b5f49411c0e4908a2f74b2b815bc846c085"]
            .assert_eq(&hex::encode(digest));
    }
}
