//! Jobs: one for equal keys, few at a time, few waiting, kept within limits.

use std::sync::mpsc;

use super::*;
use crate::server::tests::start;

fn key(known_at: u64) -> Key {
    let to = CivilDate::from_ymd(2026, 3, 1).unwrap();
    Key::Report(Name::Yearly, Question::of_year_until(to, Sequence::new(known_at)))
}

fn file(bytes: usize) -> Product {
    Product::File(vec![0; bytes])
}

async fn done(job: &Job) -> Arc<Made> {
    match job.wait(None).await {
        State::Made(made) => made,
        state @ (State::Waiting | State::Running | State::Failed) => panic!("{state:?}"),
    }
}

#[tokio::test]
async fn equal_questions_are_made_once() {
    let ((edge, _threads), jobs) = (start(), Jobs::default());
    let (go, gate) = mpsc::channel::<()>();
    let first = jobs.start(&edge, key(7), move |_| gate.recv().ok().map(|()| file(1))).unwrap();
    let same = jobs.start(&edge, key(7), |_| panic!("made twice")).unwrap();
    assert!(Arc::ptr_eq(&first, &same));
    assert!(matches!(same.wait(Some(Duration::from_millis(5))).await, State::Waiting | State::Running));
    assert!(jobs.newest(&key(9), false).is_none(), "nothing is made yet");
    assert!(jobs.newest(&key(9), true).is_some(), "of another end, but the same question");
    go.send(()).unwrap();
    done(&first).await;
    let again = jobs.start(&edge, key(7), |_| panic!("made twice")).unwrap();
    assert!(matches!(again.state(), State::Made(_)));
    assert_eq!(jobs.newest(&key(9), false).unwrap().key, key(7));
    assert!(jobs.made(&key(9)).is_none() && jobs.made(&key(7)).is_some());
}

#[tokio::test]
async fn few_at_a_time_few_waiting_and_one_more_is_refused() {
    let ((edge, _threads), jobs) = (start(), Jobs::default());
    let (mut gates, mut all) = (Vec::new(), Vec::new());
    let there = u64::try_from(REPORTS_MAX + WAITING_MAX).unwrap();
    for number in 1..=there {
        let (go, gate) = mpsc::channel::<()>();
        gates.push(go);
        all.push(jobs.start(&edge, key(number), move |_| gate.recv().ok().map(|()| file(1))).unwrap());
        // Those that are under way left the queue before the next one comes.
        let patience = Instant::now();
        while number <= 2 && matches!(all.last().unwrap().state(), State::Waiting) {
            assert!(patience.elapsed() < Duration::from_secs(20), "it never begins");
            tokio::task::yield_now().await;
        }
    }
    let waiting = all.iter().filter(|job| matches!(job.state(), State::Waiting)).count();
    assert_eq!(waiting, WAITING_MAX, "the others are under way");
    let refused = jobs.start(&edge, key(there + 1), |_| None).unwrap_err();
    assert_eq!(refused.reason, Reason::QueueFull);
    for (job, go) in all.iter().zip(gates) {
        go.send(()).unwrap();
        done(job).await;
    }
    done(&jobs.start(&edge, key(there + 1), |_| Some(file(1))).unwrap()).await;
}

#[tokio::test]
async fn what_fails_is_made_again_and_a_defect_ends_nothing_else() {
    let ((edge, _threads), jobs) = (start(), Jobs::default());
    for _ in 0..4 {
        let failed = jobs.start(&edge, key(1), |_| panic!("a defect")).unwrap();
        assert!(matches!(failed.wait(None).await, State::Failed));
    }
    let failed = jobs.start(&edge, key(1), |_| None).unwrap();
    assert!(matches!(failed.wait(None).await, State::Failed));
    assert!(jobs.newest(&key(1), true).is_none());
    done(&jobs.start(&edge, key(1), |_| Some(file(1))).unwrap()).await;
}

#[tokio::test]
async fn the_oldest_make_room_and_the_newest_stays() {
    let ((edge, _threads), jobs) = (start(), Jobs::default());
    let kept = || jobs.all.lock().jobs.iter().filter(|job| job.made().is_some()).count();
    for number in 1..=u64::try_from(KEPT_MAX + 5).unwrap() {
        done(&jobs.start(&edge, key(number), |_| Some(file(1))).unwrap()).await;
    }
    // The thread makes room just after it tells.
    let patience = Instant::now();
    while kept() > KEPT_MAX {
        assert!(patience.elapsed() < Duration::from_secs(20), "{}", kept());
        tokio::task::yield_now().await;
    }
    assert!(jobs.made(&key(1)).is_none());
    done(&jobs.start(&edge, key(1_000), |_| Some(file(KEPT_BYTES_MAX + 1))).unwrap()).await;
    while kept() > 1 {
        assert!(patience.elapsed() < Duration::from_secs(20), "{}", kept());
        tokio::task::yield_now().await;
    }
    assert!(jobs.made(&key(1_000)).is_some(), "too large to be kept beside others, but somebody waits for it");
}
