//! The quota, in paused time.

use super::*;

fn far() -> Instant {
    Instant::now() + Duration::from_secs(3_600)
}

#[tokio::test(start_paused = true)]
async fn no_minute_exceeds_the_quota() {
    let quota = ClientQuotas::default().of(10);
    let mut sent = Vec::new();
    for number in 0..50u64 {
        quota
            .enter(Priority::Single, far())
            .await
            .expect("a permit");
        sent.push(Instant::now());
        // Unevenly spread, so that windows do not only start with bursts.
        tokio::time::advance(Duration::from_millis(number * 37 % 1_000)).await;
    }
    for window in sent.windows(11) {
        assert!(window[10] - window[0] >= MINUTE);
    }
    // Ten at once, ten a minute later: a quota is not a pace.
    assert!(sent[9] - sent[0] < Duration::from_secs(10));
    assert!(sent[49] - sent[0] < MINUTE * 5);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_would_be_too_long_is_not_started() {
    let quota = ClientQuotas::default().of(2);
    let start = Instant::now();
    for _ in 0..2 {
        quota
            .enter(Priority::Single, start)
            .await
            .expect("a permit");
    }
    let soon = start + Duration::from_secs(59);
    let closed = WaitTooLong {
        wait: MINUTE,
        quota: Some(2),
    };
    assert_eq!(quota.enter(Priority::Single, soon).await, Err(closed));
    assert_eq!(Instant::now(), start);
}

#[tokio::test(start_paused = true)]
async fn calls_behind_a_queue_learn_its_length() {
    let quota = ClientQuotas::default().of(2);
    let start = Instant::now();
    for _ in 0..2 {
        quota
            .enter(Priority::Single, far())
            .await
            .expect("a permit");
    }
    let queue: Vec<_> = (0..3)
        .map(|_| {
            let quota = Arc::clone(&quota);
            tokio::spawn(async move { quota.enter(Priority::Single, far()).await })
        })
        .collect();
    while quota.queue.ahead(Priority::Single) < 3 {
        tokio::task::yield_now().await;
    }
    let closed = quota.enter(Priority::Single, start + MINUTE).await;
    assert_eq!(closed.expect_err("too long").wait, MINUTE * 2);
    for call in queue {
        call.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn clients_with_one_quota_share_it() {
    let quotas = ClientQuotas::default();
    let one = quotas.of(5);
    assert!(Arc::ptr_eq(&one, &quotas.of(5)));
    one.enter(Priority::Single, far()).await.expect("a permit");
    assert!(quotas.of(6).is_idle(Instant::now()));
    // Sent requests count even if the client that sent them is gone.
    drop(one);
    drop(quotas.of(7));
    assert!(!quotas.of(5).is_idle(Instant::now()));
    tokio::time::advance(MINUTE).await;
    drop(quotas.of(8));
    assert_eq!(quotas.by_limit.lock().expect("the quotas").len(), 1);
}
