// A bank's first afternoon: file a loan, apply, claim, send again after a lost answer, read a receipt.
//
//	protoc -I proto --go_out=... --go-grpc_out=... proto/ipledger/v1/*.proto     see tests/samples/run
//	go run pledge.go localhost:7460 CERTIFICATES retry-service-config.json receipt.json
//
// CERTIFICATES holds ca.crt, and for each caller NAME.crt and NAME.key: bank, counter (an officer who takes applications
// in), reviewer (an officer who approves) and finance. Before grpc-go 1.40, GRPC_GO_RETRY=on turns the retries of the service
// config on.
package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io/ioutil"
	"log"
	"os"
	"path/filepath"
	"time"

	pb "ipledger.example/ledger/v1"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

const (
	bankID  = "qihe-bank"
	company = "91410611MADEM002XM"
	patent  = "patent:202110410602.4"
	pledge  = "Y2025980000102"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// A channel with the certificate of a caller.
func connect(address, folder, name, config string) *grpc.ClientConn {
	own, err := tls.LoadX509KeyPair(filepath.Join(folder, name+".crt"), filepath.Join(folder, name+".key"))
	must(err)
	ca, err := ioutil.ReadFile(filepath.Join(folder, "ca.crt"))
	must(err)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		log.Fatal("ca.crt holds no certificate")
	}
	secure := credentials.NewTLS(&tls.Config{Certificates: []tls.Certificate{own}, RootCAs: roots})
	retries, err := ioutil.ReadFile(config)
	must(err)
	channel, err := grpc.Dial(address, grpc.WithTransportCredentials(secure), grpc.WithDefaultServiceConfig(string(retries)))
	must(err)
	return channel
}

// One id for one request. Store it with the business record before the first attempt; never make a new one to retry.
func newID() string {
	b := make([]byte, 16)
	_, err := rand.Read(b)
	must(err)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// The reason of an error and where it is, and how long to wait before a retry; see docs/reasons.md.
func details(err error) (*errdetails.ErrorInfo, time.Duration) {
	info, pause := &errdetails.ErrorInfo{}, time.Duration(0)
	for _, detail := range status.Convert(err).Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			info = detail
		case *errdetails.RetryInfo:
			pause = time.Duration(detail.RetryDelay.GetSeconds())*time.Second + time.Duration(detail.RetryDelay.GetNanos())
		}
	}
	return info, pause
}

// Sends a write until it has an answer. The bytes and the request id stay the same, so nothing is recorded twice.
func send(firstDeadline time.Duration, call func(context.Context) error) {
	pause, deadline := 200*time.Millisecond, firstDeadline
	for attempt := 0; attempt < 8; attempt++ {
		ctx, cancel := context.WithTimeout(context.Background(), deadline)
		err := call(ctx)
		cancel()
		switch status.Code(err) {
		case codes.OK:
			return
		case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted:
			fmt.Printf("  %v: sending it again\n", status.Code(err))
		default:
			log.Fatal(err)
		}
		if _, wait := details(err); wait > pause {
			pause = wait
		}
		time.Sleep(pause)
		pause, deadline = pause*2, 10*time.Second
	}
	log.Fatal("the ledger does not answer")
}

func fileLoan(bank *grpc.ClientConn) string {
	registry, loans := pb.NewRegistryServiceClient(bank), pb.NewLoanServiceClient(bank)
	enterprise := &pb.RegisterEnterpriseRequest{RequestId: newID(), EffectiveDate: "2025-01-06", Uscc: company,
		Name: "鹤壁朝歌智能装备有限公司", SizeClass: pb.SizeClass_SIZE_CLASS_MEDIUM, District: "qibin"}
	send(10*time.Second, func(ctx context.Context) error { _, err := registry.RegisterEnterprise(ctx, enterprise); return err })
	right := &pb.RegisterIpRightRequest{RequestId: newID(), EffectiveDate: "2025-01-06", Right: patent, Owner: company,
		Title: "多轴联动装配机器人", GrantedOn: "2023-05-01", ExpiresOn: "2029-12-31"}
	send(10*time.Second, func(ctx context.Context) error { _, err := registry.RegisterIpRight(ctx, right); return err })
	pledged := &pb.RegisterPledgeRequest{RequestId: newID(), EffectiveDate: "2025-01-07", Kind: pb.RightKind_RIGHT_KIND_PATENT,
		RegistrationNumber: pledge, PledgeeId: bankID, Pledgor: company, Rights: []string{patent}, SecuredAmount: "9000000.00"}
	send(10*time.Second, func(ctx context.Context) error { _, err := registry.RegisterPledge(ctx, pledged); return err })

	request := &pb.FileLoanRequest{RequestId: newID(), EffectiveDate: "2025-01-07", BankId: bankID, ContractNumber: "HT-2025-GO",
		Borrower: company, Principal: "9000000.00", IpPart: "9000000.00", AnnualRate: "0.05", SignedOn: "2025-01-07",
		MaturesOn: "2027-12-31", PoolId: "hebi-pool",
		Pledges: []*pb.PledgeKey{{Kind: pb.RightKind_RIGHT_KIND_PATENT, RegistrationNumber: pledge}}}
	var filed *pb.FileLoanResponse
	// Nobody answers in a tenth of a millisecond: whether it was filed is unknown, and send finds out.
	send(100*time.Microsecond, func(ctx context.Context) (err error) { filed, err = loans.FileLoan(ctx, request); return })
	fmt.Printf("filed %s, entry %d\n", filed.LoanId, filed.Entry.Sequence)

	// The answer got lost: the same request has the same answer.
	var header metadata.MD
	again, err := loans.FileLoan(context.Background(), request, grpc.Header(&header))
	must(err)
	if !proto.Equal(again, filed) || len(header.Get("ipledger-replayed")) != 1 {
		log.Fatal("a retry must have the first answer")
	}
	// The same id for something else is refused, and the field that differs is named.
	request.Principal = "9500000.00"
	_, err = loans.FileLoan(context.Background(), request)
	info, _ := details(err)
	if info.Reason != "REQUEST_ID_REUSED" || info.Metadata["field"] != "principal" {
		log.Fatalf("taken twice, or refused otherwise: %v", err)
	}
	fmt.Printf("refused: %s: %s\n", info.Metadata["field"], info.Metadata["problem"])
	disburse := &pb.DisburseLoanRequest{RequestId: newID(), EffectiveDate: "2025-01-08", LoanId: filed.LoanId, Amount: "9000000.00"}
	send(10*time.Second, func(ctx context.Context) error { _, err := loans.DisburseLoan(ctx, disburse); return err })
	return filed.LoanId
}

