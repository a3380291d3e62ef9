//! `EvidenceService`.

use tonic::{Request, Response, async_trait};

use super::{Answer, backup, verification};
use crate::book::nouns::Caller;
use crate::decide::rejection::{Reason, Rejection};
use crate::evidence::checkpoint::SignedCheckpoint;
use crate::evidence::keeper::{CosignatureFault, KeeperFault};
use crate::evidence::{Keeper, Receipt};
use crate::identifier::Sequence;
use crate::journal::merkle::Hash;
use crate::proto::v1;
use crate::proto::v1::evidence_service_server::EvidenceService;
use crate::reader::ReadFault;
use crate::reader::scope::sees;
use crate::server::access::unknown;
use crate::server::edge::{Edge, unavailable};
use crate::server::parse::evidence::Choice;
use crate::server::parse::{self, query};

#[async_trait]
impl EvidenceService for Edge {
    async fn get_checkpoint(&self, request: Request<v1::GetCheckpointRequest>) -> Answer<v1::GetCheckpointResponse> {
        let (_, message) = self.open(request)?;
        Ok(Response::new(get_checkpoint(self, message).await?))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<v1::GetInclusionProofRequest>,
    ) -> Answer<v1::GetInclusionProofResponse> {
        let (_, message) = self.open(request)?;
        Ok(Response::new(get_inclusion_proof(self, message).await?))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<v1::GetConsistencyProofRequest>,
    ) -> Answer<v1::GetConsistencyProofResponse> {
        let (_, message) = self.open(request)?;
        Ok(Response::new(get_consistency_proof(self, message).await?))
    }

    async fn get_receipt(&self, request: Request<v1::GetReceiptRequest>) -> Answer<v1::GetReceiptResponse> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(get_receipt(self, &caller, message).await?))
    }

    async fn add_cosignature(&self, request: Request<v1::AddCosignatureRequest>) -> Answer<v1::AddCosignatureResponse> {
        let (_, message) = self.open(request)?;
        Ok(Response::new(add_cosignature(self, &message).await?))
    }

    type BackUpJournalStream = backup::BlockStream;

    async fn back_up_journal(&self, request: Request<v1::BackUpJournalRequest>) -> Answer<backup::BlockStream> {
        let (caller, message) = self.open(request)?;
        Ok(Response::new(backup::open(self, &caller, message).await?))
    }

    async fn verify_journal(&self, request: Request<v1::VerifyJournalRequest>) -> Answer<v1::VerifyJournalResponse> {
        let (caller, _) = self.open(request)?;
        let verification = Some(verification::start(self, &caller)?);
        Ok(Response::new(v1::VerifyJournalResponse { verification }))
    }

    async fn get_verification(
        &self,
        request: Request<v1::GetVerificationRequest>,
    ) -> Answer<v1::GetVerificationResponse> {
        self.open(request)?;
        Ok(Response::new(v1::GetVerificationResponse { verification: Some(verification::now(self)) }))
    }
}

async fn get_checkpoint(
    edge: &Edge,
    message: v1::GetCheckpointRequest,
) -> Result<v1::GetCheckpointResponse, Rejection> {
    let choice = query(|violations| parse::evidence::checkpoint(message, violations))?;
    let keeper = keeper(edge)?;
    let kept = match choice {
        Choice::Newest => keeper.newest(),
        Choice::Fresh => None,
        Choice::Cosigned => Some(keeper.cosigned().ok_or_else(no_cosignature)?),
    };
    let checkpoint = match kept {
        Some(checkpoint) => checkpoint,
        None => fresh(keeper).await?,
    };
    Ok(v1::GetCheckpointResponse { checkpoint: Some(rendered(&checkpoint)), public_key: keeper.key().to_string() })
}

async fn get_inclusion_proof(
    edge: &Edge,
    message: v1::GetInclusionProofRequest,
) -> Result<v1::GetInclusionProofResponse, Rejection> {
    let durable = edge.reader().tree_size();
    let (sequence, size) = query(|violations| parse::evidence::inclusion(message, durable, violations))?;
    let path = proof(edge.reader().inclusion_proof(sequence, size).await, sequence)?;
    Ok(v1::GetInclusionProofResponse {
        leaf_index: sequence.value().saturating_sub(1),
        tree_size: size,
        path: hashes(&path),
    })
}

