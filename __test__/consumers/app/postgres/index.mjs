// An application on `pg` that keeps the mappings in its own database. Prints its results as JSON.
import pg from 'pg';
import { createTwentyCrmSyncService, postgresMappingStore } from 'twenty-crm-native';

const { baseUrl, apiKey, database } = JSON.parse(process.argv[2]);
const pool = new pg.Pool(database);
const mappingStore = postgresMappingStore(pool);
await mappingStore.ensureTable();
const service = createTwentyCrmSyncService({ baseUrl, apiKey }, { mappingStore });
const { id } = await service.upsertPerson({
  external_id: 'pg_1',
  name: 'Post Gres',
  email: 'post@pg.example',
});
const { rows } = await pool.query('select ever_id, crm_id from integration_mappings');
const found = await mappingStore.findByCrmId(id, 'person');
await mappingStore.close();
await pool.end();
console.log(JSON.stringify({ rows, id, found: found?.everId }));