func apply(counter *grpc.ClientConn, loan string) {
	request := &pb.ApplySubsidyRequest{RequestId: newID(), EffectiveDate: "2025-06-23", Enterprise: company,
		ProgrammeId: "pledge-cost", LoanId: loan, Items: []*pb.CostItem{{Item: pb.CostKind_COST_KIND_VALUATION,
			Cost: "30000.00", PaidOn: "2025-01-05",
			Evidence: &pb.CostItem_Invoice{Invoice: &pb.Invoice{Number: "25412000000000000102", Total: "30000.00"}}}}}
	var applied *pb.ApplySubsidyResponse
	send(10*time.Second, func(ctx context.Context) (err error) {
		applied, err = pb.NewSubsidyServiceClient(counter).ApplySubsidy(ctx, request)
		return
	})
	if applied.Decision.Granted != "15000.00" {
		log.Fatalf("granted %s", applied.Decision.Granted)
	}
	fmt.Printf("%s: granted %s\n", applied.ApplicationId, applied.Decision.Granted)
}

// The loan fails, and the bank claims. A decision that says no, or not yet, is an answer, not an error.
func claim(bank *grpc.ClientConn, loan string) uint64 {
	loans, pools := pb.NewLoanServiceClient(bank), pb.NewPoolServiceClient(bank)
	overdue := &pb.MarkLoanOverdueRequest{RequestId: newID(), EffectiveDate: "2025-05-01", LoanId: loan, OverdueSince: "2025-05-01"}
	send(10*time.Second, func(ctx context.Context) error { _, err := loans.MarkLoanOverdue(ctx, overdue); return err })
	bad := &pb.MarkLoanNonPerformingRequest{RequestId: newID(), EffectiveDate: "2025-06-25", LoanId: loan}
	send(10*time.Second, func(ctx context.Context) error { _, err := loans.MarkLoanNonPerforming(ctx, bad); return err })
	request := &pb.SubmitClaimRequest{RequestId: newID(), EffectiveDate: "2025-07-01", LoanId: loan, PrincipalLoss: "9000000.00"}
	var submitted *pb.SubmitClaimResponse
	send(10*time.Second, func(ctx context.Context) (err error) { submitted, err = pools.SubmitClaim(ctx, request); return })
	fmt.Printf("%s: %v %s\n", submitted.ClaimId, submitted.Decision.Outcome, submitted.Decision.Reason)
	if submitted.Decision.Outcome != pb.Outcome_OUTCOME_DEFERRED {
		log.Fatal("all of a bank's lending lost in a year waits for the breaker")
	}
	return submitted.Entry.Sequence
}

func main() {
	address, folder, config, file := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	bank, counter := connect(address, folder, "bank", config), connect(address, folder, "counter", config)
	loan := fileLoan(bank)
	apply(counter, loan)
	sequence := claim(bank, loan)
	answer, err := pb.NewEvidenceServiceClient(bank).GetReceipt(context.Background(), &pb.GetReceiptRequest{Sequence: sequence})
	must(err)
	must(ioutil.WriteFile(file, answer.Receipt, 0o644))
	fmt.Printf("receipt of entry %d in a tree of %d entries\n", sequence, answer.TreeSize)
}
