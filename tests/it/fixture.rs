//! Small things that several promises' tests need.

/// A valid USCC whose organisation code is the number.
pub(crate) fn uscc(index: u64) -> String {
    let body = format!("91410600{index:09}");
    "0123456789ABCDEFGHJKLMNPQRTUWXY"
        .chars()
        .map(|check| format!("{body}{check}"))
        .find(|code| ipledger::identifier::Uscc::parse(code).is_ok())
        .unwrap()
}
