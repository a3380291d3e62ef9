"""A bank's first afternoon: file a loan, apply, claim, send again after a lost answer, read a receipt.

    python3 -m venv venv && venv/bin/pip install grpcio grpcio-tools grpcio-status
    venv/bin/python -m grpc_tools.protoc -I ../../proto --python_out=stubs --grpc_python_out=stubs \
        $(cd ../../proto && find ipledger/v1 -name '*.proto')
    PYTHONPATH=stubs venv/bin/python pledge.py localhost:7460 CERTIFICATES

CERTIFICATES holds ca.crt, and for each caller NAME.crt and NAME.key: bank, counter (an officer who takes applications in),
reviewer (an officer who approves) and finance. A real bank has its own certificate only and sees the rest happen.
"""

import json
import pathlib
import sys
import time
import uuid

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from ipledger.v1 import batch_service_pb2, batch_service_pb2_grpc
from ipledger.v1 import common_pb2, evidence_service_pb2, evidence_service_pb2_grpc
from ipledger.v1 import loan_service_pb2, loan_service_pb2_grpc
from ipledger.v1 import pool_service_pb2, pool_service_pb2_grpc
from ipledger.v1 import registry_service_pb2, registry_service_pb2_grpc
from ipledger.v1 import subsidy_service_pb2, subsidy_service_pb2_grpc

BANK, COMPANY, PATENT = "qihe-bank", "91410611MADEM0011X", "patent:202010410601.5"
CONFIG = pathlib.Path(__file__).parent.parent / "retry-service-config.json"

# The outcome is unknown, or nothing happened: the same request may be sent again. What gRPC retries by itself (the
# service config) is in here too, for when its attempts are used up.
AGAIN = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED}


def connect(address, folder, name):
    """A channel with the certificate of a caller."""
    read = lambda file: (folder / file).read_bytes()
    credentials = grpc.ssl_channel_credentials(read("ca.crt"), read(f"{name}.key"), read(f"{name}.crt"))
    options = [("grpc.service_config", CONFIG.read_text()), ("grpc.enable_retries", 1)]
    return grpc.secure_channel(address, credentials, options)


def new_id():
    """One id for one request. Store it with the business record before the first attempt; never make a new one to retry."""
    return str(uuid.uuid4())


def error_info(error):
    """The reason of an error and where it is, from the status details; see docs/reasons.md."""
    status = rpc_status.from_call(error)
    for detail in status.details if status else []:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return info.reason, dict(info.metadata)
    return "", {}


def pause_of(error, otherwise):
    """How long to wait: as long as the ledger says, if it says so."""
    status = rpc_status.from_call(error)
    for detail in status.details if status else []:
        info = error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            return max(otherwise, info.retry_delay.ToTimedelta().total_seconds())
    return otherwise


def send(method, request, first_deadline=10.0):
    """Sends a write until it has an answer. The bytes and the request id stay the same, so nothing is recorded twice."""
    pause, deadline = 0.2, first_deadline
    for _ in range(8):
        try:
            return method(request, timeout=deadline)
        except grpc.RpcError as error:
            if error.code() not in AGAIN:
                raise
            print(f"  {error.code().name}: sending {request.request_id} again")
            time.sleep(pause_of(error, pause))
            pause, deadline = pause * 2, 10.0
    raise SystemExit("the ledger does not answer")


def file_loan(bank):
    """Company, patent, pledge, loan. All four are writes of the bank."""
    registry, loans = registry_service_pb2_grpc.RegistryServiceStub(bank), loan_service_pb2_grpc.LoanServiceStub(bank)
    batch = batch_service_pb2_grpc.BatchServiceStub(bank)
    items = batch_service_pb2.WriteBatchRequest()
    items.items.add().register_enterprise.CopyFrom(registry_service_pb2.RegisterEnterpriseRequest(
        request_id=new_id(), effective_date="2025-01-06", uscc=COMPANY, name="鹤壁淇水精密镁业有限公司",
        size_class=common_pb2.SIZE_CLASS_MEDIUM, district="qibin"))
    items.items.add().register_ip_right.CopyFrom(registry_service_pb2.RegisterIpRightRequest(
        request_id=new_id(), effective_date="2025-01-06", right=PATENT, owner=COMPANY, title="镁合金薄壁压铸方法",
        granted_on="2023-05-01", expires_on="2029-12-31"))
    for result in batch.WriteBatch(items, timeout=10).results:
        assert result.WhichOneof("result") == "answer", result.error.message
    send(registry.RegisterPledge, registry_service_pb2.RegisterPledgeRequest(
        request_id=new_id(), effective_date="2025-01-07", kind=common_pb2.RIGHT_KIND_PATENT,
        registration_number="Y2025980000101", pledgee_id=BANK, pledgor=COMPANY, rights=[PATENT],
        secured_amount="8000000.00"))
    request = loan_service_pb2.FileLoanRequest(
        request_id=new_id(), effective_date="2025-01-07", bank_id=BANK, contract_number="HT-2025-PY", borrower=COMPANY,
        principal="8000000.00", ip_part="8000000.00", annual_rate="0.04065", signed_on="2025-01-07",
        matures_on="2027-12-31", pool_id="hebi-pool",
        pledges=[common_pb2.PledgeKey(kind=common_pb2.RIGHT_KIND_PATENT, registration_number="Y2025980000101")])
    # Nobody answers in a tenth of a millisecond: whether it was filed is unknown, and `send` finds out.
    filed = send(loans.FileLoan, request, first_deadline=0.0001)
    print(f"filed {filed.loan_id}, entry {filed.entry.sequence}")

    # The answer got lost on the way, or the program died before it was stored: the same request has the same answer.
    again, call = loans.FileLoan.with_call(request, timeout=10)
    assert again == filed, "a retry must have the first answer"
    assert ("ipledger-replayed", "true") in call.initial_metadata()

    # The same id for something else is refused, and the field that differs is named.
    request.principal = "9000000.00"
    try:
        loans.FileLoan(request, timeout=10)
        raise AssertionError("taken twice")
    except grpc.RpcError as error:
        reason, where = error_info(error)
        assert (reason, where["field"], where["retryable"]) == ("REQUEST_ID_REUSED", "principal", "false"), error
        print(f"refused: {where['field']}: {where['problem']}")
    send(loans.DisburseLoan, loan_service_pb2.DisburseLoanRequest(
        request_id=new_id(), effective_date="2025-01-08", loan_id=filed.loan_id, amount="8000000.00"))
    return filed.loan_id


