//! The cap in paused time.

use super::*;

fn far() -> Instant {
    Instant::now() + Duration::from_secs(3_600)
}

#[tokio::test(start_paused = true)]
async fn no_minute_has_more_than_its_cap() {
    let cap = Caps::default().of(10);
    let mut sent = Vec::new();
    for number in 0..50u64 {
        cap.enter(Priority::Single, far()).await.expect("a turn");
        sent.push(Instant::now());
        // Unevenly spread, so that windows do not begin with bursts only.
        tokio::time::advance(Duration::from_millis(number * 37 % 1_000)).await;
    }
    for window in sent.windows(11) {
        assert!(window[10] - window[0] >= MINUTE);
    }
    // Ten at once, ten a minute after: a cap is no pace.
    assert!(sent[9] - sent[0] < Duration::from_secs(10));
    assert!(sent[49] - sent[0] < MINUTE * 5);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_would_be_too_long_is_not_started() {
    let cap = Caps::default().of(2);
    let start = Instant::now();
    for _ in 0..2 {
        cap.enter(Priority::Single, start).await.expect("a turn");
    }
    let soon = start + Duration::from_secs(59);
    let closed = Closed {
        wait: MINUTE,
        cap: Some(2),
    };
    assert_eq!(cap.enter(Priority::Single, soon).await, Err(closed));
    assert_eq!(Instant::now(), start);
}

#[tokio::test(start_paused = true)]
async fn those_behind_a_queue_are_told_how_long_it_is() {
    let cap = Caps::default().of(2);
    let start = Instant::now();
    for _ in 0..2 {
        cap.enter(Priority::Single, far()).await.expect("a turn");
    }
    let queue: Vec<_> = (0..3)
        .map(|_| {
            let cap = Arc::clone(&cap);
            tokio::spawn(async move { cap.enter(Priority::Single, far()).await })
        })
        .collect();
    while cap.line.ahead(Priority::Single) < 3 {
        tokio::task::yield_now().await;
    }
    let closed = cap.enter(Priority::Single, start + MINUTE).await;
    assert_eq!(closed.expect_err("too long").wait, MINUTE * 2);
    for call in queue {
        call.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn clients_of_one_cap_share_it_and_others_do_not() {
    let caps = Caps::default();
    let one = caps.of(5);
    assert!(Arc::ptr_eq(&one, &caps.of(5)));
    one.enter(Priority::Single, far()).await.expect("a turn");
    assert!(caps.of(6).is_idle(Instant::now()));
    // What was sent counts although the client that sent it is gone.
    drop(one);
    drop(caps.of(7));
    assert!(!caps.of(5).is_idle(Instant::now()));
    tokio::time::advance(MINUTE).await;
    drop(caps.of(8));
    assert_eq!(caps.by_limit.lock().expect("the caps").len(), 1);
}
