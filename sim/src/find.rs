//! Reading records: one query for the REST lists, bulk writes and GraphQL.

use std::ops::Bound;

use uuid::Uuid;

use crate::errors::ApiError;
use crate::filter::{Filter, Test};
use crate::http::ApiResult;
use crate::order::{self, OrderBy};
use crate::schema::Object;
use crate::store::{Record, Table, get, id_of, is_deleted};
use crate::world::World;

/// The query of a read.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Which records.
    pub filter: Option<Filter>,
    /// The order; the id is appended.
    pub order: Vec<OrderBy>,
    /// Only records behind this cursor.
    pub after: Option<Record>,
    /// Only records before this cursor.
    pub before: Option<Record>,
    /// Page size.
    pub limit: usize,
    /// Whether the page flags are right in both directions, as in later servers.
    pub is_honest: bool,
    /// Whether an ordering through a to-many relation is silently ignored, as on 2.21.
    pub skips_to_many: bool,
}

/// A page of records.
#[derive(Debug, Clone)]
pub struct Page<'a> {
    /// The records in normal order.
    pub rows: Vec<&'a Record>,
    /// Number of records that pass the filter, on all pages.
    pub total: usize,
    /// Cursor of the first row. On 2.21, when paging backwards, the cursor of the last row (a bug of that server).
    pub start_cursor: Option<String>,
    /// Cursor of the last row; of the first one when paging backwards on 2.21.
    pub end_cursor: Option<String>,
    /// Whether more records follow; always false when paging backwards on 2.21.
    pub has_next_page: bool,
    /// Whether records come before; always false when paging forwards on 2.21.
    pub has_previous_page: bool,
}

/// Reads a page.
///
/// # Errors
/// 400 if both cursors are given, and for unknown order-by fields.
pub fn find<'a>(world: &'a World, object: &Object, query: &Query) -> ApiResult<Page<'a>> {
    if query.after.is_some() && query.before.is_some() {
        return Err(ApiError::bad_request(
            "Cannot provide both before and after",
        ));
    }
    let order = order::resolve(object, &query.order, query.skips_to_many)?;
    let order = order::with_id(order);
    let backwards = query.before.is_some();
    let cursor = query.after.as_ref().or(query.before.as_ref());
    let table = world.table(&object.name_singular);
    let count = query.limit + 1;
    let (mut rows, total) = match index_for(query, &order, cursor) {
        Some(index) => {
            let rows = from_index(world, table, index, query, cursor, count);
            let total = match (&query.filter, index) {
                (None, _) => table.live(),
                (Some(filter), Index::UpdatedAt)
                    if is_since(filter) && table.live() == table.len() =>
                {
                    table.by_updated().range(from(filter)..).count()
                }
                (Some(_), _) => matching(world, object, query.filter.as_ref()).len(),
            };
            (rows, total)
        }
        None => {
            let mut rows = matching(world, object, query.filter.as_ref());
            let total = rows.len();
            if let Some(cursor) = cursor {
                rows.retain(|row| order::is_behind(&order, cursor, row, backwards));
            }
            (
                order::first_of(world, &order, rows, backwards, count),
                total,
            )
        }
    };
    let more = rows.len() > query.limit;
    rows.truncate(query.limit);
    if backwards && query.is_honest {
        rows.reverse();
    }
    // 2.21 takes its cursors before it reverses a backward page.
    let start_cursor = rows.first().map(|row| order::cursor(&order, row));
    let end_cursor = rows.last().map(|row| order::cursor(&order, row));
    if backwards && !query.is_honest {
        rows.reverse();
    }
    // The row of the cursor itself is on the other side of the page.
    let has_cursor = query.is_honest && cursor.is_some();
    Ok(Page {
        rows,
        total,
        start_cursor,
        end_cursor,
        has_next_page: if backwards { has_cursor } else { more },
        has_previous_page: if backwards { more } else { has_cursor },
    })
}

/// An index that lists rows in order.
#[derive(Clone, Copy)]
enum Index {
    Id,
    UpdatedAt,
}

/// The index with the order of the query, if scanning it is cheaper than looking up the filter's rows.
fn index_for(query: &Query, order: &[OrderBy], cursor: Option<&Record>) -> Option<Index> {
    let is_open = query.filter.as_ref().is_none_or(is_since);
    match order {
        [id] if !id.descending && query.filter.is_none() => Some(Index::Id),
        [key, id] if key.column == "updatedAt" && !key.descending && !id.descending => {
            let has_keys = cursor.is_none_or(|c| c.contains_key("updatedAt"));
            (is_open && has_keys).then_some(Index::UpdatedAt)
        }
        _ => None,
    }
}

/// Whether a filter is only `updatedAt >= x` (or `>`).
fn is_since(filter: &Filter) -> bool {
    match filter {
        Filter::And(parts) => matches!(&parts[..], [part] if is_since(part)),
        other => !matches!(other, Filter::And(_)) && updated_since(other).is_some(),
    }
}

/// The position in the index where the rows of such a filter start.
fn from(filter: &Filter) -> (String, Uuid) {
    (
        updated_since(filter).unwrap_or_default().to_owned(),
        Uuid::nil(),
    )
}

/// A page in the order of an index: no sort, no scan beyond the page.
fn from_index<'a>(
    world: &'a World,
    table: &'a Table,
    index: Index,
    query: &Query,
    cursor: Option<&Record>,
    count: usize,
) -> Vec<&'a Record> {
    let backwards = query.before.is_some();
    let keep = |row: &&'a Record| {
        !is_deleted(row) && query.filter.as_ref().is_none_or(|f| f.accepts(world, row))
    };
    match index {
        Index::Id => {
            let bound = cursor.filter(|c| c.contains_key("id")).map(id_of);
            let rows = table.range(bounds(bound, backwards)).map(|(_, row)| row);
            page(rows, backwards, keep, count)
        }
        Index::UpdatedAt => {
            let text = |c: &Record| {
                get(c, "updatedAt", None)
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            };
            let bound = cursor.map(|c| (text(c), id_of(c)));
            let (mut start, end) = bounds(bound, backwards);
            if let (Bound::Unbounded, Some(filter)) = (&start, &query.filter) {
                start = Bound::Included(from(filter));
            }
            if matches!((&start, &end), (Bound::Included(a), Bound::Excluded(b)) if a > b) {
                return Vec::new();
            }
            let keys = table.by_updated().range((start, end));
            page(
                keys.filter_map(|(_, id)| table.get(*id)),
                backwards,
                keep,
                count,
            )
        }
    }
}

fn bounds<T>(cursor: Option<T>, backwards: bool) -> (Bound<T>, Bound<T>) {
    let bound = cursor.map_or(Bound::Unbounded, Bound::Excluded);
    if backwards {
        (Bound::Unbounded, bound)
    } else {
        (bound, Bound::Unbounded)
    }
}

fn page<'a>(
    rows: impl DoubleEndedIterator<Item = &'a Record>,
    backwards: bool,
    keep: impl FnMut(&&'a Record) -> bool,
    count: usize,
) -> Vec<&'a Record> {
    if backwards {
        rows.rev().filter(keep).take(count).collect()
    } else {
        rows.filter(keep).take(count).collect()
    }
}

/// All records that pass a filter, ordered by id. Soft-deleted ones are hidden unless the filter mentions `deletedAt`.
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
