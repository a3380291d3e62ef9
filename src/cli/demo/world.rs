//! The people, enterprises, rights and loans of the year. All names are made up; codes and numbers carry valid check
//! characters (GB 32100, GB 11714, CNIPA) under a registration series that nobody was given.

use super::client::Actor;
use crate::proto::v1::{InstitutionKind, RightKind, SizeClass};

pub(in crate::cli) const POOL: &str = "hebi-pool";
pub(in crate::cli) const BUDGET: &str = "ip-finance";
pub(in crate::cli) const PLEDGE_COST: &str = "pledge-cost";
pub(in crate::cli) const FIRST_PATENT: &str = "first-insured-patent";

/// 平台运维: rulebooks and institutions.
pub(in crate::cli) const OPERATOR: Actor = Actor { role: "operator", party: "", person: "chen-jing" };
/// 受理窗口: takes in papers and submits for enterprises.
pub(in crate::cli) const COUNTER: Actor = Actor { role: "officer", party: "", person: "liu-yang" };
/// 审核岗.
pub(in crate::cli) const REVIEWER: Actor = Actor { role: "officer", party: "", person: "li-na" };
/// 财政拨付岗.
pub(in crate::cli) const FINANCE: Actor = Actor { role: "finance", party: "", person: "zhao-min" };
/// The reviewer again, who also has a finance account: the person counts, not the role.
pub(in crate::cli) const REVIEWER_AT_FINANCE: Actor = Actor { role: "finance", party: "", person: "li-na" };
/// 审计.
pub(in crate::cli) const AUDITOR: Actor = Actor { role: "auditor", party: "", person: "sun-lei" };

/// A bank's core system.
pub(in crate::cli) const fn bank(id: &'static str) -> Actor {
    Actor { role: "bank", party: id, person: "core-system" }
}

/// The clerk of an enterprise.
pub(in crate::cli) const fn enterprise(uscc: &'static str) -> Actor {
    Actor { role: "enterprise", party: uscc, person: "company-clerk" }
}

pub(in crate::cli) struct Institution {
    pub(in crate::cli) id: &'static str,
    pub(in crate::cli) kind: InstitutionKind,
    pub(in crate::cli) name: &'static str,
    pub(in crate::cli) english: &'static str,
    pub(in crate::cli) uscc: &'static str,
    pub(in crate::cli) bank_code: &'static str,
}

pub(in crate::cli) const QIHE: &str = "qihe-bank";
pub(in crate::cli) const DAPI: &str = "dapi-bank";
pub(in crate::cli) const YUNMENG: &str = "yunmeng-bank";

pub(in crate::cli) const INSTITUTIONS: &[Institution] = &[
    Institution {
        id: QIHE,
        kind: InstitutionKind::Bank,
        name: "淇河银行鹤壁分行",
        english: "Qihe Bank, Hebi branch",
        uscc: "91410600MADEM0919U",
        bank_code: "313497000016",
    },
    Institution {
        id: DAPI,
        kind: InstitutionKind::Bank,
        name: "大伾农村商业银行",
        english: "Dapi Rural Commercial Bank",
        uscc: "91410600MADEM0927N",
        bank_code: "314497000027",
    },
    Institution {
        id: YUNMENG,
        kind: InstitutionKind::Bank,
        name: "云梦山科技银行",
        english: "Yunmengshan Technology Bank",
        uscc: "91410600MADEM0935H",
        bank_code: "315497000030",
    },
    Institution {
        id: "hebi-guarantee",
        kind: InstitutionKind::Guarantor,
        name: "鹤壁示例融资担保公司",
        english: "Hebi Sample Guarantee",
        uscc: "91410600MADEM0943C",
        bank_code: "",
    },
];

pub(in crate::cli) struct Enterprise {
    pub(in crate::cli) uscc: &'static str,
    pub(in crate::cli) name: &'static str,
    pub(in crate::cli) english: &'static str,
    pub(in crate::cli) size: SizeClass,
    pub(in crate::cli) district: &'static str,
}

