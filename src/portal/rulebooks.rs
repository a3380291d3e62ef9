//! The rulebooks (办法) as read, kept by their digest: pages quote clauses and name programmes.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::Portal;
use super::problem::Problem;
use super::visit::Member;
use crate::identifier::{ClauseId, ProgrammeId};
use crate::proto::v1;
use crate::rulebook::model::Clause;
use crate::rulebook::{Programme, Rulebook, load};

/// Rulebooks by id and version. A version never changes once it is adopted.
#[derive(Debug, Default)]
pub struct Rulebooks {
    read: Mutex<BTreeMap<(String, u32), Arc<Rulebook>>>,
}

impl Portal {
    /// A rulebook, asked for as this visitor the first time.
    pub async fn rulebook(&self, member: &Member, reference: &v1::RulebookRef) -> Result<Arc<Rulebook>, Problem> {
        let key = (reference.rulebook_id.clone(), reference.version);
        let known = self.rulebooks().read.lock().get(&key).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let request = v1::GetRulebookRequest { rulebook_id: key.0.clone(), version: key.1 };
        let text = self.ask(member, request).await?.rulebook.unwrap_or_default().text;
        // What was adopted was read once before: it cannot be wrong.
        let rulebook = Arc::new(load(&text).map_err(|_wrong| Problem::Fault)?);
        self.rulebooks().read.lock().insert(key, Arc::clone(&rulebook));
        Ok(rulebook)
    }

    /// The rulebooks that were adopted, in the order of adoption.
    pub async fn adopted(&self, member: &Member) -> Result<Vec<Arc<Rulebook>>, Problem> {
        let request = v1::ListRulebooksRequest { page_size: 1_000, page_token: String::new() };
        let listed = self.ask(member, request).await?.rulebooks;
        let mut all = Vec::new();
        for one in listed {
            all.push(self.rulebook(member, &one.rulebook.unwrap_or_default()).await?);
        }
        Ok(all)
    }
}

/// A clause by its id.
pub fn clause<'a>(rulebook: &'a Rulebook, id: &str) -> Option<&'a Clause> {
    let id = ClauseId::parse(id).ok()?;
    rulebook.clauses.iter().find(|clause| clause.id == id)
}

/// A programme by its id.
pub fn programme<'a>(rulebook: &'a Rulebook, id: &str) -> Option<&'a Programme> {
    let id = ProgrammeId::parse(id).ok()?;
    rulebook.programmes.iter().find(|programme| programme.id == id)
}
