import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import t from 'tap';
import { projectFile } from '../../../schemas/root.ts';
import type { Digest, DigestKeyList, Explanation, NewSignal } from '../../../schemas/types.ts';
import { hashEmail, hashUrl, KeyRing } from '../../../clients/sdk/index.ts';
import { runCommand } from '../../../clients/cli/program.ts';
import { items, lines, problemDocument, startFake } from '../sdk/fake-hub.ts';
import { MAIN, serve, tocsin, tocsinProcess } from './run.ts';

t.setTimeout(600_000);

const KEYS: DigestKeyList = { keys: [{ key: 'hub', epoch: 2, secret: 'ab'.repeat(32), current: true }, { key: 'hub', epoch: 1, secret: 'cd'.repeat(32), current: false }, { key: 'crisis-team', epoch: 1, secret: 'ef'.repeat(32), current: true }] };
const COMMANDS = [
  ['serve'], ['backup'], ['restore'], ['push'], ['pull'], ['explain'],
  ...['list', 'show', 'create', 'change', 'suspend', 'resume', 'off-board'].map((name) => ['member', name]),
  ...['list', 'add', 'rotate', 'retire', 'revoke'].map((name) => ['member', 'client', name]),
  ...['list', 'set', 'delete'].map((name) => ['member', 'group', name]),
  ...['list', 'show', 'put', 'activate', 'rollback', 'withdraw', 'approve', 'approval', 'history', 'explain', 'lint', 'diff', 'simulate', 'visible', 'calendar', 'iep', 'test', 'validate'].map((name) => ['policy', name]),
  ...['list', 'show', 'put', 'verify', 'delete'].map((name) => ['contact', name]),
  ...['list', 'show', 'declare'].map((name) => ['exercise', name]),
  ...['list', 'show', 'post', 'acknowledge', 'close'].map((name) => ['emergency', name]),
  ...['make', 'list', 'show', 'end'].map((name) => ['refer', name]),
  ...['list', 'show', 'declare', 'open', 'close'].map((name) => ['incident', name]),
  ...['add', 'list', 'release'].map((name) => ['hold', name]),
  ...['url', 'domain', 'email', 'phone', 'handle', 'id', 'media', 'media-file'].map((name) => ['hash', name]),
  ...['list', 'export', 'rotate'].map((name) => ['keys', name]),
];