async fn get_consistency_proof(
    edge: &Edge,
    message: v1::GetConsistencyProofRequest,
) -> Result<v1::GetConsistencyProofResponse, Rejection> {
    let durable = edge.reader().tree_size();
    let (first, second) = query(|violations| parse::evidence::consistency(message, durable, violations))?;
    let proven = proof(edge.reader().consistency_proof(first, second).await, Sequence::new(second))?;
    Ok(v1::GetConsistencyProofResponse { first_size: first, second_size: second, hashes: hashes(&proven) })
}

async fn get_receipt(
    edge: &Edge,
    caller: &Caller,
    message: v1::GetReceiptRequest,
) -> Result<v1::GetReceiptResponse, Rejection> {
    let sequence = query(|violations| violations.sequence("sequence", message.sequence))?;
    let keeper = keeper(edge)?;
    let reader = edge.reader();
    let entry = reader.entry(sequence).await.map_err(|fault| unavailable(&fault))?;
    // What is not the caller's is as unknown as what is not there.
    let seen = entry.filter(|entry| sees(&reader.book(), caller, &entry.concerns));
    let record = match seen {
        Some(_) => reader.record(sequence).await.map_err(|fault| unavailable(&fault))?,
        None => None,
    };
    let record = record.ok_or_else(|| unknown(Reason::EntryUnknown, "sequence", &sequence))?;
    let covers = |one: &SignedCheckpoint| one.checkpoint.size >= sequence.value();
    let kept = keeper.cosigned().filter(covers).or_else(|| keeper.newest().filter(covers));
    let checkpoint = match kept {
        Some(checkpoint) => checkpoint,
        None => fresh(keeper).await?,
    };
    let size = checkpoint.checkpoint.size;
    let path = proof(reader.inclusion_proof(sequence, size).await, sequence)?;
    let receipt = Receipt::new(sequence, &record, &path, &checkpoint, keeper.key());
    Ok(v1::GetReceiptResponse { receipt: receipt.to_json().into_bytes(), tree_size: size })
}

async fn add_cosignature(
    edge: &Edge,
    message: &v1::AddCosignatureRequest,
) -> Result<v1::AddCosignatureResponse, Rejection> {
    match keeper(edge)?.add_cosignatures(&message.note).await {
        Ok(checkpoint) => Ok(v1::AddCosignatureResponse { checkpoint: Some(rendered(&checkpoint)) }),
        Err(CosignatureFault::Refuted(refuted)) => {
            let problem_zh = format!("会签无效：{refuted}");
            Err(Rejection::new(Reason::InvalidField, "note", refuted.to_string(), problem_zh))
        }
        Err(CosignatureFault::Keeper(fault)) => Err(not_kept(&fault)),
    }
}

pub(super) fn keeper(edge: &Edge) -> Result<&Keeper, Rejection> {
    edge.keeper().ok_or_else(|| {
        Rejection::new(
            Reason::NoSigningKey,
            "",
            "this ledger was started without a signing key; its operator makes one with `ipledger key new`",
            "本账本启动时未指定签名密钥；可由运维人员用 ipledger key new 生成",
        )
    })
}

pub(super) async fn fresh(keeper: &Keeper) -> Result<SignedCheckpoint, Rejection> {
    keeper.fresh().await.map_err(|fault| not_kept(&fault))
}

/// A checkpoint that is not on disk is given to nobody.
fn not_kept(fault: &KeeperFault) -> Rejection {
    let fault: &dyn std::error::Error = fault;
    tracing::error!(fault, "no checkpoint can be made");
    Rejection::plain(Reason::Unavailable)
}

fn no_cosignature() -> Rejection {
    Rejection::new(
        Reason::StateForbids,
        "choice",
        "no checkpoint of this ledger is cosigned yet; ask for the newest",
        "尚无已会签的检查点；请查询最新检查点",
    )
}

/// The hashes of a proof. The sizes were checked, so that there is none can only be a fault of the store.
pub(super) fn proof(made: Result<Option<Vec<Hash>>, ReadFault>, sequence: Sequence) -> Result<Vec<Hash>, Rejection> {
    let made = made.map_err(|fault| unavailable(&fault))?;
    made.ok_or_else(|| unavailable(&ReadFault::Missing { sequence, height: 0 }))
}

pub(super) fn hashes(proof: &[Hash]) -> Vec<Vec<u8>> {
    proof.iter().map(|hash| hash.0.to_vec()).collect()
}

pub(super) fn rendered(one: &SignedCheckpoint) -> v1::Checkpoint {
    v1::Checkpoint { note: one.to_string(), tree_size: one.checkpoint.size, root: one.checkpoint.root.0.to_vec() }
}
