//! What the desk offers is what the ledger takes: for every case, person, role and act, a choice without a bar is exactly what
//! passes `validate_only`.

use ipledger::proto::v1;
use ipledger::server::authenticate::PortalLogin;
use ipledger::server::inside::{Inside, ask};
use ipledger::server::logins::Visitor;
use v1::CaseAct as Act;

use super::{World, id};

const ACTS: [Act; 10] = [
    Act::ApproveSubsidy,
    Act::PaySubsidy,
    Act::RecordClawback,
    Act::ApproveClaim,
    Act::ResumeClaim,
    Act::PayClaim,
    Act::RefuseSubsidy,
    Act::DemandClawback,
    Act::RefuseClaim,
    Act::WriteOffClaim,
];

async fn takes<M: Inside>(world: &World, who: &Visitor, message: M) -> bool {
    ask(&world.edge, who, message).await.is_ok()
}

/// Whether the ledger would do it now.
async fn validated(world: &World, who: &Visitor, act: Act, case: &str) -> bool {
    macro_rules! takes {
        ($request:ident { $($field:ident: $value:expr),+ }) => {{
            let request =
                v1::$request { request_id: id(), validate_only: true, $($field: $value.to_owned(),)+ ..Default::default() };
            takes(world, who, request).await
        }};
    }
    match act {
        Act::Unspecified => false,
        Act::ApproveSubsidy => takes!(ApproveSubsidyRequest { application_id: case }),
        Act::PaySubsidy => takes!(PaySubsidyRequest { application_id: case, reference: "X" }),
        Act::RecordClawback => takes!(RecordClawbackRequest { application_id: case, amount: "1.00", reference: "X" }),
        Act::RefuseSubsidy => takes!(RefuseSubsidyRequest { application_id: case, reason: "X" }),
        Act::DemandClawback => takes!(DemandClawbackRequest { application_id: case, amount: "1.00", reason: "X" }),
        Act::ApproveClaim => takes!(ApproveClaimRequest { claim_id: case }),
        Act::ResumeClaim => takes!(ResumeClaimRequest { claim_id: case }),
        Act::PayClaim => takes!(PayClaimRequest { claim_id: case, reference: "X" }),
        Act::RefuseClaim => takes!(RefuseClaimRequest { claim_id: case, reason: "X" }),
        Act::WriteOffClaim => takes!(WriteOffClaimRequest { claim_id: case }),
    }
}

/// Applications in every state that this world can bring about.
async fn cases(world: &World) -> Vec<String> {
    let submitted = world.apply(0, 1, "1000").await;
    let by_officer = world.submit(1, "officer:li.na", 2, "1000").await;
    let approved = world.apply(0, 3, "1000").await;
    let approve = |application_id: &String| v1::ApproveSubsidyRequest {
        request_id: id(),
        application_id: application_id.clone(),
        ..Default::default()
    };
    world.ask("officer:wang.wei", approve(&approved)).await;
    let first_of_two = world.apply(1, 4, "100000").await;
    world.ask("officer:wang.wei", approve(&first_of_two)).await;
    let refused = world.apply(1, 5, "1000").await;
    let refuse = v1::RefuseSubsidyRequest {
        request_id: id(),
        application_id: refused.clone(),
        reason: "X".into(),
        ..Default::default()
    };
    world.ask("officer:li.na", refuse).await;
    let demand = v1::DemandClawbackRequest {
        request_id: id(),
        application_id: world.applications[1].clone(),
        amount: "100.00".into(),
        reason: "X".into(),
        ..Default::default()
    };
    world.ask("officer:li.na", demand).await;
    let paid = world.applications.clone();
    [vec![submitted, by_officer, approved, first_of_two, refused], paid.to_vec()].concat()
}

/// How many acts are offered about a case, and how many are barred; what is offered is what is taken.
async fn compared(world: &World, who: &Visitor, case: &String) -> (u32, u32) {
    let found = ask(&world.edge, who, v1::GetCaseRequest { case_id: case.clone() }).await.unwrap();
    let (mut offered, mut barred) = (0, 0);
    for act in ACTS {
        let choice = found.choices.iter().find(|choice| choice.act() == act);
        let may = choice.is_some_and(|choice| choice.barred.is_none());
        assert_eq!(may, validated(world, who, act, case).await, "{who:?} {case} {act:?}");
        offered += u32::from(may);
        barred += u32::from(choice.is_some() && !may);
    }
    (offered, barred)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_offered_is_what_the_ledger_takes() {
    let text = include_str!("../../../rulebooks/hebi-2017.toml");
    let world = World::under(&format!("{text}\n[approval]\nsecond_above = \"40000.00\"\nacts = [\"award\"]\n")).await;
    let cases = cases(&world).await;
    let (mut offered, mut barred) = (0, 0);
    for role in ["officer", "finance", "auditor", "operator"] {
        for person in ["li.na", "wang.wei", "zhao.min", "sun.lei"] {
            let who = Visitor::named(format!("ipledger:{role}:{person}"), PortalLogin::IdentityProvider);
            for case in &cases {
                let (may, may_not) = compared(&world, &who, case).await;
                offered += may;
                barred += may_not;
            }
        }
    }
    assert!(offered > 20 && barred >= 4, "{offered} offered, {barred} barred");
}