const fn company(
    uscc: &'static str,
    name: &'static str,
    english: &'static str,
    size: SizeClass,
    district: &'static str,
) -> Enterprise {
    Enterprise { uscc, name, english, size, district }
}

pub(in crate::cli) const QISHUI: &str = "91410611MADEM0011X";
pub(in crate::cli) const ZHAOGE: &str = "91410611MADEM002XM";
pub(in crate::cli) const GUANGDIAN: &str = "91410611MADEM0038M";
pub(in crate::cli) const LIYANG: &str = "91410621MADEM00460";
pub(in crate::cli) const JINNIU: &str = "91410622MADEM00549";
pub(in crate::cli) const XIANHE: &str = "91410611MADEM00626";
pub(in crate::cli) const MOXUAN: &str = "91410611MADEM00701";
pub(in crate::cli) const DONGSHAN: &str = "91410603MADEM0089B";
pub(in crate::cli) const SHENGWU: &str = "91410621MADEM00978";
pub(in crate::cli) const LUTAI: &str = "91410602MADEM010X8";
pub(in crate::cli) const TANGHE: &str = "91410611MADEM01189";
pub(in crate::cli) const FUQIU: &str = "91410621MADEM0126K";

pub(in crate::cli) const ENTERPRISES: &[Enterprise] = &[
    company(QISHUI, "鹤壁淇水精密镁业有限公司", "Qishui Precision Magnesium", SizeClass::Medium, "qibin"),
    company(ZHAOGE, "鹤壁朝歌智能装备有限公司", "Zhaoge Intelligent Equipment", SizeClass::Medium, "qibin"),
    company(GUANGDIAN, "鹤壁云梦光电科技有限公司", "Yunmeng Photonics", SizeClass::Small, "qibin"),
    company(LIYANG, "浚县黎阳农业机械有限公司", "Liyang Farm Machinery", SizeClass::Medium, "xunxian"),
    company(JINNIU, "淇县金牛食品科技有限公司", "Jinniu Food Technology", SizeClass::Small, "qixian"),
    company(XIANHE, "鹤壁仙鹤电子有限公司", "Xianhe Electronics", SizeClass::Small, "qibin"),
    company(MOXUAN, "鹤壁墨轩文化创意有限公司", "Moxuan Culture", SizeClass::Micro, "qibin"),
    company(DONGSHAN, "鹤壁东山新材料有限公司", "Dongshan New Materials", SizeClass::Small, "shancheng"),
    company(SHENGWU, "浚县大伾生物医药有限公司", "Dapi Biopharma", SizeClass::Small, "xunxian"),
    company(LUTAI, "鹤壁鹿台环保科技有限公司", "Lutai Environmental", SizeClass::Small, "heshan"),
    company(TANGHE, "鹤壁汤河软件有限公司", "Tanghe Software", SizeClass::Micro, "qibin"),
    company(FUQIU, "浚县浮丘陶瓷有限公司", "Fuqiu Ceramics", SizeClass::Micro, "xunxian"),
];

pub(in crate::cli) struct Right {
    pub(in crate::cli) id: &'static str,
    pub(in crate::cli) owner: &'static str,
    pub(in crate::cli) title: &'static str,
}

const fn right(owner: &'static str, id: &'static str, title: &'static str) -> Right {
    Right { id, owner, title }
}

/// The patent that two banks want.
pub(in crate::cli) const XIANHE_PATENT: &str = "patent:202110410606.2";
pub(in crate::cli) const INSURED_PATENT: &str = "patent:202010410603.4";
pub(in crate::cli) const SECOND_INSURED_PATENT: &str = "patent:202210410613.7";

