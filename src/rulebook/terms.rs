//! The closed vocabulary that rulebooks, facts and events share.

/// Implements `code()` (the stable text used in files and on disk), `parse` and `Display` for a field-less enum.
macro_rules! codes {
    ($name:ident { $($variant:ident = $code:literal),+ $(,)? }) => {
        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable text of this value: used in rulebook files and in the journal, never changed.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The value with this stable text, if there is one.
            pub fn parse(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.code())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Code;
                impl serde::de::Visitor<'_> for Code {
                    type Value = $name;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        formatter.write_str(concat!("the code of a ", stringify!($name)))
                    }

                    fn visit_str<E: serde::de::Error>(self, code: &str) -> Result<$name, E> {
                        $name::parse(code).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(code), &self))
                    }
                }
                deserializer.deserialize_string(Code)
            }
        }
    };
}
pub(crate) use codes;

/// Kind of a cost item (费用项): what an enterprise paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CostKind {
    /// Loan interest (贷款利息).
    Interest,
    /// Valuation fee of the pledged right (评估费).
    Valuation,
    /// Guarantee fee of the loan (担保费).
    Guarantee,
    /// Premium of an insurance of the pledge loan (保险费).
    Insurance,
    /// Premium of a patent insurance: enforcement or infringement liability (专利保险).
    PatentInsurance,
    /// A lump sum without a cost: a grant for a right, a prize (奖补).
    Grant,
}
codes!(CostKind {
    Interest = "interest",
    Valuation = "valuation",
    Guarantee = "guarantee",
    Insurance = "insurance",
    PatentInsurance = "patent-insurance",
    Grant = "grant",
});

/// Size class of an enterprise (企业划型), as in the Provisions on the Classification of SMEs (工信部联企业〔2011〕300号).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SizeClass {
    /// 微型.
    Micro,
    /// 小型.
    Small,
    /// 中型.
    Medium,
    /// 大型.
    Large,
}
codes!(SizeClass { Micro = "micro", Small = "small", Medium = "medium", Large = "large" });

/// A seat in a loss-sharing vector (风险分担方).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LossParty {
    /// The risk-compensation pool (风险补偿资金池).
    Pool,
    /// The lending bank (银行).
    Bank,
    /// An insurer (保险机构).
    Insurer,
    /// A guarantor (担保机构).
    Guarantor,
    /// A valuer (评估机构).
    Valuer,
    /// The province (省级财政).
    Province,
    /// The city (市级财政).
    City,
    /// The district or county (区县级财政).
    District,
}
codes!(LossParty {
    Pool = "pool",
    Bank = "bank",
    Insurer = "insurer",
    Guarantor = "guarantor",
    Valuer = "valuer",
    Province = "province",
    City = "city",
    District = "district",
});

/// Kind of an institution (合作机构).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstitutionKind {
    /// Lends against pledged rights.
    Bank,
    /// Guarantees loans.
    Guarantor,
    /// Insures loans or patents.
    Insurer,
    /// Values rights.
    Valuer,
}
codes!(InstitutionKind { Bank = "bank", Guarantor = "guarantor", Insurer = "insurer", Valuer = "valuer" });

/// Ground of a blacklist entry (失信记录): the acts that the seed document names, and fraud on the scheme itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlacklistGround {
    /// Passing off a patent (假冒专利).
    CounterfeitPatent,
    /// Counterfeiting a trademark (假冒商标).
    CounterfeitTrademark,
    /// Piracy (盗版).
    Piracy,
    /// Another deliberate infringement (其他故意侵权).
    DeliberateInfringement,
    /// False papers to obtain public money (骗取财政资金).
    Fraud,
}
codes!(BlacklistGround {
    CounterfeitPatent = "counterfeit-patent",
    CounterfeitTrademark = "counterfeit-trademark",
    Piracy = "piracy",
    DeliberateInfringement = "deliberate-infringement",
    Fraud = "fraud",
});
