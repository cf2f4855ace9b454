use super::*;

fn memory() -> DatabaseUser {
    DatabaseUser::join(":memory:").expect("a database")
}

fn insert(connection: &Connection, ever_id: &str) -> rusqlite::Result<usize> {
    connection.execute(
        "INSERT INTO mapping (object_type, ever_id, crm_id, last_synced_at) VALUES ('person', ?1, 'c', 1)",
        [ever_id],
    )
}

async fn ever_ids(user: &DatabaseUser) -> Vec<String> {
    user.run(Access::Read, |connection| {
        connection
            .prepare("SELECT ever_id FROM mapping ORDER BY ever_id")?
            .query_map([], |row| row.get(0))?
            .collect()
    })
    .await
    .expect("readable")
}

#[tokio::test]
async fn jobs_that_wait_together_share_a_commit_and_fail_alone() {
    let user = memory();
    let writes = (0..100).map(|at| {
        let ever_id = format!("{:03}", at % 50);
        user.run(Access::Write, move |connection| {
            insert(connection, &ever_id)
        })
    });
    let outcomes = futures_util::future::join_all(writes).await;
    // The second fifty have the same keys as the first.
    assert!(outcomes[..50].iter().all(Result::is_ok));
    assert!(outcomes[50..].iter().all(Result::is_err));
    assert_eq!(ever_ids(&user).await.len(), 50);
}

#[tokio::test]
async fn a_job_of_several_rows_is_done_as_a_whole_or_not_at_all() {
    let user = memory();
    let (broken, whole) = futures_util::future::join(
        user.run(Access::Write, |connection| {
            all_or_nothing(connection, || {
                insert(connection, "a")?;
                insert(connection, "a")
            })
        }),
        user.run(Access::Write, |connection| {
            all_or_nothing(connection, || {
                insert(connection, "b")?;
                insert(connection, "c")
            })
        }),
    )
    .await;
    assert!(broken.is_err());
    assert!(whole.is_ok());
    assert_eq!(ever_ids(&user).await, ["b", "c"]);
}

#[tokio::test]
async fn a_failed_commit_fails_all_its_writers() {
    let user = memory();
    let (rolled_back, read) = futures_util::future::join(
        user.run(Access::Write, |connection| {
            insert(connection, "lost")?;
            connection.execute_batch("ROLLBACK")
        }),
        user.run(Access::Read, |_| Ok(7)),
    )
    .await;
    assert_eq!(rolled_back.expect_err("fails").reason(), Some("STORE"));
    assert_eq!(read.ok(), Some(7));
    assert!(ever_ids(&user).await.is_empty());
}

#[tokio::test]
async fn a_job_that_panics_does_not_stop_the_line() {
    let file = TempFile::new();
    let user = DatabaseUser::join(&file.0).expect("a database");
    user.run(Access::Write, |connection| insert(connection, "kept"))
        .await
        .expect("written");
    let broken: Result<(), _> = user.run(Access::Write, |_| panic!("broken")).await;
    assert!(broken.is_err());
    assert_eq!(ever_ids(&user).await, ["kept"]);
}

#[tokio::test]
async fn another_processs_lock_is_named() {
    let file = TempFile::new();
    let user = DatabaseUser::join(&file.0).expect("a database");
    let error = user
        .run(Access::Write, |_| -> rusqlite::Result<()> {
            Err(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
                None,
            ))
        })
        .await
        .expect_err("busy");
    assert!(error.retryable);
    assert!(error.message.contains("locked"), "{}", error.message);
}

#[tokio::test]
async fn foreign_and_newer_files_are_refused_untouched() {
    for (statements, says) in [
        ("CREATE TABLE theirs (x)", "another program"),
        ("PRAGMA user_version = 99", "newer version"),
    ] {
        let file = TempFile::new();
        if says == "newer version" {
            let user = DatabaseUser::join(&file.0).expect("a database");
            ever_ids(&user).await;
            user.close().await;
        }
        Connection::open(&file.0)
            .and_then(|connection| connection.execute_batch(statements))
            .expect("prepared");
        let before = std::fs::read(&file.0).expect("readable");
        let user = DatabaseUser::join(&file.0).expect("a database");
        let error = user
            .run(Access::Write, |_| Ok(()))
            .await
            .expect_err("refused");
        assert!(error.message.contains(says), "{}", error.message);
        user.close().await;
        assert_eq!(std::fs::read(&file.0).expect("readable"), before, "{says}");
    }
}

#[test]
fn many_processes_can_create_one_file_at_the_same_time() {
    for _ in 0..20 {
        let file = TempFile::new();
        let openers: Vec<_> = (0..8)
            .map(|_| {
                let path = PathBuf::from(&file.0);
                std::thread::spawn(move || sqlite_schema::open(&path).map(drop))
            })
            .collect();
        for opener in openers {
            let opened = opener.join().expect("no panic");
            assert!(opened.is_ok(), "{opened:?}");
        }
    }
}

#[tokio::test]
async fn times_are_never_twice_the_same() {
    let user = memory();
    let times: Vec<_> = (0..1_000).map(|_| user.now_ms()).collect();
    assert!(times.is_sorted_by(|a, b| a < b));
}

struct TempFile(String);

impl TempFile {
    fn new() -> Self {
        let name = format!("twenty-crm-native-{}.db", uuid::Uuid::new_v4());
        Self(std::env::temp_dir().join(name).display().to_string())
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{ending}", self.0));
        }
    }
}