def apply(counter, reviewer, finance, loan_id):
    """Half of a valuation fee, taken in by one officer, approved by another, paid by a third person."""
    item = common_pb2.CostItem(item=common_pb2.COST_KIND_VALUATION, cost="40000.00", paid_on="2025-01-05",
                               invoice=common_pb2.Invoice(number="25412000000000000101", total="40000.00"))
    applied = send(subsidy_service_pb2_grpc.SubsidyServiceStub(counter).ApplySubsidy,
                   subsidy_service_pb2.ApplySubsidyRequest(
                       request_id=new_id(), effective_date="2025-06-23", enterprise=COMPANY,
                       programme_id="pledge-cost", loan_id=loan_id, items=[item]))
    assert applied.decision.granted == "20000.00", applied.decision
    print(f"{applied.application_id}: granted {applied.decision.granted}")
    send(subsidy_service_pb2_grpc.SubsidyServiceStub(reviewer).ApproveSubsidy,
         subsidy_service_pb2.ApproveSubsidyRequest(
             request_id=new_id(), effective_date="2025-06-24", application_id=applied.application_id))
    send(subsidy_service_pb2_grpc.SubsidyServiceStub(finance).PaySubsidy,
         subsidy_service_pb2.PaySubsidyRequest(
             request_id=new_id(), effective_date="2025-06-26", application_id=applied.application_id,
             reference="BF-2025-PY"))


def claim(bank, reviewer, finance, loan_id):
    """The loan fails; the pool bears its share of a small loss. A decision that says no is an answer, not an error."""
    loans, pools = loan_service_pb2_grpc.LoanServiceStub(bank), pool_service_pb2_grpc.PoolServiceStub(bank)
    send(loans.MarkLoanOverdue, loan_service_pb2.MarkLoanOverdueRequest(
        request_id=new_id(), effective_date="2025-05-01", loan_id=loan_id, overdue_since="2025-05-01"))
    send(loans.MarkLoanNonPerforming, loan_service_pb2.MarkLoanNonPerformingRequest(
        request_id=new_id(), effective_date="2025-06-25", loan_id=loan_id))
    early = send(pools.SubmitClaim, pool_service_pb2.SubmitClaimRequest(
        request_id=new_id(), effective_date="2025-06-30", loan_id=loan_id, principal_loss="200000.00"))
    assert early.decision.outcome == common_pb2.OUTCOME_REFUSED, early.decision
    print(f"refused on day 60: {early.decision.reason}")
    submitted = send(pools.SubmitClaim, pool_service_pb2.SubmitClaimRequest(
        request_id=new_id(), effective_date="2025-07-01", loan_id=loan_id, principal_loss="200000.00"))
    print(f"{submitted.claim_id}: {common_pb2.Outcome.Name(submitted.decision.outcome)}")
    send(pool_service_pb2_grpc.PoolServiceStub(reviewer).ApproveClaim, pool_service_pb2.ApproveClaimRequest(
        request_id=new_id(), effective_date="2025-07-10", claim_id=submitted.claim_id))
    paid = send(pool_service_pb2_grpc.PoolServiceStub(finance).PayClaim, pool_service_pb2.PayClaimRequest(
        request_id=new_id(), effective_date="2025-07-15", claim_id=submitted.claim_id, reference="BC-2025-PY"))
    return paid.entry.sequence


def receipt(bank, sequence, file):
    """Evidence that stands without the ledger; `ipledger receipt verify` checks it with the public key alone."""
    evidence = evidence_service_pb2_grpc.EvidenceServiceStub(bank)
    answer = evidence.GetReceipt(evidence_service_pb2.GetReceiptRequest(sequence=sequence), timeout=10)
    pathlib.Path(file).write_bytes(answer.receipt)
    print(f"receipt of entry {json.loads(answer.receipt)['sequence']} in a tree of {answer.tree_size} entries")


def main():
    address, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    bank, counter, reviewer, finance = (connect(address, folder, name)
                                        for name in ("bank", "counter", "reviewer", "finance"))
    loan_id = file_loan(bank)
    apply(counter, reviewer, finance, loan_id)
    receipt(bank, claim(bank, reviewer, finance, loan_id), sys.argv[3] if len(sys.argv) > 3 else "receipt.json")


main()
