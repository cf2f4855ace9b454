//! Reading records: one query for the REST lists, bulk writes and GraphQL.

use std::ops::Bound;

use uuid::Uuid;

use crate::errors::ApiError;
use crate::filter::{Filter, Test};
use crate::http::ApiResult;
use crate::order::{self, OrderBy};
use crate::schema::Object;
use crate::store::{Record, World, id_of, is_deleted};

/// What to read.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Which records.
    pub filter: Option<Filter>,
    /// In what order; the id is appended.
    pub order: Vec<OrderBy>,
    /// Only records behind this cursor.
    pub after: Option<Record>,
    /// Only records before this cursor.
    pub before: Option<Record>,
    /// Page size.
    pub limit: usize,
}

/// A page of records.
#[derive(Debug, Clone)]
pub struct Page<'a> {
    /// The records in normal order.
    pub rows: Vec<&'a Record>,
    /// Records that pass the filter, on all pages.
    pub total: usize,
    /// Cursor of the first row; of the last one when paging backwards (the server's slip).
    pub start_cursor: Option<String>,
    /// Cursor of the last row; of the first one when paging backwards.
    pub end_cursor: Option<String>,
    /// More behind; always false when paging backwards.
    pub has_next_page: bool,
    /// More before; always false when paging forwards.
    pub has_previous_page: bool,
}

/// Reads a page.
///
/// # Errors
/// 400 for both cursors at once and for unknown order-by fields.
pub fn find<'a>(world: &'a World, object: &Object, query: &Query) -> ApiResult<Page<'a>> {
    if query.after.is_some() && query.before.is_some() {
        return Err(ApiError::bad_request(
            "Cannot provide both before and after",
        ));
    }
    order::check(object, &query.order)?;
    let order = order::with_id(query.order.clone());
    let backwards = query.before.is_some();
    let cursor = query.after.as_ref().or(query.before.as_ref());
    let fast = query.filter.is_none() && order.len() == 1 && !order[0].descending;
    let (mut rows, total) = if fast {
        by_id(world, object, cursor, backwards, query.limit + 1)
    } else {
        let mut rows = matching(world, object, query.filter.as_ref());
        let total = rows.len();
        if let Some(cursor) = cursor {
            rows.retain(|row| order::is_behind(&order, cursor, row, backwards));
        }
        rows.sort_by(|a, b| order::compare_records(&order, a, b));
        if backwards {
            rows.reverse();
        }
        rows.truncate(query.limit + 1);
        (rows, total)
    };
    let more = rows.len() > query.limit;
    rows.truncate(query.limit);
    // The server takes its cursors before it turns a backward page around.
    let start_cursor = rows.first().map(|row| order::cursor(&order, row));
    let end_cursor = rows.last().map(|row| order::cursor(&order, row));
    if backwards {
        rows.reverse();
    }
    Ok(Page {
        rows,
        total,
        start_cursor,
        end_cursor,
        has_next_page: more && !backwards,
        has_previous_page: more && backwards,
    })
}

/// The default list: no sort, no scan beyond the page.
fn by_id<'a>(
    world: &'a World,
    object: &Object,
    cursor: Option<&Record>,
    backwards: bool,
    count: usize,
) -> (Vec<&'a Record>, usize) {
    let table = world.table(&object.name_singular);
    let bound = cursor.filter(|c| c.contains_key("id")).map(id_of);
    let live = |(_, row): (&Uuid, &'a Record)| (!is_deleted(row)).then_some(row);
    let rows = if backwards {
        let end = bound.map_or(Bound::Unbounded, Bound::Excluded);
        table
            .range((Bound::Unbounded, end))
            .rev()
            .filter_map(live)
            .take(count)
            .collect()
    } else {
        let start = bound.map_or(Bound::Unbounded, Bound::Excluded);
        table
            .range((start, Bound::Unbounded))
            .filter_map(live)
            .take(count)
            .collect()
    };
    (rows, table.live())
}

/// All records that pass a filter, in order of id. Soft-deleted ones are hidden unless the
/// filter mentions `deletedAt`.
pub fn matching<'a>(world: &'a World, object: &Object, filter: Option<&Filter>) -> Vec<&'a Record> {
    let with_deleted = filter.is_some_and(|f| f.mentions("deletedAt"));
    let mut rows = rows(world, object, filter);
    if !with_deleted {
        rows.retain(|row| !is_deleted(row));
    }
    rows
}

/// All records that pass a filter, soft-deleted or not, in no particular order.
pub fn rows<'a>(world: &'a World, object: &Object, filter: Option<&Filter>) -> Vec<&'a Record> {
    let table = world.table(&object.name_singular);
    let passes = |row: &&'a Record| filter.is_none_or(|f| f.accepts(world, row));
    let since = filter.and_then(updated_since);
    match (filter.and_then(|f| f.candidates(table)), since) {
        (Some(mut ids), _) => {
            ids.sort_unstable();
            ids.dedup();
            ids.into_iter()
                .filter_map(|id| table.get(id))
                .filter(passes)
                .collect()
        }
        (None, Some(since)) => table
            .by_updated()
            .range((since.to_owned(), Uuid::nil())..)
            .filter_map(|(_, id)| table.get(*id))
            .filter(passes)
            .collect(),
        (None, None) => table.iter().map(|(_, row)| row).filter(passes).collect(),
    }
}

/// The instant of a top-level `updatedAt >= x`, which an index answers.
fn updated_since(filter: &Filter) -> Option<&str> {
    match filter {
        Filter::And(parts) => parts.iter().find_map(updated_since),
        Filter::Column {
            column,
            sub: None,
            test: Test::Gt(from) | Test::Gte(from),
        } if column == "updatedAt" => from.as_str(),
        _ => None,
    }
}
