//! The closed lists and their numbers in `record.proto`.

use crate::book::nouns::Role;
use crate::book::reconciliation::Class as ReconciliationClass;
use crate::identifier::RightKind;
use crate::proto::journal as wire;
use crate::rulebook::explanation::{Bound, StepKind, StepOutcome};
use crate::rulebook::refusal::Refusal;
use crate::rulebook::terms::{BlacklistGround, CostKind, InstitutionKind, LossParty, SizeClass};

use super::field::Numbered;

/// Both ways between a core enum and the proto enum of the same name. A value without its twin does not compile.
macro_rules! numbered {
    ($name:ident { $($variant:ident),+ $(,)? }) => {
        impl Numbered for $name {
            fn number(self) -> i32 {
                i32::from(match self { $(Self::$variant => wire::$name::$variant),+ })
            }

            fn from_number(number: i32) -> Option<Self> {
                match wire::$name::try_from(number).ok()? {
                    wire::$name::Unspecified => None,
                    $(wire::$name::$variant => Some(Self::$variant),)+
                }
            }
        }
    };
}
numbered!(Role { Bank, Guarantor, Insurer, Enterprise, Officer, Finance, Auditor, Operator });
numbered!(ReconciliationClass {
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
});
numbered!(RightKind { Patent, Trademark, Copyright, Other });
numbered!(SizeClass { Micro, Small, Medium, Large });
numbered!(InstitutionKind { Bank, Guarantor, Insurer, Valuer });
numbered!(BlacklistGround { CounterfeitPatent, CounterfeitTrademark, Piracy, DeliberateInfringement, Fraud });
numbered!(CostKind { Interest, Valuation, Guarantee, Insurance, PatentInsurance, Grant });
numbered!(LossParty { Pool, Bank, Insurer, Guarantor, Valuer, Province, City, District });
numbered!(Refusal {
    EnterpriseBlacklisted,
    RightAlreadyPledged,
    RightNotInForce,
    RightNotOwned,
    ItemNotCovered,
    NotEligible,
    EvidenceUsedUp,
    OtherFundingCovers,
    ItemCapUsedUp,
    LoanCapUsedUp,
    JointCapUsedUp,
    YearCapUsedUp,
    LifetimeCapUsedUp,
    AlreadyGranted,
    BudgetUsedUp,
    PoolLeverageExceeded,
    LossNotCovered,
    NotOverdueLongEnough,
    BreakerTripped,
    PoolShort,
    FactMissing,
    NotChosen,
    CeilingReached,
    BankYearCapUsedUp,
    ProgrammeYearCapUsedUp,
    ReferenceRateMissing,
    PayeeYearCapUsedUp,
});
numbered!(StepKind {
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
    PayeeYearCap,
});
numbered!(StepOutcome { Passed, Reduced, Failed, Deferred });
numbered!(Bound {
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
    PayeeYearCap,
});
