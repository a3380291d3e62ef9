// A bank's first afternoon: file a loan, apply, claim, send again after a lost answer, read a receipt.
//
//     protoc -I proto --java_out=stubs --grpc-java_out=stubs proto/ipledger/v1/*.proto      see tests/samples/run
//     java -cp ... Pledge localhost 7460 CERTIFICATES receipt.json
//
// CERTIFICATES holds ca.crt, and for each caller NAME.crt and NAME.key (PKCS #8): bank, and counter, an officer who takes
// applications in.

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import ipledger.v1.Common.CostItem;
import ipledger.v1.Common.CostKind;
import ipledger.v1.Common.Invoice;
import ipledger.v1.Common.PledgeKey;
import ipledger.v1.Common.RightKind;
import ipledger.v1.Common.SizeClass;
import ipledger.v1.EvidenceServiceGrpc;
import ipledger.v1.EvidenceServiceOuterClass.GetReceiptRequest;
import ipledger.v1.LoanServiceGrpc;
import ipledger.v1.LoanServiceOuterClass.DisburseLoanRequest;
import ipledger.v1.LoanServiceOuterClass.FileLoanRequest;
import ipledger.v1.LoanServiceOuterClass.FileLoanResponse;
import ipledger.v1.LoanServiceOuterClass.MarkLoanNonPerformingRequest;
import ipledger.v1.LoanServiceOuterClass.MarkLoanOverdueRequest;
import ipledger.v1.PoolServiceGrpc;
import ipledger.v1.PoolServiceOuterClass.SubmitClaimRequest;
import ipledger.v1.PoolServiceOuterClass.SubmitClaimResponse;
import ipledger.v1.RegistryServiceGrpc;
import ipledger.v1.RegistryServiceOuterClass.RegisterEnterpriseRequest;
import ipledger.v1.RegistryServiceOuterClass.RegisterIpRightRequest;
import ipledger.v1.RegistryServiceOuterClass.RegisterPledgeRequest;
import ipledger.v1.SubsidyServiceGrpc;
import ipledger.v1.SubsidyServiceOuterClass.ApplySubsidyRequest;
import ipledger.v1.SubsidyServiceOuterClass.ApplySubsidyResponse;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

public final class Pledge {
    private static final String BANK = "qihe-bank";
    private static final String COMPANY = "91410611MADEM0038M";
    private static final String PATENT = "patent:202010410603.4";
    private static final String NUMBER = "Y2025980000103";

    /** A channel with the certificate of a caller. */
    private static ManagedChannel connect(String host, int port, File folder, String name) throws Exception {
        var ssl = GrpcSslContexts.forClient()
                .trustManager(new File(folder, "ca.crt"))
                .keyManager(new File(folder, name + ".crt"), new File(folder, name + ".key"))
                .build();
        return NettyChannelBuilder.forAddress(host, port).sslContext(ssl).enableRetry().build();
    }

    /** One id for one request. Store it with the business record before the first attempt; never make a new one to retry. */
    private static String newId() {
        return UUID.randomUUID().toString();
    }

    /** Sends a write until it has an answer. The bytes and the request id stay the same, so nothing is recorded twice. */
    private static <T> T send(long firstDeadlineMicros, Function<Long, T> call) throws InterruptedException {
        long pause = 200;
        long deadline = firstDeadlineMicros;
        for (int attempt = 0; attempt < 8; attempt++) {
            try {
                return call.apply(deadline);
            } catch (StatusRuntimeException error) {
                Status.Code code = error.getStatus().getCode();
                boolean again = code == Status.Code.UNAVAILABLE || code == Status.Code.DEADLINE_EXCEEDED
                        || code == Status.Code.RESOURCE_EXHAUSTED;
                if (!again) {
                    throw error;
                }
                System.out.println("  " + code + ": sending it again");
                Thread.sleep(pause);
                pause *= 2;
                deadline = 10_000_000;
            }
        }
        throw new IllegalStateException("the ledger does not answer");
    }

