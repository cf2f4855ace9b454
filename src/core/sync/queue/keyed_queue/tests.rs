use super::*;

type Log = Arc<Mutex<Vec<String>>>;

fn write(log: &Log, gate: &Arc<Semaphore>) -> Write<String, String> {
    let (log, gate) = (Arc::clone(log), Arc::clone(gate));
    Arc::new(move |input: String, audience: Audience| {
        let (log, gate) = (Arc::clone(&log), Arc::clone(&gate));
        Box::pin(async move {
            let writing = async {
                if let Ok(permit) = gate.acquire().await {
                    permit.forget();
                }
                log.lock().expect("the log").push(input.clone());
                input
            };
            audience.unless_left(writing).await
        })
    })
}

fn join(earlier: &mut String, later: String) {
    earlier.push_str(&later);
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn waiting_upserts_are_merged() {
    let queue: Arc<KeyedQueue<&str, String, String>> = Arc::default();
    let log = Log::default();
    let gate = Arc::new(Semaphore::new(0));
    let calls: Vec<_> = ["a", "b", "c"]
        .into_iter()
        .map(|input| {
            let (queue, write) = (Arc::clone(&queue), write(&log, &gate));
            queue
                .enter("key", input.to_owned(), 0, join, write, None)
                .wait()
        })
        .map(tokio::spawn)
        .collect();
    settle().await;
    gate.add_permits(2);
    let mut firsts = Vec::new();
    for call in calls {
        let turn = call.await.expect("no panic").expect("an answer");
        firsts.push((turn.answer, turn.first));
    }
    assert_eq!(
        firsts,
        [
            ("a".to_owned(), true),
            ("bc".to_owned(), true),
            ("bc".to_owned(), false)
        ]
    );
    assert!(queue.lock().is_empty());
}

#[tokio::test]
async fn a_held_line_moves_when_the_hold_is_lifted() {
    let queue: Arc<KeyedQueue<&str, String, String>> = Arc::default();
    let log = Log::default();
    let gate = Arc::new(Semaphore::new(9));
    let hold = Hold::default();
    let calls: Vec<_> = ["a", "b", "c", "d"]
        .map(|input| {
            let write = write(&log, &gate);
            let held = Some(hold.clone());
            queue.enter("key", input.to_owned(), 0, join, write, held)
        })
        .into_iter()
        .map(|place| tokio::spawn(place.wait()))
        .collect();
    settle().await;
    assert!(log.lock().expect("the log").is_empty());
    hold.lift();
    for call in calls {
        call.await.expect("no panic").expect("an answer");
    }
    assert_eq!(*log.lock().expect("the log"), ["a", "bcd"]);
}

#[tokio::test]
async fn different_settings_are_not_merged() {
    let queue: Arc<KeyedQueue<&str, String, String>> = Arc::default();
    let log = Log::default();
    let gate = Arc::new(Semaphore::new(0));
    let calls: Vec<_> = [("a", 0), ("b", 1), ("c", 2)]
        .into_iter()
        .map(|(input, settings)| {
            let (queue, write) = (Arc::clone(&queue), write(&log, &gate));
            queue
                .enter("key", input.to_owned(), settings, join, write, None)
                .wait()
        })
        .map(tokio::spawn)
        .collect();
    settle().await;
    gate.add_permits(3);
    for call in calls {
        call.await.expect("no panic").expect("an answer");
    }
    assert_eq!(*log.lock().expect("the log"), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_write_that_nobody_waits_for_is_dropped_and_the_next_one_runs() {
    let queue: Arc<KeyedQueue<&str, String, String>> = Arc::default();
    let log = Log::default();
    let gate = Arc::new(Semaphore::new(0));
    let spawn = |input: &str, settings| {
        let (queue, write) = (Arc::clone(&queue), write(&log, &gate));
        let input = input.to_owned();
        tokio::spawn(
            queue
                .enter("key", input, settings, join, write, None)
                .wait(),
        )
    };
    let leaver = spawn("leaves", 0);
    settle().await;
    let stayer = spawn("stays", 1);
    settle().await;
    leaver.abort();
    settle().await;
    gate.add_permits(1);
    assert_eq!(
        stayer.await.expect("no panic").expect("an answer").answer,
        "stays"
    );
    assert_eq!(*log.lock().expect("the log"), ["stays"]);
}

#[tokio::test]
async fn the_first_remaining_caller_of_a_shared_write_is_first() {
    let queue: Arc<KeyedQueue<&str, String, String>> = Arc::default();
    let log = Log::default();
    let gate = Arc::new(Semaphore::new(9));
    let hold = Hold::default();
    let mut places: Vec<_> = ["a", "b", "c", "d"]
        .map(|input| {
            let write = write(&log, &gate);
            queue.enter("key", input.to_owned(), 0, join, write, Some(hold.clone()))
        })
        .into();
    // The first call writes alone; of the others, who share a write, the first one leaves.
    drop(places.remove(1));
    hold.lift();
    let mut firsts = Vec::new();
    for place in places {
        firsts.push(place.wait().await.expect("an answer").first);
    }
    assert_eq!(firsts, [true, true, false]);
}

#[tokio::test]
async fn a_write_that_panics_frees_its_line() {
    let queue: Arc<KeyedQueue<&str, String, String>> = Arc::default();
    let broken: Write<String, String> = Arc::new(|_, _| Box::pin(async { panic!("broken") }));
    assert!(
        queue
            .enter("key", "a".to_owned(), 0, join, broken, None)
            .wait()
            .await
            .is_none()
    );
    let log = Log::default();
    let gate = Arc::new(Semaphore::new(1));
    let turn = queue
        .enter("key", "b".to_owned(), 0, join, write(&log, &gate), None)
        .wait()
        .await;
    assert_eq!(turn.expect("an answer").answer, "b");
}

#[tokio::test]
async fn exclusive_work_keeps_its_place_and_is_not_merged() {
    let queue: Arc<KeyedQueue<&str, String, String>> = Arc::default();
    let log = Log::default();
    let gate = Arc::new(Semaphore::new(9));
    let hold = Hold::default();
    let enter = |input: &str| {
        let write = write(&log, &gate);
        queue.enter("key", input.to_owned(), 0, join, write, Some(hold.clone()))
    };
    let alone = |input: &'static str| {
        let log = Arc::clone(&log);
        let work = async move {
            log.lock().expect("the log").push(input.to_owned());
            input.len()
        };
        queue.enter_exclusive("key", work, Some(hold.clone()))
    };
    let first = enter("a");
    let second = alone("(b)");
    let third = [enter("c"), enter("d")];
    drop(alone("(leaves)"));
    let last = alone("(e)");
    hold.lift();
    assert!(first.wait().await.is_some());
    assert_eq!(second.wait().await.expect("an answer").answer, 3);
    for place in third {
        assert_eq!(place.wait().await.expect("an answer").answer, "cd");
    }
    assert!(last.wait().await.expect("an answer").first);
    assert_eq!(*log.lock().expect("the log"), ["a", "(b)", "cd", "(e)"]);
}

#[tokio::test]
async fn exclusive_work_that_panics_frees_its_line() {
    let queue: Arc<KeyedQueue<&str, String, String>> = Arc::default();
    let broken = queue.enter_exclusive("key", async { panic!("broken") }, None);
    let broken: Option<Turn<()>> = broken.wait().await;
    assert!(broken.is_none());
    let next = queue.enter_exclusive("key", async { 1 }, None).wait().await;
    assert_eq!(next.expect("an answer").answer, 1);
}