t.test('help that helps', async (t) => {
  const { code, stdout } = await tocsinProcess(['--help']);
  t.equal(code, 0);
  t.match(stdout, /Exit codes: 0 done/);
  for (const [first] of COMMANDS) t.match(stdout, new RegExp(`^  ${first}\\b`, 'm'), `${first} is listed`);
  for (const command of COMMANDS) {
    const help = await tocsin([...command, '--help']);
    t.equal(help.code, 0);
    t.match(help.stdout, new RegExp(`Examples:\\n  \\$ .*tocsin ${command.join(' ')}`), `${command.join(' ')} has an example`);
  }
  t.match((await tocsin(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
});

t.test('wrong use', async (t) => {
  const wrong: [string[], RegExp][] = [
    [['nonsense'], /unknown command/],
    [['member', 'show'], /missing required argument/],
    [['member', 'create', 'x', '--title', 'X', '--kind', 'circus'], /Allowed choices are platform/],
    [['push'], /Nothing is to be sent/],
    [['push', 'a', '--urls', 'b'], /One file at a time/],
    [['push', '--urls', 'b'], /--harm is needed/],
    [['push', '--urls', 'b', '--harm', 'nonsense'], /must be a harm of the tree/],
    [['push', '--urls', 'b', '--harm', 'fraud', '--confidence', '51'], /\/confidence/],
    [['push', '--urls', 'b', '--harm', 'fraud', '--note', 'ask jane@example.com'], /raw identifier/],
    [['pull', 'all', '--into', 'x', '--cursor', 'y'], /--cursor/],
    [['hash', 'handle', 'x'], /--platform is needed/],
    [['policy', 'show', 'standard'], /not the id of a policy/],
    [['policy', 'simulate'], /nothing to simulate/],
    [['policy', 'simulate', '--what-if', 'join:harbor'], /join:harbor is not a change/],
    [['policy', 'simulate', '--what-if', 'open:flood:now'], /open:flood:now is not a change/],
    [['policy', 'approval', 'northstar', 'three'], /neither one nor two/],
    [['keys', 'rotate', 'hub', '--signing'], /Name one key/],
    [['member', 'change', 'x'], /Nothing is to be changed/],
  ];
  for (const [index, [args, message]] of wrong.entries()) {
    const ran = await (index === 0 ? tocsinProcess : tocsin)(args);
    t.equal(ran.code, 2, args.join(' '));
    t.match(ran.stderr, message);
    t.equal(ran.stdout, '');
  }
  t.match((await tocsin(['member', 'show', '--json'])).error, { exit: 2, message: /missing required argument/ });
});

t.test('which hub, and as whom', async (t) => {
  const folder = t.testdir({
    secret: 'hush\n', empty: '\n', 'key.json': '{"kty":"OKP"}',
    tocsin: { 'config.json': JSON.stringify({ profiles: { default: { url: 'http://127.0.0.1:9', client_id: 'a', secret_file: '../secret' }, leaky: { client_secret: 'hush' }, odd: { uri: 'x' } } }) },
  });
  const env = { XDG_CONFIG_HOME: folder };
  const without = await tocsin(['member', 'list']);
  t.equal(without.code, 2);
  t.match(without.stderr, /No hub is named.*\n.*TOCSIN_URL/);
  t.match((await tocsin(['member', 'list', '--url', 'https://hub.example', '--json'])).error, { exit: 2, message: /No client/, advice: /TOCSIN_CLIENT_ID/ });
  t.match((await tocsin(['member', 'list', '--url', 'https://hub.example', '--client-id', 'a', '--json'])).error, { exit: 2, message: /no secret/ });
  t.match((await tocsin(['member', 'list', '--url', 'hub.example', '--client-id', 'a', '--json'])).error, { exit: 2, message: /must start with http/ });
  t.match((await tocsin(['member', 'list', '--url', 'https://user:word@hub.example', '--client-id', 'a', '--json'])).error, { exit: 2, message: /no user/ });
  t.match((await tocsin(['member', 'list', '--secret-file', join(folder, 'nothing'), '--json'], env)).error, { exit: 2, message: /cannot be read.*ENOENT/ });
  t.match((await tocsin(['member', 'list', '--secret-file', join(folder, 'empty'), '--json'], env)).error, { exit: 2, message: /is empty/ });
  t.match((await tocsin(['member', 'list', '--private-key-file', join(folder, 'key.json'), '--json'], env)).error, { exit: 2, message: /not a private JWK/ });
  t.match((await tocsin(['member', 'list', '--profile', 'leaky', '--json'], env)).error, { exit: 2, message: /holds a secret/ });
  t.match((await tocsin(['member', 'list', '--profile', 'odd', '--json'], env)).error, { exit: 2, message: /not known: uri/ });
  t.match((await tocsin(['member', 'list', '--profile', 'other', '--json'], env)).error, { exit: 2, message: /no profile other/, advice: /default, leaky, odd/ });
  const unreachable = await tocsin(['member', 'list'], env);
  t.equal(unreachable.code, 5, 'the profile is complete, but nobody listens there');
  t.match(unreachable.stderr, /cannot be reached \(ECONNREFUSED\)\nIs the hub running/);
  t.notMatch(unreachable.stderr, /hush/);
});

t.test('hashing without a connection', async (t) => {
  const folder = t.testdir({ 'keys.json': JSON.stringify(KEYS), 'file.bin': 'abc', 'broken.json': '{"keys": [{"secret": "top-secret-value', 'other.json': '{}' });
  const keyFile = ['--key-file', join(folder, 'keys.json')];
  const ring = new KeyRing(KEYS.keys);
  const urls = await tocsin(['hash', 'url', ...keyFile, '--json'], {}, 'https://example.com/login\r\n\nexample.com\n');
  t.equal(urls.code, 0);
  t.same(urls.lines, [hashUrl(ring, 'https://example.com/login'), hashUrl(ring, 'example.com')] as object[]);
  const plain = await tocsin(['hash', 'email', ...keyFile, '--key', 'crisis-team', 'Jane@Example.com']);
  const { digest } = hashEmail(ring, 'jane@example.com', { key: 'crisis-team' });
  t.equal(plain.stdout, `account-email-v1 crisis-team/1 ${digest}\n`);
  t.same((await tocsin(['hash', 'domain', ...keyFile, '--json', '*.Example.com'])).lines, [hashUrl(ring, 'example.com')] as object[]);
  for (const [kind, ...args] of [['phone', '--country', 'GB', '020 7946 0958'], ['handle', '--platform', 'example.com', '@jane'], ['id', '--platform', 'example.com', '42']]) {
    t.match(await tocsin(['hash', kind!, ...keyFile, ...args]), { code: 0, stdout: /^account-\w+-v1 hub\/2 [0-9a-f]{64}\n$/ }, `${kind}`);
  }
  t.match(await tocsin(['hash', 'media', '--scheme', 'media-md5', 'D41D8CD98F00B204E9800998ECF8427E']), { code: 0, stdout: 'media-md5 d41d8cd98f00b204e9800998ecf8427e\n' });

  const mixed = await tocsin(['hash', 'email', ...keyFile, '--json'], {}, 'jane@example.com\nnot an address\n');
  t.equal(mixed.code, 4);
  t.match(mixed.lines, [{ scheme: 'account-email-v1' }, { line: 2, error: 'bad-email' }]);
  const bad = await tocsin(['hash', 'email', ...keyFile], {}, 'not an address\n');
  t.match(bad, { code: 1, stdout: '', stderr: 'line 1: This is not a plain e-mail address.\n' }, 'what was read is not repeated');

  const sha256 = createHash('sha256').update('abc').digest('hex');
  t.match((await tocsin(['hash', 'media-file', join(folder, 'file.bin'), '--json'])).lines, [{ file: /file\.bin/, digests: [{ scheme: 'media-sha256', digest: sha256 }, {}, {}] }]);
  t.match(await tocsin(['hash', 'media-file', join(folder, 'nothing')]), { code: 1, stderr: /ENOENT/ });
  t.match(await tocsin(['hash', 'url', '--key-file', join(folder, 'other.json'), 'x']), { code: 2, stderr: /no file of digest keys/ });
  const broken = await tocsin(['hash', 'url', '--key-file', join(folder, 'broken.json'), 'x']);
  t.equal(broken.code, 1);
  t.notMatch(broken.stderr, /top-secret/);
});

t.test('policies as files', async (t) => {
  const shipped = ['charter-standard', 'community-baseline', 'child-safety-alliance'].map((name) => projectFile(`sharing-policies/${name}`));
  t.match(await tocsin(['policy', 'test', ...shipped]), { code: 0, stdout: /cases passed\n.*cases passed\n.*cases passed/ });
  t.match(await tocsin(['policy', 'validate', ...shipped]), { code: 0, stdout: /^3 policies valid, 0 not/ });
  const folder = t.testdir();
  const policy = JSON.parse(readFileSync(join(shipped[1]!, 'policy.json'), 'utf8')) as { rules: { effect: string }[] };
  copyFileSync(join(shipped[1]!, 'cases.json'), join(folder, 'cases.json'));
  writeFileSync(join(folder, 'policy.json'), JSON.stringify({ ...policy, rules: policy.rules.slice(1) }));
  const failing = await tocsin(['policy', 'test', folder, '--json']);
  t.equal(failing.code, 1);
  t.match(failing.json, [{ failed: [{ name: String, differences: [/^Expected effect/] }] }]);
  writeFileSync(join(folder, 'policy.json'), JSON.stringify({ ...policy, rules: [policy.rules[0], policy.rules[0]] }));
  const invalid = await tocsin(['policy', 'validate', join(folder, 'policy.json'), '--json']);
  t.equal(invalid.code, 1);
  t.match(invalid.json, [{ valid: false, errors: [{ pointer: '/rules/1/id' }] }]);
  t.match(await tocsin(['policy', 'test', join(folder, 'nothing')]), { code: 2, stderr: /ENOENT/ });
});

t.test('who watches a push sees how far it has come', async (t) => {
  const hub = await startFake(t, async (request, response) => {
    let index = 0;
    for await (const _item of items(request)) lines(response, { index: index++, status: 'rejected', problem: problemDocument(422, 'raw-identifier') });
    lines(response, { done: true, batch: 'b', created: 0, updated: 0, unchanged: 0, rejected: index, retracted: 0 });
    response.end();
  });
  const file = join(t.testdir({ 'list.txt': 'd41d8cd98f00b204e9800998ecf8427e\n'.repeat(30) }), 'list.txt');
  const output = { stdout: '', stderr: '' };
  const screen = (name: keyof typeof output): Writable => Object.assign(new Writable({ write: (chunk, _encoding, done) => done(void (output[name] += String(chunk))) }), { isTTY: true, columns: 120 });
  const code = await runCommand(['push', '--hashes', file, '--scheme', 'media-md5', '--harm', 'fraud'], {
    stdin: Readable.from([]), stdout: screen('stdout'), stderr: screen('stderr'), env: { TOCSIN_URL: hub.url, TOCSIN_CLIENT_ID: 'a', TOCSIN_CLIENT_SECRET: 'b' },
  });
  t.equal(code, 4);
  t.match(output.stderr, /100% {2}30 acknowledged/);
  t.match(output.stderr, /line 20: It is raw-identifier\n… and 10 more\./);
  t.match(output.stdout, /30 refused/);
});

t.test('whoever reads the output may have enough', async (t) => {
  const file = join(t.testdir({ 'list.txt': 'd41d8cd98f00b204e9800998ecf8427e\n'.repeat(20_000) }), 'list.txt');
  const child = spawn('/bin/sh', ['-c', `"$0" "$1" hash media --scheme media-md5 < "$2" | head -1; exit 0`, process.execPath, MAIN, file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await once(child, 'close');
  t.equal(stderr, '');
});

t.test('a life with a hub', async (t) => {
  const folder = t.testdir();
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const data = { TOCSIN_DATA: join(folder, 'data') };
  const hub = await serve(t, data);
  const [, id, secret] = /^client_id: (\S+)\nclient_secret: (\S+)$/m.exec(hub.stdout) ?? [];
  const env = { TOCSIN_URL: hub.url, TOCSIN_CLIENT_ID: id!, TOCSIN_CLIENT_SECRET: secret! };
  const as = async (member: string, scopes: string[]): Promise<Record<string, string>> => {
    const made = await tocsin(['member', 'client', 'add', member, '--title', 'Test', '--scope', ...scopes, '--json'], env);
    t.equal(made.code, 0, made.stderr);
    const { client_id, client_secret } = made.json as { client_id: string; client_secret: string };
    return { TOCSIN_URL: hub.url, TOCSIN_CLIENT_ID: client_id, TOCSIN_SECRET_FILE: file(`${client_id}.secret`, client_secret) };
  };

  await t.test('members, groups and clients', async (t) => {
    t.match(await tocsin(['member', 'show', 'me'], env), { code: 0, stdout: /hub\.operator/ });
    const wrong = await tocsin(['member', 'list'], { ...env, TOCSIN_CLIENT_SECRET: 'wrong-secret' });
    t.match(wrong, { code: 3, stderr: /invalid_client.*\nCheck the client id/ });
    t.notMatch(wrong.stderr, /wrong-secret/);
    for (const member of ['northstar', 'harbor']) {
      t.match(await tocsin(['member', 'create', member, '--title', member, '--kind', 'platform', '--trust', 'verified', '--jurisdiction', 'DE', 'EU'], env), { code: 0, stdout: /client add/ });
    }
    t.match((await tocsin(['member', 'change', 'harbor', '--title', 'Harbor', '--agreement', 'fraud-2026=2026-01-01T00:00:00Z/2027-01-01T00:00:00Z', '--json'], env)).json, { title: 'Harbor', agreements: [{ id: 'fraud-2026' }] });
    t.match(await tocsin(['member', 'list'], env), { code: 0, stdout: /^ID .*\n(.*\n)*harbor +platform +verified +active +Harbor/ });
    const twice = await tocsin(['member', 'create', 'harbor', '--title', 'H', '--kind', 'ngo', '--json'], env);
    t.equal(twice.code, 3);
    t.match(twice.error, { exit: 3, problem: { type: 'urn:tocsin:problem:already-exists', status: 409 } });
    t.match(await tocsin(['member', 'show', '../me'], env), { code: 3, stderr: /parameter/ });
    t.match(await tocsin(['member', 'group', 'set', 'crisis-team', '--title', 'Crisis team', '--member', 'northstar', 'harbor'], env), { code: 0, stdout: /2 members: / });
    t.match(await tocsin(['member', 'group', 'list'], env), { code: 0, stdout: /crisis-team +Crisis team/ });
    t.match(await tocsin(['member', 'group', 'set', 'old', '--title', 'Old'], env), { code: 0 });
    t.match(await tocsin(['member', 'group', 'delete', 'old'], env), { code: 0 });
    const made = await tocsin(['member', 'client', 'add', 'harbor', '--title', 'Other', '--scope', 'feeds:read,members:read'], env);
    const [, client] = /^client_id: +(\S+)/m.exec(made.stdout) ?? [];
    t.match(made.stdout, /client_secret: +\S{43}\n(.*\n)*Keep the secret now/);
    t.match(await tocsin(['member', 'client', 'rotate', client!, '--retire-others-after', 'PT1H'], env), { code: 0, stdout: /client_secret: +\S{43}/ });
    const listed = await tocsin(['member', 'client', 'list', 'harbor', '--json'], env);
    t.notMatch(listed.stdout, /client_secret/);
    const [first] = (listed.json as { clients: { credentials: { id: string }[] }[] }).clients[0]!.credentials;
    t.match(await tocsin(['member', 'client', 'retire', client!, first!.id], env), { code: 0 });
    t.match(await tocsin(['member', 'client', 'revoke', client!], env), { code: 0, stdout: /revoked/ });
    t.match(await tocsin(['member', 'client', 'add', 'harbor', '--title', 'X', '--scope', 'everything'], env), { code: 2, stderr: /no scope everything/ });
  });

  const northstar = await as('northstar', ['signals:write', 'signals:read', 'policies:read', 'policies:write', 'explain', 'digest-keys:read', 'members:read']);
  const harbor = await as('harbor', ['feeds:read', 'digest-keys:read', 'signals:read']);

  await t.test('policies', async (t) => {
    const terms = { reveal: ['digest', 'harm'], origin: 'named', handling: { tlp: 'GREEN' } };
    const policy = (policyId: string): string => JSON.stringify({ id: policyId, title: 'Test', summary: 'For tests.', rules: [{ id: 'sure', effect: 'share', signals: { confidence: { atLeast: 60 } }, peers: { id: { in: ['harbor'] } }, terms }] });
    t.match(await tocsin(['policy', 'put', file('charter.json', policy('hub/charter')), '--activate'], env), { code: 0, stdout: /in force from/ });
    const path = file('policy.json', policy('northstar/standard'));
    t.match(await tocsin(['policy', 'validate', path, '--online'], northstar), { code: 0 });
    t.match(await tocsin(['policy', 'put', path], northstar), { code: 0, stdout: /northstar\/standard version 1 is stored.*not in force/ });
    t.match(await tocsin(['policy', 'activate', 'northstar/standard', '1'], northstar), { code: 0 });
    t.match((await tocsin(['policy', 'list', 'northstar/standard', '--json'], northstar)).json, { versions: [{ version: 1 }], activations: [{ version: 1 }] });
    t.match(await tocsin(['policy', 'list', 'northstar/standard'], northstar), { code: 0, stdout: /northstar\/standard version 1/ });
    t.same(JSON.parse((await tocsin(['policy', 'show', 'northstar/standard'], northstar)).stdout), JSON.parse(policy('northstar/standard')));
    t.match(await tocsin(['policy', 'show', 'northstar/standard', '--version-number', '7'], northstar), { code: 2 });
    const invalid = await tocsin(['policy', 'put', file('bad.json', JSON.stringify({ id: 'northstar/bad' }))], northstar);
    t.match(invalid, { code: 3, stderr: /\/title: is missing/ });
  });

  await t.test('keys', async (t) => {
    const listed = await tocsin(['keys', 'list', '--json'], northstar);
    t.match(listed.json, { keys: [{ epoch: 1, current: true }, {}] });
    t.notMatch(listed.stdout, /secret/);
    const path = join(folder, 'keys.json');
    t.match(await tocsin(['keys', 'export', path], northstar), { code: 0 });
    t.equal(statSync(path).mode & 0o777, 0o600);
    t.match(await tocsin(['keys', 'export', path], northstar), { code: 2, stderr: /exists already/ });
    const [offline, online] = [await tocsin(['hash', 'url', '--key-file', path, 'example.com']), await tocsin(['hash', 'url', 'example.com'], northstar)];
    t.equal(offline.stdout, online.stdout);
    t.match(await tocsin(['keys', 'rotate', 'hub', '--overlap', 'P1D'], northstar), { code: 3, stderr: /scope/ });
    t.match((await tocsin(['keys', 'rotate', 'hub', '--overlap', 'P1D', '--json'], env)).json, { key: 'hub', epoch: 2 });
    t.match(await tocsin(['keys', 'rotate', '--signing'], env), { code: 0 });
    t.match((await tocsin(['hash', 'url', 'example.com', '--json'], northstar)).lines, [{ epoch: 2 }] as object[]);
  });

  await t.test('pushing', async (t) => {
    const list = ['--harm', 'fraud.phishing', '--confidence', '80', '--status', 'malicious', '--tlp', 'GREEN', '--severity', 'high'];
    const urls = file('urls.txt', 'https://phish.example/login\nhttps://PHISH.example/login\nhttps://scam.example/\nmailto:nobody\n');
    const dry = await tocsin(['push', '--urls', urls, ...list, '--dry-run'], northstar);
    t.equal(dry.code, 4);
    t.notMatch(dry.stdout, /example/, 'nothing raw');
    t.match(dry.lines[0], { digests: [{ scheme: 'url-v1', epoch: 2 }], confidence: 80 });
    const first = await tocsin(['push', '--urls', urls, ...list], northstar);
    t.match(first, { code: 4, stdout: /^2 created, 0 updated, 1 unchanged, 1 refused, 0 retracted/, stderr: /^line 4: Only http/ });
    t.match(await tocsin(['push', '--domains', '-', ...list, '--label', 'takedown'], northstar, 'scam.example\n'), { code: 0, stdout: /^0 created, 1 updated/ }, 'the same digest is the same signal');

    const strict = await tocsin(['push', '--urls', urls, ...list, '--set', 'phishing'], northstar);
    t.match(strict, { code: 1, stderr: /Line 4 cannot be sent.*Nothing was retracted/ });
    t.match(await tocsin(['push', '--urls', urls, ...list, '--set', 'phishing', '--skip-bad', '--json'], northstar), { code: 4, stdout: /"created":2.*"retracted":0/ });
    const empty = file('empty.txt', '\n');
    t.match(await tocsin(['push', '--urls', empty, ...list, '--set', 'phishing'], northstar), { code: 1, stderr: /whole set would be retracted.*\n.*--allow-empty/ });
    t.match(await tocsin(['push', '--urls', '-', ...list, '--set', 'phishing'], northstar, ''), { code: 1, stderr: /--allow-empty/ });
    t.match(await tocsin(['push', '--urls', empty, ...list, '--set', 'phishing', '--allow-empty'], northstar), { code: 0, stdout: /2 retracted/ });

    const signal = (number: number, more: object = {}): string => `${JSON.stringify({ digests: [{ scheme: 'media-md5', digest: String(number).padStart(32, '0') }], harm: 'fraud', severity: 'low', confidence: 80, status: 'malicious', tlp: 'GREEN', ...more } satisfies NewSignal & object)}\n`;
    const signals = file('signals.ndjson', signal(1) + signal(2, { email: 'jane@example.com' }) + signal(3, { note: 'call +44 20 7946 0958' }) + '{"half\n' + signal(4, { digests: [{ scheme: 'url-v1', key: 'nobody', epoch: 1, digest: '0'.repeat(64) }] }) + signal(5));
    const pushed = await tocsin(['push', signals, '--json', '--idempotency-key', 'k1'], northstar);
    t.equal(pushed.code, 4);
    const results = pushed.lines.slice(0, -1).sort((a, b) => Number(a['line']) - Number(b['line']));
    t.match(results, [
      { line: 1, index: 0, status: 'created' },
      { line: 2, status: 'rejected', problem: { type: 'urn:tocsin:problem:invalid-body' } },
      { line: 3, status: 'rejected', problem: { type: 'urn:tocsin:problem:raw-identifier' } },
      { line: 4, status: 'rejected', message: 'The line is not JSON' },
      { line: 5, index: 1, status: 'rejected', problem: { type: 'urn:tocsin:problem:unknown-key' } },
      { line: 6, index: 2, status: 'created' },
    ]);
    t.match(pushed.lines.at(-1), { done: true, created: 2, rejected: 1 });
    t.notMatch(pushed.stdout, /jane|7946/);
    const again = await tocsin(['push', '-', '--idempotency-key', 'k1'], northstar, readFileSync(signals, 'utf8'));
    t.match(again, { code: 4, stdout: /^0 created, 0 updated, 2 unchanged, 4 refused/, stderr: /line 5: .*\/digests\/0/ });
    t.match(await tocsin(['push', signals], harbor), { code: 3, stderr: /scope/ });
    t.match(await tocsin(['push', signals], { ...northstar, TOCSIN_URL: 'http://127.0.0.1:9' }), { code: 5 });
    t.match(await tocsin(['push', join(folder, 'nothing')], northstar), { code: 2, stderr: /ENOENT/ });
  });

  let signalId = '';
  await t.test('pulling', async (t) => {
    const streamed = await tocsin(['pull', 'all'], harbor);
    t.equal(streamed.code, 0);
    const changes = streamed.lines.filter(({ type }) => type === 'signal') as { signal: { id: string; digests: Digest[] } }[];
    t.equal(changes.length, 4);
    signalId = changes[0]!.signal.id;
    const { cursor, complete } = streamed.lines.at(-1)!;
    t.equal(complete, true);
    t.match((await tocsin(['pull', 'all', '--cursor', String(cursor), '--limit', '10'], harbor)).lines, [{ type: 'page', complete: true }]);
    t.match(await tocsin(['pull', 'all', '--cursor', 'nonsense'], harbor), { code: 3, stderr: /cursor/ });
    const into = join(folder, 'replica');
    t.match((await tocsin(['pull', 'all', '--into', into, '--json'], harbor)).json, { feed: 'all', held: 4, changed: 4, restarted: false });
    t.match(await tocsin(['pull', 'all', '--into', into], harbor), { code: 0, stdout: /holds 4 signals of all.*0 came or changed/ });
    t.match(await tocsin(['pull', 'northstar/other', '--into', into], harbor), { code: 2, stderr: /holds a replica of all/ });
    t.match(await tocsin(['pull', 'northstar/other'], harbor), { code: 3 });
  });

  await t.test('explaining', async (t) => {
    const seen = await tocsin(['explain', signalId, 'harbor'], northstar);
    t.match(seen, { code: 0, stdout: /harbor sees this signal\.\n(.*\n)*.*rule sure/ });
    const { layers } = (await tocsin(['explain', signalId, 'harbor', '--at', '2090-01-01T00:00:00Z', '--json'], northstar)).json as Explanation;
    t.ok(layers.length > 1);
    t.match(await tocsin(['explain', signalId, 'hub'], northstar), { code: 0, stdout: /hub does not see this signal\.\n(.*\n)*.*rule sure does not apply/ });
    t.match(await tocsin(['policy', 'explain', signalId, 'hub'], northstar), { code: 0, stdout: /Without rule .* it would be shared; no fewer rules make that difference\.|What would have to be otherwise:\n {2}\w+: / });
    t.match(await tocsin(['explain', signalId, 'nobody'], northstar), { code: 3, stderr: /\/peer/ });
    t.match(await tocsin(['explain', signalId, 'harbor', '--report', '--part', '1'], northstar), { code: 3, stderr: /\/report/ });
    t.match(await tocsin(['explain', signalId, 'harbor', '--message'], northstar), { code: 3, stderr: /\/message/ });
    for (const flags of [['--report', '--message'], ['--part', '1'], ['--report', '--part', 'one']]) t.match(await tocsin(['explain', signalId, 'harbor', ...flags], northstar), { code: 2 });
  });

  await t.test('policies looked at', async (t) => {
    const rules = [{ id: 'never', effect: 'withhold' }, { id: 'all', effect: 'share', terms: { reveal: ['digest', 'note'], origin: 'named' } }];
    const shut = file('shut.json', JSON.stringify({ id: 'northstar/shut', title: 'Shut', summary: 'Shut.', rules }));
    const narrow = file('narrow.json', JSON.stringify({ id: 'hub/narrow', title: 'Narrow', summary: 'Narrow.', rules: [{ id: 'some', effect: 'share', terms: { reveal: ['digest'] } }] }));
    t.match(await tocsin(['policy', 'lint', shut]), { code: 1, stdout: /^Rule all: it never decides, since never withholds wherever it matches, and comes before\. \(shadowed, \/rules\/1\)$/m });
    t.match(await tocsin(['policy', 'lint', narrow]), { code: 0, stdout: 'Nothing to say.\n' });
    const open = file('open.json', JSON.stringify({ id: 'northstar/open', title: 'Open', summary: 'Open.', rules: rules.slice(1) }));
    t.match((await tocsin(['policy', 'lint', open, '--charter', narrow, '--json'])).json, [{ rule: 'all', code: 'wider-than-charter', pointer: '/rules/0/terms/reveal/1' }, { pointer: '/rules/0/terms/origin' }]);
    t.match(await tocsin(['policy', 'lint', shut, '--online'], northstar), { code: 1, stdout: /shadowed/ });
    t.match(await tocsin(['policy', 'lint', open, '--online', '--charter', narrow], northstar), { code: 2 });
    t.match(await tocsin(['policy', 'put', shut], northstar), { code: 0 });
    t.match(await tocsin(['policy', 'lint', 'northstar/shut@1'], northstar), { code: 1, stdout: /shadowed/ });
    t.match(await tocsin(['policy', 'diff', shut], northstar), { code: 0, stdout: /^Rule never is new: it withholds signals, reports, messages\. \(\/rules\/0\)$/m });
    t.match(await tocsin(['policy', 'diff', shut, open]), { code: 0, stdout: /Rule never, which withholds/ });
  });

  await t.test('judging', async (t) => {
    const judge = await as('harbor', ['signals:write']);
    t.match(await tocsin(['judge', signalId, 'good'], judge), { code: 0, stdout: 'You find it good.\n' });
    t.match(await tocsin(['judge', signalId, 'wrong'], judge), { code: 0, stdout: 'You find it wrong.\n' });
    t.match(await tocsin(['judge', signalId, 'odd'], judge), { code: 3, stderr: /verdict/ });
    t.match(await tocsin(['dispute', 'list'], northstar), { code: 0, stdout: new RegExp(`${signalId} +1`) });
    t.match((await tocsin(['dispute', 'answer', signalId, 'rejected', '--json'], northstar)).json, { dispute: 'none', wrong: 1, answer: 'rejected' });
    t.match(await tocsin(['judge', signalId, 'nothing'], judge), { code: 0, stdout: /taken back/ });
    t.match(await tocsin(['measures'], northstar), { code: 0, stdout: 'Nothing was measured yet.\n' });
  });

  await t.test('asking, searching and trends', async (t) => {
    for (const member of ['pebble', 'slate']) t.match(await tocsin(['member', 'create', member, '--title', member, '--kind', 'platform'], env), { code: 0 });
    const [asker, answerer] = [await as('pebble', ['messages:read', 'messages:write', 'policies:write', 'trends:read', 'reports:read']), await as('slate', ['messages:read', 'messages:write', 'policies:write'])];
    for (const [owner, who] of [['pebble', asker], ['slate', answerer]] as const) {
      const rules = [{ id: 'all', effect: 'share', covers: ['messages'], terms: { reveal: ['text', 'harm'], origin: 'named' } }];
      t.match(await tocsin(['policy', 'put', file('messages.json', JSON.stringify({ id: `${owner}/messages`, title: 'Messages', summary: 'Messages.', rules })), '--activate'], who), { code: 0 });
    }
    const rules = [{ id: 'all', effect: 'share', covers: ['signals', 'messages'], terms: { reveal: ['text', 'harm', 'digest'], origin: 'named' } }];
    t.match(await tocsin(['policy', 'put', file('wide.json', JSON.stringify({ id: 'hub/wide', title: 'Wide', summary: 'Wide.', rules })), '--activate'], env), { code: 0 });
    const asked = await tocsin(['request', 'ask', '--title', 'Fake shops', '--text', `@${file('question.md', 'Has *anyone* seen these?')}`, '--tlp', 'GREEN', '--harm', 'fraud', 'spam'], asker);
    t.match(asked, { code: 0, stdout: /^[0-9a-f-]{36}\n$/ });
    const id = asked.stdout.trim();
    t.match(await tocsin(['request', 'list', '--harm', 'fraud'], answerer), { code: 0, stdout: /Fake shops {2}\(pebble, TLP:GREEN, open, 0 answers\)/ });
    t.match(await tocsin(['request', 'answer', id, '--text', 'We have.', '--tlp', 'RED'], answerer), { code: 0 });
    t.match(await tocsin(['request', 'show', id], asker), { code: 0, stdout: /from: +you\n(.*\n)*Has \*anyone\* seen these\?\n\n---\n\n(.*\n)*from: +slate\ntlp: +RED\n(.*\n)*We have\./ });
    t.match(await tocsin(['request', 'close', id], asker), { code: 0 });
    t.match(await tocsin(['request', 'answer', id, '--text', 'More.', '--tlp', 'GREEN', '--all'], answerer), { code: 3, stderr: /closed/ });
    t.match(await tocsin(['report', 'search', 'shops', '--facets'], asker), { code: 0, stdout: 'Nothing was found.\n' });
    t.match(await tocsin(['report', 'comment', id, '--text', 'So.', '--tlp', 'GREEN'], asker), { code: 3, stderr: /may not see it/ });
    t.match(await tocsin(['trends', '--weeks', '4'], asker), { code: 0, stdout: /nothing to say/ });
    t.match((await tocsin(['trends', '--overlap', '--json'], asker)).json, { weeks: [] });
  });

  await t.test('policies as promises', async (t) => {
    const path = file('policy.json', (await tocsin(['policy', 'show', 'northstar/standard', '--version-number', '1'], northstar)).stdout);
    const one = JSON.parse(readFileSync(path, 'utf8')) as { rules: object[] };
    const wider = file('wider.json', JSON.stringify({ ...one, rules: [{ ...one.rules[0], signals: { confidence: { atLeast: 20 } } }] }));
    t.match(await tocsin(['policy', 'diff', path, wider]), { code: 0, stdout: /Rule sure.*20/ });
    t.match(await tocsin(['policy', 'diff', 'northstar/standard@1', path], northstar), { code: 0, stdout: 'They decide the same.\n' });
    t.match(await tocsin(['policy', 'diff', path, file('not.json', '{}')]), { code: 2, stderr: /is not a policy: \/id is missing/ });
    t.match(await tocsin(['policy', 'simulate', path], northstar), { code: 0, stdout: /nothing would change for any of 4 peers/ });
    t.match(await tocsin(['policy', 'simulate', '--what-if', 'open:nowhere'], northstar), { stderr: /\/changes\/0\/incident/ });
    t.match(await tocsin(['policy', 'simulate', '--withdraw', '--what-if', 'suspend:pebble', '--samples', '1'], northstar), { code: 0, stdout: /^harbor: no longer sees 4 signals\./ });
    t.match(await tocsin(['policy', 'visible', 'harbor'], northstar), { code: 0, stdout: /harbor sees 4 signals of yours(.*\n)*.*shared by rule sure and the charter’s rule/ });
    t.match(await tocsin(['policy', 'calendar', '--days', '2', '--peer', 'harbor'], northstar), { code: 0, stdout: /^Nothing changes by itself before/ });
    const [made] = (await tocsin(['policy', 'iep', path, '--json'])).json as { rule: string; document: object }[];
    t.match(made, { rule: 'sure', document: { iep_version: '2.0' } });
    t.match((await tocsin(['policy', 'iep', '--import', file('iep.json', JSON.stringify(made!.document)), '--json'])).json, { document: { tlp: 'GREEN', onward: 'none' } });

    const approver = await as('northstar', ['policies:approve', 'policies:read']);
    t.match(await tocsin(['policy', 'approval', 'northstar', 'two'], northstar), { code: 0, stdout: /takes two clients/ });
    const proposed = await tocsin(['policy', 'put', wider, '--activate'], northstar);
    t.match(proposed, { code: 0, stdout: /Another client must approve it: tocsin policy approve northstar / });
    const [, id] = /approve northstar (\S+)/.exec(proposed.stdout)!;
    t.match(await tocsin(['policy', 'approve', 'northstar', id!], northstar), { code: 3 });
    t.match(await tocsin(['policy', 'approve', 'northstar', id!], approver), { code: 0, stdout: /approved.*\n(.*\n)*.*in force from/ });
    const back = (await tocsin(['policy', 'rollback', 'northstar', '--json'], northstar)).json as { id: string };
    t.match(await tocsin(['policy', 'approve', 'northstar', back.id, '--refuse'], approver), { code: 0, stdout: /refused/ });
    t.match(await tocsin(['policy', 'history', 'northstar'], northstar), { code: 0, stdout: /takes two clients(.*\n)*.*refuse-policy +northstar\/standard version 1/ });
  });

  await t.test('suspending and leaving', async (t) => {
    t.match(await tocsin(['member', 'suspend', 'harbor'], env), { code: 0, stdout: /suspended/ });
    const emptied = await tocsin(['pull', 'all', '--into', join(folder, 'replica')], harbor);
    t.match(emptied, { code: 3, stderr: /was emptied.*\n.*suspended/ });
    t.notMatch(readFileSync(join(folder, 'replica', 'replica.ndjson'), 'utf8'), /"digest"/);
    t.match(await tocsin(['member', 'resume', 'harbor'], env), { code: 0 });
    t.match(await tocsin(['policy', 'withdraw', 'northstar'], northstar), { code: 0, stdout: /shares nothing/ });
    t.match(await tocsin(['member', 'off-board', 'northstar', '--signals', 'burn'], env), { code: 2 });
    t.match(await tocsin(['member', 'off-board', 'northstar', '--signals', 'withdraw'], env), { code: 0, stdout: /4 signals of it were taken back/ });
  });

  await t.test('backup and restore', async (t) => {
    const backup = join(folder, 'hub.backup');
    t.match(await tocsinProcess(['backup', backup], data), { code: 1, stderr: /in use.*stop it first/ });
    t.notOk(existsSync(backup));
    t.equal(await hub.stop(), 0);
    t.match(await tocsinProcess(['backup', backup], data), { code: 0, stdout: /holds the hub’s data: \d+ rows/ });
    t.equal(statSync(backup).mode & 0o777, 0o600);
    t.match(await tocsinProcess(['backup', join(folder, 'none')], { TOCSIN_DATA: join(folder, 'nowhere') }), { code: 1, stderr: /holds no data/ });

    const restored = { TOCSIN_DATA: join(folder, 'restored') };
    t.match(await tocsinProcess(['restore', backup], restored), { code: 2, stderr: /secret of the hub/ });
    mkdirSync(restored.TOCSIN_DATA);
    copyFileSync(join(data.TOCSIN_DATA, 'secret'), join(restored.TOCSIN_DATA, 'secret'));
    chmodSync(join(restored.TOCSIN_DATA, 'secret'), 0o600);
    t.match((await tocsinProcess(['restore', backup, '--json'], restored)).json, { rows: { signal: Number } });
    t.match(await tocsinProcess(['restore', backup], restored), { code: 1, stderr: /holds data/ });
    const next = await serve(t, restored);
    t.notMatch(next.stdout, /client_secret/);
    t.match(await tocsin(['member', 'show', 'northstar'], { ...env, TOCSIN_URL: next.url }), { code: 0, stdout: /status: +left/ });
    t.equal(await next.stop(), 0);
  });

  t.match(await tocsinProcess(['serve'], { TOCSIN_DATA: join(folder, 'other'), TOCSIN_PORT: 'high' }), { code: 2, stderr: /TOCSIN_PORT/ });
});
