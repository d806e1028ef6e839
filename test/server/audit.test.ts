import { sql } from 'kysely';
import t, { type Test } from 'tap';
import type { AuditPage, ClientView } from '../../schemas/types.ts';
import { CHAIN_START, chainHash } from '../../server/audit/chain.ts';
import { readAudit, verifyAudit } from '../../server/audit/log.ts';
import { problemOf, type Api } from '../support/api.ts';
import { homes, startTestHub, type TestHub } from '../support/hub.ts';

for (const home of homes) {
  t.test(home, async (t) => {
    t.test('every write is in the log', async (t) => deeds(t, await startTestHub(t, { home })));
    t.test('reading the log', async (t) => reading(t, await startTestHub(t, { home })));
    t.test('the chain', async (t) => chain(t, await startTestHub(t, { home })));
  });
}

const policy = { id: 'northstar/standard', title: 'Standard', summary: 'For tests.', rules: [] };

async function deeds(t: Test, { hub, operator, join }: TestHub): Promise<void> {
  const northstar = await join({ id: 'northstar' });
  const { client_id } = northstar.credentials;
  const { body: rotated } = await northstar.post<ClientView>(`/v1/clients/${client_id}/credentials`, {});
  await northstar.delete(`/v1/clients/${client_id}/credentials/${rotated.credentials[1]!.id}`);
  await northstar.delete(`/v1/clients/${client_id}/credentials/${rotated.credentials[0]!.id}`);
  const renewed = await northstar.post<ClientView>(`/v1/clients/${client_id}/credentials`, {});
  await operator.patch('/v1/members/northstar', { trust: 'verified' });
  await operator.put('/v1/groups/circle', { title: 'Circle', members: ['northstar'] });
  await operator.put('/v1/groups/circle', { title: 'Circle', members: [] });
  await operator.delete('/v1/groups/circle');
  await operator.post('/v1/members/northstar/suspend');
  await operator.post('/v1/members/northstar/suspend');
  await operator.post('/v1/members/northstar/resume');
  await northstar.post('/v1/policies', policy);
  await northstar.post('/v1/policies', policy);
  await northstar.post('/v1/policies/northstar/standard/versions/1/activate', {});
  await northstar.post('/v1/policies/northstar/withdraw', {});
  await operator.post('/v1/digest-keys/hub/rotate', {});
  await operator.post('/v1/keys/signing/rotate', {});
  await northstar.get('/v1/digest-keys');
  await operator.get('/v1/members/northstar/clients');
  await operator.get('/v1/policies/northstar/standard');
  await operator.post(`/v1/clients/${client_id}/revoke`);
  await operator.post('/v1/members/northstar/off-board', { signals: 'keep' });
  await operator.post('/v1/members', { id: 'northstar', title: 'Again', kind: 'ngo' });

  const log = await readAudit(hub.db, 0, 1000);
  t.same(log.map(({ member, action, subject }) => `${member} ${action} ${subject}`), [
    'hub first-start hub',
    'hub add-member northstar',
    `hub add-client ${client_id}`,
    `northstar add-credential ${client_id}`,
    `northstar remove-credential ${client_id}`,
    `northstar add-credential ${client_id}`,
    'hub change-member northstar',
    'hub add-group circle',
    'hub change-group circle',
    'hub delete-group circle',
    'hub suspend-member northstar',
    'hub resume-member northstar',
    'northstar store-policy northstar/standard',
    'northstar activate-policy northstar/standard',
    'northstar withdraw-policy northstar',
    'hub rotate-digest-key hub',
    `hub rotate-signing-key ${log[16]?.subject}`,
    'northstar read-digest-keys northstar',
    'hub read-clients northstar',
    'hub read-policy northstar/standard',
    `hub revoke-client ${client_id}`,
    'hub off-board-member northstar',
  ], 'once each, and nothing that was refused or changed nothing');
  t.same(log[6]?.detail, { trust: 'verified' });
  const text = JSON.stringify(log);
  for (const secret of [northstar.credentials.client_secret, rotated.client_secret!, renewed.body.client_secret!]) t.notOk(text.includes(secret), 'secrets stay out');
  t.same(await verifyAudit(hub.db), { entries: log.length });
}

async function pages(operator: Api, limit: number): Promise<AuditPage['entries']> {
  const all: AuditPage['entries'] = [];
  for (let guard = 0; guard < 50; guard += 1) {
    const { body } = await operator.get<AuditPage>(`/v1/audit?after=${all.at(-1)?.entry ?? 0}&limit=${limit}`);
    all.push(...body.entries);
    if (body.entries.length < limit) return all;
  }
  throw new Error('reading the log does not come to an end');
}

