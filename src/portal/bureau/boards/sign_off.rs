//! Signing a comparison off (确认), and letting a file go.

use axum::extract::{Path, State};
use axum::response::Response;

use super::comparison::{find, gone, result_with};
use super::correctable;
use crate::portal::Portal;
use crate::portal::fields::Fields;
use crate::portal::problem::{Problem, see_other};
use crate::portal::visit::Clerk;
use crate::proto::v1;

/// Signs off what the page showed: the comparison that it names, not one made again.
pub(super) async fn sign(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Problem> {
    if find(&portal, &member, &id).is_none() {
        return Ok(gone());
    }
    let request = v1::SignOffStatementRequest {
        request_id: fields.get("request").to_owned(),
        comparison_id: fields.get("comparison").to_owned(),
        note: fields.get("note").to_owned(),
        ..Default::default()
    };
    match portal.ask_as(&member.visitor(), request).await {
        Ok(answer) => {
            portal.uploads().discard(&member.visit.cookie, &id);
            let sequence = answer.entry.unwrap_or_default().sequence;
            Ok(see_other(&format!("/bureau/reconciliation?signed={sequence}")))
        }
        Err(refusal) => {
            let said = correctable(member.visit.language, refusal)?;
            result_with(&portal, &member, id, said, fields.get("note").to_owned()).await
        }
    }
}

/// Lets the file go at once.
pub(super) async fn discard(
    State(portal): State<Portal>,
    Clerk(member): Clerk,
    Path(id): Path<String>,
    _fields: Fields,
) -> Response {
    portal.uploads().discard(&member.visit.cookie, &id);
    see_other("/bureau/reconciliation")
}