pub(in crate::cli) const RIGHTS: &[Right] = &[
    right(QISHUI, "patent:202010410601.5", "镁合金薄壁压铸方法"),
    right(QISHUI, "patent:202210410615.6", "高强镁合金板材轧制工艺"),
    right(ZHAOGE, "patent:202110410602.4", "多轴联动装配机器人"),
    right(GUANGDIAN, INSURED_PATENT, "低损耗光纤连接器"),
    right(GUANGDIAN, SECOND_INSURED_PATENT, "波分复用器件"),
    right(GUANGDIAN, "patent:202010410616.1", "光模块封装方法"),
    right(LIYANG, "patent:202110410604.3", "花生联合收获机"),
    right(JINNIU, "trademark:41060029/29", "金牛朝歌"),
    right(JINNIU, "trademark:41060029/30", "金牛朝歌"),
    right(XIANHE, XIANHE_PATENT, "毫米波天线阵列"),
    right(MOXUAN, "copyright:国作登字-2021-F-00410607", "甲骨文创图集"),
    right(DONGSHAN, "patent:202020410608.2", "耐磨陶瓷衬板"),
    right(SHENGWU, "patent:202110410609.6", "重组蛋白纯化方法"),
    right(LUTAI, "patent:202110410610.9", "矿井水处理装置"),
    right(TANGHE, "patent:202010410611.9", "工业数据采集方法"),
    right(FUQIU, "patent:202210410612.2", "陶瓷低温釉料"),
];

/// A loan as planned: pledge registered, filed and disbursed on the days given.
pub(in crate::cli) struct Loan {
    pub(in crate::cli) key: &'static str,
    pub(in crate::cli) bank: &'static str,
    pub(in crate::cli) borrower: &'static str,
    pub(in crate::cli) principal: &'static str,
    pub(in crate::cli) ip_part: &'static str,
    pub(in crate::cli) rate: &'static str,
    pub(in crate::cli) kind: RightKind,
    pub(in crate::cli) rights: &'static [&'static str],
    /// Pledge registered and loan filed, disbursed.
    pub(in crate::cli) days: [&'static str; 2],
}

const PATENT: RightKind = RightKind::Patent;

/// The loans of January. Filed with 大伾 (Dapi): 20,000,000 + 16,500,000 + 2,000,000 + 1,000,000 + 500,000 = 40,000,000.
#[rustfmt::skip]
pub(in crate::cli) const LOANS: &[Loan] = &[
    Loan { key: "qishui", bank: QIHE, borrower: QISHUI, principal: "8000000", ip_part: "8000000", rate: "0.04065",
        kind: PATENT, rights: &["patent:202010410601.5"], days: ["2025-01-07", "2025-01-08"] },
    Loan { key: "zhaoge", bank: QIHE, borrower: ZHAOGE, principal: "12000000", ip_part: "9000000", rate: "0.05",
        kind: PATENT, rights: &["patent:202110410602.4"], days: ["2025-01-07", "2025-01-08"] },
    Loan { key: "guangdian", bank: YUNMENG, borrower: GUANGDIAN, principal: "1200000", ip_part: "1200000", rate: "0.04",
        kind: PATENT, rights: &[INSURED_PATENT], days: ["2025-01-09", "2025-01-10"] },
    Loan { key: "liyang", bank: DAPI, borrower: LIYANG, principal: "20000000", ip_part: "10000000", rate: "0.03",
        kind: PATENT, rights: &["patent:202110410604.3"], days: ["2025-01-10", "2025-01-13"] },
    Loan { key: "jinniu", bank: DAPI, borrower: JINNIU, principal: "16500000", ip_part: "8000000", rate: "0.036",
        kind: RightKind::Trademark, rights: &["trademark:41060029/29", "trademark:41060029/30"],
        days: ["2025-01-10", "2025-01-13"] },
    Loan { key: "xianhe", bank: QIHE, borrower: XIANHE, principal: "3000000", ip_part: "3000000", rate: "0.042",
        kind: PATENT, rights: &[XIANHE_PATENT], days: ["2025-01-14", "2025-01-15"] },
    Loan { key: "moxuan", bank: YUNMENG, borrower: MOXUAN, principal: "800000", ip_part: "800000", rate: "0.045",
        kind: RightKind::Copyright, rights: &["copyright:国作登字-2021-F-00410607"],
        days: ["2025-01-14", "2025-01-15"] },
    Loan { key: "dongshan", bank: YUNMENG, borrower: DONGSHAN, principal: "4000000", ip_part: "2000000", rate: "0.03",
        kind: PATENT, rights: &["patent:202020410608.2"], days: ["2025-01-15", "2025-01-16"] },
    Loan { key: "shengwu", bank: DAPI, borrower: SHENGWU, principal: "2000000", ip_part: "1500000", rate: "0.048",
        kind: PATENT, rights: &["patent:202110410609.6"], days: ["2025-01-16", "2025-01-17"] },
    Loan { key: "lutai", bank: DAPI, borrower: LUTAI, principal: "1000000", ip_part: "1000000", rate: "0.048",
        kind: PATENT, rights: &["patent:202110410610.9"], days: ["2025-01-16", "2025-01-17"] },
    Loan { key: "tanghe", bank: YUNMENG, borrower: TANGHE, principal: "600000", ip_part: "600000", rate: "0.04",
        kind: PATENT, rights: &["patent:202010410611.9"], days: ["2025-01-17", "2025-01-20"] },
    Loan { key: "fuqiu", bank: DAPI, borrower: FUQIU, principal: "500000", ip_part: "500000", rate: "0.05",
        kind: PATENT, rights: &["patent:202210410612.2"], days: ["2025-01-17", "2025-01-20"] },
];