async function reading(t: Test, { hub, operator, join }: TestHub): Promise<void> {
  await join({ id: 'northstar' });
  const read = await pages(operator, 2);
  t.same(read.slice(0, 3).map(({ action }) => action), ['first-start', 'add-member', 'add-client']);
  t.same(read.map(({ entry }) => entry), read.map((_, index) => index + 1));
  const log = await readAudit(hub.db, 0, 1000);
  t.match(log.at(-1), { member: 'hub', action: 'read-audit', subject: 'audit' }, 'its reading is recorded');
  let hash: Uint8Array = CHAIN_START;
  for (const { hash: stated, at, ...entry } of read) {
    hash = chainHash(hash, { ...entry, at: Date.parse(at), detail: entry.detail });
    t.equal(Buffer.from(hash).toString('hex'), stated, `a third party can verify entry ${entry.entry} from what is served`);
  }
  const refused: [string, string[]][] = [
    ['after=-1', ['400 invalid-parameter', '/after must be >= 0']],
    ['limit=0', ['400 invalid-parameter', '/limit must be >= 1']],
    ['limit=1001', ['400 invalid-parameter', '/limit must be <= 1000']],
    ['after=x', ['400 invalid-parameter', '/after must be integer']],
    ['before=7', ['400 invalid-parameter', '/before is not a field that is known here']],
  ];
  for (const [query, expected] of refused) t.same(problemOf(await operator.get(`/v1/audit?${query}`)), expected, query);
}

async function chain(t: Test, { hub, operator, join }: TestHub): Promise<void> {
  await Promise.all([join({ id: 'northstar' }), join({ id: 'harbour' })]);
  await operator.put('/v1/groups/circle', { title: 'Circle', members: ['northstar'] });
  const { entries, broken } = await verifyAudit(hub.db);
  t.equal(broken, undefined);
  t.equal(entries, 6);
  const run = (statement: string): Promise<unknown> => sql.raw(statement).execute(hub.db);
  for (const table of ['audit', 'world_entry']) {
    for (const statement of [`update ${table} set at = at + 1`, `delete from ${table}`, `truncate ${table}`]) await t.rejects(run(statement), { message: `${table} is append-only` }, statement);
  }

  const tampers: [string, string, number][] = [
    ['another subject', `update audit set subject = 'nobody' where entry = 3`, 3],
    ['another time', 'update audit set at = at + 1 where entry = 2', 2],
    ['another detail', `update audit set detail = '{"members": []}' where entry = 6`, 6],
    ['another hash', `update audit set hash = decode(repeat('00', 32), 'hex') where entry = 1`, 1],
    ['a missing row', 'delete from audit where entry = 4', 4],
    ['the last row missing', 'delete from audit where entry = 6', 6],
    ['all rows missing', 'delete from audit', 1],
    ['two rows exchanged', 'update audit set entry = case entry when 2 then 1003 else 1002 end where entry in (2, 3); update audit set entry = entry - 1000 where entry > 1000', 2],
  ];
  for (const [name, statement, at] of tampers) {
    await hub.db.schema.createTable('kept').as(hub.db.selectFrom('audit').selectAll()).execute();
    await run('alter table audit disable trigger audit_append_only');
    for (const part of statement.split('; ')) await run(part);
    t.equal((await verifyAudit(hub.db)).broken, at, name);
    await run('delete from audit');
    await run('insert into audit select * from kept');
    await run('drop table kept');
    await run('alter table audit enable trigger audit_append_only');
  }
  t.same(await verifyAudit(hub.db), { entries });

  await run('alter table audit disable trigger audit_append_only');
  await rewrite(hub, entries, { subject: 'nobody' });
  t.equal((await verifyAudit(hub.db)).broken, entries, 'a chain made anew does not end where the hub ended it');
}

/** Changes the last entry and gives it the hash that fits. */
async function rewrite(hub: TestHub['hub'], entry: number, change: { subject: string }): Promise<void> {
  const [before, last] = await readAudit(hub.db, entry - 2, 2);
  const { hash: _hash, ...changed } = { ...last!, ...change };
  await hub.db.updateTable('audit').set({ ...change, hash: chainHash(Buffer.from(before!.hash, 'hex'), changed) }).where('entry', '=', entry).execute();
}
