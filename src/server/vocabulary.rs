//! The closed vocabularies, twice: as the core knows them and as they travel.

use crate::book::nouns::{ApplicationState, ClaimState, LoanState, Role};
use crate::book::reconciliation::Class;
use crate::book::registry::{PledgeState, RightState};
use crate::book::waiting::Act;
use crate::identifier::RightKind;
use crate::proto::v1;
use crate::report::Kind;
use crate::report::write::Form;
use crate::rulebook::explanation::{Bound, StepKind, StepOutcome};
use crate::rulebook::terms::{BlacklistGround, CostKind, InstitutionKind, LossParty, SizeClass};
use crate::statement::Nature;

/// A closed vocabulary of the core and its twin in the API, value by value under the same names.
pub(super) trait Mirrored: Copy {
    /// The twin.
    type Wire: TryFrom<i32>;
    /// As it travels.
    fn to_wire(self) -> Self::Wire;
    /// As the core knows it; `None` for `…_UNSPECIFIED`.
    fn from_wire(wire: Self::Wire) -> Option<Self>;
    /// The names that may be sent.
    fn names() -> Vec<&'static str>;
}

/// As a field holds it.
pub(super) fn wire<T>(value: T) -> i32
where
    T: Mirrored,
    i32: From<T::Wire>,
{
    i32::from(value.to_wire())
}

/// Both directions without a default arm: a new value on either side must be given its twin.
macro_rules! mirrored {
    ($core:ident = $wire:ident { $($value:ident),+ $(,)? }) => {
        impl Mirrored for $core {
            type Wire = v1::$wire;

            fn to_wire(self) -> v1::$wire {
                match self { $(Self::$value => v1::$wire::$value),+ }
            }

            fn from_wire(wire: v1::$wire) -> Option<Self> {
                match wire { v1::$wire::Unspecified => None, $(v1::$wire::$value => Some(Self::$value)),+ }
            }

            fn names() -> Vec<&'static str> {
                vec![$(v1::$wire::$value.as_str_name()),+]
            }
        }
    };
}

mirrored!(
    Act = CaseAct {
        ApproveSubsidy,
        PaySubsidy,
        RecordClawback,
        ApproveClaim,
        ResumeClaim,
        PayClaim,
        RefuseSubsidy,
        DemandClawback,
        RefuseClaim,
        WriteOffClaim,
    }
);
mirrored!(
    Class = ReconciliationClass {
        Equal,
        MissingInLedger,
        MissingInStatement,
        AmountDiffers,
        DateDiffers,
        PartyDiffers,
        Duplicate,
        Split,
        Merged,
        Reversed,
        AlreadyReconciled,
    }
);
mirrored!(Nature = StatementNature { Drawdown, Interest, Principal, Cash });
mirrored!(CostKind = CostKind { Interest, Valuation, Guarantee, Insurance, PatentInsurance, Grant });
mirrored!(SizeClass = SizeClass { Micro, Small, Medium, Large });
mirrored!(LossParty = LossParty { Pool, Bank, Insurer, Guarantor, Valuer, Province, City, District });
mirrored!(InstitutionKind = InstitutionKind { Bank, Guarantor, Insurer, Valuer });
mirrored!(
    BlacklistGround =
        BlacklistGround { CounterfeitPatent, CounterfeitTrademark, Piracy, DeliberateInfringement, Fraud }
);
mirrored!(Form = ReportForm { Table, Csv, Xlsx, Json, Html });
mirrored!(Kind = ReportColumnKind { Text, Money, Count, Date, Percent });
mirrored!(RightKind = RightKind { Patent, Trademark, Copyright, Other });
mirrored!(RightState = IpRightState { NotGranted, InForce, Lapsed, Expired, Invalidated });
mirrored!(PledgeState = PledgeState { Pending, Active, Released, Ended, Void });
mirrored!(Role = Role { Bank, Guarantor, Insurer, Enterprise, Officer, Finance, Auditor, Operator });
mirrored!(
    LoanState = LoanState {
        Filed,
        Disbursed,
        Repaying,
        Overdue,
        NonPerforming,
        Claimed,
        Compensated,
        Recovering,
        Settled,
        Closed,
        Withdrawn,
    }
);
mirrored!(
    ApplicationState = ApplicationState {
        Submitted,
        Approved,
        Refused,
        Withdrawn,
        Paid,
        ClawbackDemanded,
        ClawedBack,
        AwaitingClosing
    }
);
mirrored!(ClaimState = ClaimState { UnderReview, Deferred, Approved, Refused, Paid, Recovering, Closed });
mirrored!(
    StepKind = StepKind {
        Gate,
        Base,
        Evidence,
        Clamp,
        IpShare,
        Ratio,
        OtherFunding,
        ItemCap,
        LoanCap,
        JointCap,
        YearCap,
        LifetimeCap,
        Budget,
        Round,
        LossShare,
        Leverage,
        Breaker,
        PoolBalance,
        Choice,
        Ceiling,
        ProRata,
        BankYearCap,
        ProgrammeYearCap,
        PayeeYearCap
    }
);
mirrored!(StepOutcome = StepOutcome { Passed, Reduced, Failed, Deferred });
mirrored!(
    Bound = Bound {
        Ratio,
        Gate,
        Evidence,
        Clamp,
        OtherFunding,
        ItemCap,
        LoanCap,
        JointCap,
        YearCap,
        LifetimeCap,
        Budget,
        PoolBalance,
        Ceiling,
        ProRata,
        BankYearCap,
        ProgrammeYearCap,
        PayeeYearCap
    }
);