/// 淇水's second loan: refused in March for the pool's leverage, filed smaller in October.
pub(in crate::cli) const TOO_LARGE: Loan = Loan {
    key: "qishui-2",
    bank: DAPI,
    borrower: QISHUI,
    principal: "60000000",
    ip_part: "60000000",
    rate: "0.031",
    kind: PATENT,
    rights: &["patent:202210410615.6"],
    days: ["2025-03-10", "2025-03-11"],
};
pub(in crate::cli) const SMALLER: Loan =
    Loan { principal: "30000000", ip_part: "12000000", days: ["2025-10-15", "2025-10-16"], ..TOO_LARGE };

/// 云梦光电's second loan.
pub(in crate::cli) const GUANGDIAN_2: Loan = Loan {
    key: "guangdian-2",
    bank: DAPI,
    borrower: GUANGDIAN,
    principal: "10000000",
    ip_part: "5000000",
    rate: "0.035",
    kind: PATENT,
    rights: &["patent:202010410616.1"],
    days: ["2025-11-12", "2025-11-13"],
};

/// The registered name behind a code.
pub(in crate::cli) fn name_of(uscc: &str) -> &'static str {
    ENTERPRISES.iter().find(|enterprise| enterprise.uscc == uscc).map_or("?", |enterprise| enterprise.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::{BankCode, RightId, Uscc};

    #[test]
    fn every_code_and_number_is_valid_and_used_once() {
        let mut seen = std::collections::BTreeSet::new();
        for code in ENTERPRISES.iter().map(|one| one.uscc).chain(INSTITUTIONS.iter().map(|one| one.uscc)) {
            let uscc = Uscc::parse(code).unwrap();
            assert_eq!((uscc.as_str(), uscc.warning()), (code, None));
            assert!(seen.insert(code.to_owned()), "{code}");
        }
        for right in RIGHTS {
            assert!(seen.insert(RightId::parse(right.id).unwrap().to_string()), "{}", right.id);
        }
        for institution in INSTITUTIONS.iter().filter(|one| !one.bank_code.is_empty()) {
            assert_eq!(BankCode::parse(institution.bank_code).unwrap().warning(), None);
        }
        for loan in LOANS.iter().chain([&TOO_LARGE, &GUANGDIAN_2]) {
            for id in loan.rights {
                let right = RIGHTS.iter().find(|right| right.id == *id).unwrap();
                assert_eq!(right.owner, loan.borrower);
            }
        }
    }
}
