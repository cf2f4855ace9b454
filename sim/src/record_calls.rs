//! The calls on records.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::answers::{data, data_of};
use crate::bulk::{self, MAX_RECORDS};
use crate::change;
use crate::errors::ApiError;
use crate::field_choice::FieldChoice;
use crate::filter::Filter;
use crate::filter_compile;
use crate::find::{self, Query};
use crate::http::{ApiResult, Request, Response};
use crate::list_params::ListParams;
use crate::remove;
use crate::schema::Object;
use crate::state::State;
use crate::store::{Record, is_deleted};
use crate::upsert;
use crate::values::Payload;
use crate::view::View;
use crate::world::World;
use crate::write::Write;

/// A call with a valid path and valid parameters.
pub struct Call<'a> {
    /// The server.
    pub state: &'a Arc<State>,
    /// The request.
    pub request: &'a Request,
    /// The object in the path.
    pub object: Arc<Object>,
    /// 0 or 1.
    pub depth: u8,
    /// The filter in GraphQL's shape.
    pub filter: Option<Value>,
    /// The fields that the answer shows.
    pub choice: Option<FieldChoice>,
}

impl Call<'_> {
    fn flavoured(&self, payload: &Value) -> ApiResult<Payload> {
        change::payload(self.state, &self.object, payload)
    }

    /// A row as the answer shows it, with its relations if `world` is given.
    pub fn view<'a>(&'a self, row: &'a Record, world: Option<&'a World>) -> View<'a> {
        let view = match world {
            Some(world) => View::at_depth(&self.object, row, self.depth, world),
            None => View::flat(&self.object, row),
        };
        view.choosing(self.choice.as_ref())
    }

    /// The compiled filter.
    pub fn compiled(&self, world: &World) -> ApiResult<Option<Filter>> {
        self.filter
            .as_ref()
            .map(|filter| filter_compile::compile(&world.schema, &self.object, filter))
            .transpose()
    }

    fn flag(&self, name: &str) -> bool {
        self.request.query(name) == Some("true")
    }

    /// Simulated time for rows that were read.
    pub fn lookup_time(&self, rows: usize) -> Duration {
        let each = self.state.settings().service_times.lookup_us;
        Duration::from_micros(each.saturating_mul(rows as u64))
    }

    /// GET one.
    ///
    /// # Errors
    /// In the server's words.
    pub fn get_one(&self, id: Uuid) -> ApiResult<Response> {
        let world = self.state.world();
        let row = world
            .table(&self.object.name_singular)
            .share(id)
            .filter(|row| !is_deleted(row))
            .ok_or_else(ApiError::record_not_found)?;
        let key = &self.object.name_singular;
        let mut response = if self.depth == 0 {
            drop(world);
            data(200, key, &self.view(&row, None))
        } else {
            data(200, key, &self.view(&row, Some(&world)))
        };
        response.service_time = self.lookup_time(1);
        Ok(response)
    }

    /// GET many.
    ///
    /// # Errors
    /// In the server's words.
    pub fn list(&self, params: ListParams) -> ApiResult<Response> {
        let differences = self.state.settings().differences();
        let world = self.state.world();
        let query = Query {
            filter: self.compiled(&world)?,
            order: params.order,
            after: params.after,
            before: params.before,
            limit: params.limit,
            is_honest: differences.honest_pages,
            skips_to_many: !differences.refuses_to_many_order,
        };
        let page = find::find(&world, &self.object, &query)?;
        let views: Vec<View<'_>> = page
            .rows
            .iter()
            .map(|row| self.view(row, Some(&world)))
            .collect();
        let mut response = data_of(200, &self.object.name_plural, &views);
        let rest = serde_json::json!({
            "totalCount": page.total,
            "pageInfo": {
                "startCursor": page.start_cursor,
                "endCursor": page.end_cursor,
                "hasNextPage": page.has_next_page,
                "hasPreviousPage": page.has_previous_page,
            },
        })
        .to_string();
        response.body.pop();
        response.body.push(b',');
        response.body.extend_from_slice(&rest.as_bytes()[1..]);
        response.service_time = self.lookup_time(views.len());
        Ok(response)
    }

    /// POST one.
    ///
    /// # Errors
    /// In the server's words.
    pub fn create_one(&self) -> ApiResult<Response> {
        let payload = match &self.request.json {
            None => {
                let message = "Cannot read properties of undefined (reading 'position')";
                return Err(ApiError::core(400, "TypeError", message));
            }
            Some(Value::String(text)) => {
                let message = format!("Cannot create property 'position' on string '{text}'");
                return Err(ApiError::core(400, "TypeError", message));
            }
            Some(body) => self.flavoured(body)?,
        };
        let key = format!("create{}", self.object.pascal_singular());
        self.create(vec![payload], |views| data(201, &key, &views[0]))
    }

    /// POST a batch.
    ///
    /// # Errors
    /// In the server's words.
    pub fn create_many(&self) -> ApiResult<Response> {
        let Some(Value::Array(rows)) = &self.request.json else {
            return Err(ApiError::core(
                400,
                "TypeError",
                "args.data.forEach is not a function",
            ));
        };
        if rows.len() > MAX_RECORDS {
            let message = format!("Maximum number of records to upsert is {MAX_RECORDS}.");
            return Err(ApiError::bad_request(message));
        }
        let payloads = rows
            .iter()
            .map(|row| self.flavoured(row))
            .collect::<ApiResult<Vec<Payload>>>()?;
        let key = format!("create{}", self.object.pascal_plural());
        self.create(payloads, |views| data_of(201, &key, views))
    }

    fn create(
        &self,
        mut payloads: Vec<Payload>,
        answer: impl FnOnce(&[View<'_>]) -> Response,
    ) -> ApiResult<Response> {
        let is_upsert = self.flag("upsert");
        self.write(
            |write| {
                for payload in &mut payloads {
                    write.resolve(payload)?;
                }
                if is_upsert {
                    upsert::upsert(write, payloads)
                } else {
                    upsert::insert_all(write, payloads)
                }
            },
            answer,
        )
    }

    /// Runs a write under the lock and prints the rows whose ids it returns.
    pub fn write(
        &self,
        work: impl FnOnce(&mut Write<'_>) -> ApiResult<Vec<Uuid>>,
        answer: impl FnOnce(&[View<'_>]) -> Response,
    ) -> ApiResult<Response> {
        let key = self.request.key.as_ref();
        let done = change::change(self.state, &self.object, key, work)?;
        // Rows without relations are printed after the lock is released.
        let world = (self.depth > 0).then(|| self.state.world());
        let views: Vec<View<'_>> = done
            .rows
            .iter()
            .map(|row| self.view(row, world.as_deref()))
            .collect();
        let mut response = answer(&views);
        drop(world);
        response.service_time = done.time;
        response.in_flight = done.in_flight;
        Ok(response)
    }

    /// PATCH one.
    ///
    /// # Errors
    /// In the server's words.
    pub fn update_one(&self, id: Uuid) -> ApiResult<Response> {
        let mut payload = self.flavoured(self.body())?;
        let key = format!("update{}", self.object.pascal_singular());
        self.write(
            |write| {
                if write
                    .world
                    .table(&self.object.name_singular)
                    .get(id)
                    .is_none()
                {
                    return Err(ApiError::record_not_found());
                }
                write.resolve(&mut payload)?;
                write.update(id, payload)?;
                Ok(vec![id])
            },
            |views| data(200, &key, &views[0]),
        )
    }

    fn body(&self) -> &Value {
        static EMPTY: Value = Value::Null;
        self.request.json.as_ref().unwrap_or(&EMPTY)
    }

    fn selected(&self, world: &World, keep: impl Fn(&Record) -> bool) -> ApiResult<Vec<Uuid>> {
        let filter = self.compiled(world)?;
        Ok(bulk::selected(world, &self.object, filter.as_ref(), keep))
    }

    /// PATCH by filter.
    ///
    /// # Errors
    /// In the server's words.
    pub fn update_many(&self) -> ApiResult<Response> {
        let payload = self.flavoured(self.body())?;
        let key = format!("update{}", self.object.pascal_plural());
        self.write(
            |write| {
                let filter = self.compiled(write.world)?;
                bulk::update(write, filter.as_ref(), payload)
            },
            |views| data(200, &key, views),
        )
    }

    /// DELETE one.
    ///
    /// # Errors
    /// In the server's words.
    pub fn delete_one(&self, id: Uuid) -> ApiResult<Response> {
        let key = format!("delete{}", self.object.pascal_singular());
        if self.flag("soft_delete") {
            return self.write(
                |write| write.set_deleted(id, true).map(|()| vec![id]),
                |views| data(200, &key, &views[0]),
            );
        }
        self.write(
            |write| {
                if remove::destroy(write, id) {
                    Ok(Vec::new())
                } else {
                    Err(ApiError::record_not_found())
                }
            },
            |_| data(200, &key, &Id { id }),
        )
    }

    /// DELETE by filter.
    ///
    /// # Errors
    /// In the server's words.
    pub fn delete_many(&self) -> ApiResult<Response> {
        let key = format!("delete{}", self.object.pascal_plural());
        let soft = self.flag("soft_delete");
        if self.filter.is_none() {
            let operation = if soft { "delete" } else { "destroy" };
            return Err(ApiError::bad_request(format!(
                "Filters are mandatory for bulk {operation} operations. Please provide at least \
                 one filter to prevent accidental deletion of all records."
            )));
        }
        if soft {
            return self.write(
                |write| {
                    let ids = self.selected(write.world, |row| !is_deleted(row))?;
                    for id in &ids {
                        write.set_deleted(*id, true)?;
                    }
                    Ok(ids)
                },
                |views| data(200, &key, views),
            );
        }
        let mut gone = Vec::new();
        let response = self.write(
            |write| {
                for id in self.selected(write.world, |_| true)? {
                    remove::destroy(write, id);
                    gone.push(Id { id });
                }
                Ok(Vec::new())
            },
            |_| Response::empty(200),
        )?;
        let mut answer = data(200, &key, &gone);
        answer.service_time = response.service_time;
        Ok(answer)
    }

    /// PATCH /rest/restore.
    ///
    /// # Errors
    /// In the server's words.
    pub fn restore(&self) -> ApiResult<Response> {
        let key = format!("restore{}", self.object.pascal_plural());
        self.write(
            |write| {
                let ids = self.selected(write.world, |_| true)?;
                for id in &ids {
                    write.set_deleted(*id, false)?;
                }
                Ok(ids)
            },
            |views| data(200, &key, views),
        )
    }
}

#[derive(Serialize)]
struct Id {
    id: Uuid,
}