    private static String fileLoan(ManagedChannel bank) throws Exception {
        var registry = RegistryServiceGrpc.newBlockingStub(bank);
        var loans = LoanServiceGrpc.newBlockingStub(bank);
        registry.registerEnterprise(RegisterEnterpriseRequest.newBuilder()
                .setRequestId(newId()).setEffectiveDate("2025-01-06").setUscc(COMPANY).setName("鹤壁云梦光电科技有限公司")
                .setSizeClass(SizeClass.SIZE_CLASS_SMALL).setDistrict("qibin").build());
        registry.registerIpRight(RegisterIpRightRequest.newBuilder()
                .setRequestId(newId()).setEffectiveDate("2025-01-06").setRight(PATENT).setOwner(COMPANY)
                .setTitle("低损耗光纤连接器").setGrantedOn("2023-05-01").setExpiresOn("2029-12-31").build());
        registry.registerPledge(RegisterPledgeRequest.newBuilder()
                .setRequestId(newId()).setEffectiveDate("2025-01-07").setKind(RightKind.RIGHT_KIND_PATENT)
                .setRegistrationNumber(NUMBER).setPledgeeId(BANK).setPledgor(COMPANY).addRights(PATENT)
                .setSecuredAmount("1200000.00").build());
        FileLoanRequest request = FileLoanRequest.newBuilder()
                .setRequestId(newId()).setEffectiveDate("2025-01-07").setBankId(BANK).setContractNumber("HT-2025-JAVA")
                .setBorrower(COMPANY).setPrincipal("1200000.00").setIpPart("1200000.00").setAnnualRate("0.04")
                .setSignedOn("2025-01-07").setMaturesOn("2027-12-31").setPoolId("hebi-pool")
                .addPledges(PledgeKey.newBuilder().setKind(RightKind.RIGHT_KIND_PATENT).setRegistrationNumber(NUMBER))
                .build();
        // Nobody answers in a tenth of a millisecond: whether it was filed is unknown, and `send` finds out.
        FileLoanResponse filed =
                send(100, micros -> loans.withDeadlineAfter(micros, TimeUnit.MICROSECONDS).fileLoan(request));
        System.out.println("filed " + filed.getLoanId() + ", entry " + filed.getEntry().getSequence());
        if (!loans.fileLoan(request).equals(filed)) {
            throw new IllegalStateException("a retry must have the first answer");
        }
        try {
            loans.fileLoan(request.toBuilder().setPrincipal("1300000.00").build());
            throw new IllegalStateException("taken twice");
        } catch (StatusRuntimeException error) {
            // `com.google.rpc.ErrorInfo` in the details has reason and field for programs; Debian's jar is older than it.
            String said = error.getStatus().getDescription();
            if (error.getStatus().getCode() != Status.Code.ALREADY_EXISTS || !said.contains("principal: recorded")) {
                throw error;
            }
            System.out.println("refused: " + said);
        }
        loans.disburseLoan(DisburseLoanRequest.newBuilder()
                .setRequestId(newId()).setEffectiveDate("2025-01-08").setLoanId(filed.getLoanId())
                .setAmount("1200000.00").build());
        return filed.getLoanId();
    }

    private static void apply(ManagedChannel counter, String loan) {
        ApplySubsidyResponse applied = SubsidyServiceGrpc.newBlockingStub(counter).applySubsidy(
                ApplySubsidyRequest.newBuilder()
                        .setRequestId(newId()).setEffectiveDate("2025-06-23").setEnterprise(COMPANY)
                        .setProgrammeId("pledge-cost").setLoanId(loan)
                        .addItems(CostItem.newBuilder().setItem(CostKind.COST_KIND_VALUATION).setCost("20000.00")
                                .setPaidOn("2025-01-05").setInvoice(Invoice.newBuilder()
                                        .setNumber("25412000000000000103").setTotal("20000.00")))
                        .build());
        System.out.println(applied.getApplicationId() + ": granted " + applied.getDecision().getGranted());
    }

    private static long claim(ManagedChannel bank, String loan) {
        var loans = LoanServiceGrpc.newBlockingStub(bank);
        loans.markLoanOverdue(MarkLoanOverdueRequest.newBuilder()
                .setRequestId(newId()).setEffectiveDate("2025-05-01").setLoanId(loan).setOverdueSince("2025-05-01").build());
        loans.markLoanNonPerforming(MarkLoanNonPerformingRequest.newBuilder()
                .setRequestId(newId()).setEffectiveDate("2025-06-25").setLoanId(loan).build());
        SubmitClaimResponse claimed = PoolServiceGrpc.newBlockingStub(bank).submitClaim(SubmitClaimRequest.newBuilder()
                .setRequestId(newId()).setEffectiveDate("2025-07-01").setLoanId(loan).setPrincipalLoss("1200000.00").build());
        System.out.println(claimed.getClaimId() + ": " + claimed.getDecision().getOutcome() + " "
                + claimed.getDecision().getReason());
        return claimed.getEntry().getSequence();
    }

    public static void main(String[] arguments) throws Exception {
        String host = arguments[0];
        int port = Integer.parseInt(arguments[1]);
        File folder = new File(arguments[2]);
        ManagedChannel bank = connect(host, port, folder, "bank");
        ManagedChannel counter = connect(host, port, folder, "counter");
        String loan = fileLoan(bank);
        apply(counter, loan);
        long sequence = claim(bank, loan);
        var answer = EvidenceServiceGrpc.newBlockingStub(bank)
                .getReceipt(GetReceiptRequest.newBuilder().setSequence(sequence).build());
        Files.write(Path.of(arguments[3]), answer.getReceipt().toByteArray());
        System.out.println("receipt of entry " + sequence + " in a tree of " + answer.getTreeSize() + " entries");
        bank.shutdown();
        counter.shutdown();
    }
}
