import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import t from 'tap';
import {
  accountEmail, accountHandle, accountId, accountPhone, blake3, CanonicalisationError, checkDigestForm, createBlake3,
  deriveKey, hashStream, keyedBlake3, keyedDigest, mediaDigest, schemes, urlExpression, urlExpressions,
  type FileDigests,
} from '../../../clients/sdk/digests/index.ts';
import { projectFile } from '../../../schemas/root.ts';

interface Case { input: string; scheme?: string; platform?: string; defaultCountry?: string }
interface Valid extends Case { note?: string; canonical: string; digest: string; expressions?: string[] }
interface Invalid extends Case { code: string }
interface Vectors { key: string; valid: Valid[]; invalid: Invalid[]; files?: { text: string; digests: FileDigests }[] }

function readVectors(name: string): Vectors {
  return JSON.parse(readFileSync(projectFile(`schemas/vectors/${name}.json`), 'utf8')) as Vectors;
}

/** The code with which a call refuses its input; anything else that it throws is passed on. */
function refusal(call: () => string | string[]): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof CanonicalisationError) return error.code;
    throw error;
  }
}

const canonicalisers: Record<string, (item: Case) => string> = {
  'url-v1': ({ input }) => urlExpression(input),
  'account-email-v1': ({ input }) => accountEmail(input),
  'account-phone-v1': ({ input, defaultCountry }) => accountPhone(input, defaultCountry),
  'account-handle-v1': ({ input, platform = '' }) => accountHandle(platform, input),
  'account-id-v1': ({ input, platform = '' }) => accountId(platform, input),
};

for (const [scheme, canonicalise] of Object.entries(canonicalisers)) {
  await t.test(`vectors of ${scheme}`, (t) => {
    const { key, valid, invalid } = readVectors(scheme);
    for (const item of valid) {
      t.equal(canonicalise(item), item.canonical, item.note ?? item.input);
      t.equal(keyedDigest(scheme, Buffer.from(key, 'hex'), item.canonical), item.digest, `digest of ${item.canonical}`);
      if (item.expressions !== undefined) t.same(urlExpressions(item.input), item.expressions);
    }
    for (const item of invalid) {
      t.equal(refusal(() => canonicalise(item)), item.code, JSON.stringify(item).slice(0, 80));
    }
    t.end();
  });
}

await t.test('vectors of media', async (t) => {
  const { valid, invalid, files = [] } = readVectors('media');
  for (const { scheme = '', input, canonical } of valid) {
    t.equal(mediaDigest(scheme, input), canonical, scheme);
    t.equal(checkDigestForm(scheme, canonical), undefined);
  }
  for (const { scheme = '', input, code } of invalid) {
    t.equal(refusal(() => mediaDigest(scheme, input)), code, `${scheme} ${input.slice(0, 40)}`);
  }
  for (const { text, digests } of files) t.same(await hashStream(Readable.from([Buffer.from(text)])), digests);
});

await t.test('a stream is hashed as bytes, however it is cut', async (t) => {
  const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, at) => at % 251));
  const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 70_000), bytes.subarray(70_000)];
  t.same(await hashStream(Readable.from(pieces)), await hashStream(Readable.from([bytes])));
  await t.rejects(hashStream(Readable.from(['text'])), TypeError);
  await t.rejects(hashStream(new Readable({ read() { this.destroy(new Error('broken')); } })), { message: 'broken' });
});

await t.test('the schemes', (t) => {
  const keyed = [...schemes.values()].filter((scheme) => scheme.keyed).map((scheme) => scheme.name);
  t.same(keyed.sort(), Object.keys(canonicalisers).sort(), 'each keyed scheme has its vectors');
  const mediaVectors = new Set(readVectors('media').valid.map((item) => item.scheme));
  for (const scheme of schemes.values()) {
    t.ok(scheme.keyed || mediaVectors.has(scheme.name), `${scheme.name} has vectors`);
    t.match(scheme, { version: 1, canonicalisation: /\w/, source: /\w/ });
    t.ok(scheme.minBytes > 0 && scheme.minBytes <= scheme.maxBytes && scheme.minBytes % scheme.multipleOf === 0);
  }
  const hex = 'ab'.repeat(32);
  t.equal(checkDigestForm('url-v1', hex), undefined);
  t.equal(checkDigestForm('url-v1', ''), 'wrong-length');
  t.equal(checkDigestForm('url-v1', hex.slice(1)), 'wrong-length');
  t.equal(checkDigestForm('url-v1', hex.toUpperCase()), 'not-lower-case-hex');
  t.equal(checkDigestForm('url-v1', `${hex}\n`), 'not-lower-case-hex');
  t.equal(checkDigestForm('url-v2', hex), 'unknown-scheme');
  t.equal(checkDigestForm('constructor', hex), 'unknown-scheme');
  t.end();
});

await t.test('keyed digests', (t) => {
  const key = new Uint8Array(32).fill(7);
  t.not(keyedDigest('account-id-v1', key, 'example.com/1'), keyedDigest('account-handle-v1', key, 'example.com/1'));
  t.equal(refusal(() => keyedDigest('media-md5', key, 'x')), 'unknown-scheme');
  t.equal(refusal(() => keyedDigest('url-v9', key, 'x')), 'unknown-scheme');
  t.throws(() => keyedDigest('url-v1', key.subarray(1), 'x'), RangeError);
  t.notMatch(new CanonicalisationError('bad-email').message, /@/);
  t.end();
});

// The pattern 0, 1, ... 250, 0, 1, ... and the key are those of the BLAKE3 team's test_vectors.json; so are the digests.
await t.test('blake3 agrees with the published vectors', (t) => {
  const key = Buffer.from('whats the Elvish word for friend');
  const input = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => at % 251);
  t.equal(blake3('').toString('hex'), 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262');
  t.equal(blake3(input(1)).toString('hex'), '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213');
  t.equal(keyedBlake3(key, '').toString('hex'), '92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26');
  t.equal(deriveKey('BLAKE3 2019-12-27 16:29:52 test vectors context', input(0)).toString('hex'),
    '2cc39783c223154fea8dfb7c1b1660f2ac2dcbd1c1de8277b0b0dd39b7e50d7d');
  t.end();
});

await t.test('blake3 in pieces, long, extended and disposed', (t) => {
  const long = Buffer.alloc(300_001, 'tocsin');
  const key = Buffer.alloc(40, 3).subarray(4, 36);
  const pieces = createBlake3().update(long.subarray(0, 17)).update(long.subarray(17));
  t.same(pieces.digest(), blake3(long));
  t.same(createBlake3(key).update(long).digest(64), keyedBlake3(key, long, 64));
  t.same(blake3('x', 80).subarray(0, 32), blake3('x'));
  t.same(blake3('\u00e9'), blake3(Buffer.from('\u00e9')));
  t.throws(() => pieces.digest());
  t.throws(() => createBlake3(key.subarray(1)), RangeError);
  const unused = createBlake3().update('x');
  unused.dispose();
  unused.dispose();
  t.end();
});

await t.test('blake3 gives its memory back', (t) => {
  const key = Buffer.alloc(32, 1);
  const run = (times: number): void => {
    for (let at = 0; at < times; at += 1) {
      keyedBlake3(key, 'example.com/');
      deriveKey('tocsin memory test', key);
    }
  };
  run(20_000);
  const before = process.memoryUsage().rss;
  run(200_000);
  const grown = (process.memoryUsage().rss - before) / 2 ** 20;
  t.ok(grown < 100, `grew by ${grown.toFixed()} MB; leaking calls would take 800`);
  t.end();
});

/** Text made of what URLs are made of, so that random cases reach deep. */
const urlish = fc.array(fc.oneof(
  fc.constantFrom(
    'http://', 'a', 'B', 'com', '.', '..', '/', '//', '\\', '?', '#', '@', ':', '80', '%', '%2', '%2e', '%2F', '%25',
    '%3F', '%5C', '%00', '%80', '%c3', '%A9', '[', ']', '::1', '0x', '7', '256', ' ', '\t', '\u00fc', '\uff05',
    '\u3002', '\u200b', 'xn--', 'co.uk', 'github.io', '-', '_', '\ud800',
  ),
  fc.string({ maxLength: 4, unit: 'binary' }),
), { maxLength: 24 }).map((parts) => parts.join(''));
const anyText = fc.oneof(urlish, fc.string({ unit: 'binary', maxLength: 60 }), fc.webUrl());

function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof CanonicalisationError) return undefined;
    throw error;
  }
}

await t.test('properties of URLs', (t) => {
  const check = (holds: (url: string, expression: string) => boolean): void => {
    const prefixes = fc.constantFrom('', 'http://', 'http://a.example.com/');
    const inputs = fc.tuple(prefixes, anyText).map((parts) => parts.join(''));
    fc.assert(fc.property(inputs, (url) => {
      const expression = attempt(() => urlExpression(url));
      return expression === undefined || holds(url, expression);
    }), { numRuns: 5_000 });
  };
  const hostOf = (expression: string): string => expression.slice(0, expression.indexOf('/'));
  check((_url, expression) => urlExpression(`http://${expression}`) === expression);
  t.pass('idempotent');
  check((_url, expression) => /^[!"$%&-.0-~]+\/[!"$%&-~]*$/.test(expression) && !/%(?![0-9A-F]{2})/.test(expression));
  t.pass('ASCII with upper-case escapes');
  check((_url, expression) => !/\/\/|\/\.\.?(?:\/|$)/.test(expression.split('?')[0] ?? ''));
  t.pass('no dot segments or runs of slashes in the path');
  check((url, expression) => {
    const all = urlExpressions(url);
    return all[0] === expression && all.length <= 30 && new Set(all).size === all.length
      && all.every((each) => hostOf(expression) === hostOf(each) || hostOf(expression).endsWith(`.${hostOf(each)}`));
  });
  t.pass('at most 30 distinct expressions, the exact one first, each on a suffix of the host');
  check((url) => urlExpressions(url).every((each) => urlExpression(each) === each));
  t.pass('each expression is canonical');
  t.end();
});

await t.test('properties of accounts', (t) => {
  const names = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 20 }), fc.emailAddress(),
  );
  const stable = (canonicalise: (text: string) => string): boolean => {
    fc.assert(fc.property(names, (text) => {
      const once = attempt(() => canonicalise(text));
      return once === undefined || canonicalise(once) === once;
    }), { numRuns: 2_000 });
    return true;
  };
  const prefix = 'example.com/'.length;
  t.ok(stable(accountEmail), 'e-mail');
  t.ok(stable((text) => accountEmail(`${text}@gmail.com`).replace(/@gmail\.com$/, '')), 'Gmail');
  t.ok(stable((text) => accountHandle('example.com', text).slice(prefix)), 'handle');
  t.ok(stable((text) => accountId('example.com', text).slice(prefix)), 'id');
  t.ok(stable((text) => accountPhone(text.startsWith('+') ? text : `+${text}`)), 'phone');
  const national = fc.stringMatching(/^[0-9]{3,14}$/);
  fc.assert(fc.property(national, fc.constantFrom('US', 'GB', 'IT', 'BR', 'IN'), (digits, country) => {
    const number = attempt(() => accountPhone(digits, country));
    return number === undefined || (/^\+[1-9][0-9]{1,14}$/.test(number) && accountPhone(number) === number);
  }), { numRuns: 2_000 });
  t.end();
});

await t.test('hostile input stays cheap', (t) => {
  const before = process.cpuUsage();
  const hostile = [
    `http://a/%${'25'.repeat(8_000)}`, `http://${'.'.repeat(16_000)}a/`, `http://a/${'/..'.repeat(5_000)}`,
    `${' '.repeat(16_000)}a`, `a${' '.repeat(16_000)}b`, `http://${'@'.repeat(16_000)}a`,
    `http://${'a.'.repeat(8_000)}`, `http://a/${'?'.repeat(16_000)}`, `http://[${':'.repeat(16_000)}]`,
    `http://${'9'.repeat(16_000)}`, `http://${'\u00fc'.repeat(8_000)}`, 'a'.repeat(10_000_000),
  ];
  for (const input of hostile) attempt(() => urlExpressions(input));
  for (const input of hostile) attempt(() => accountEmail(input));
  for (const input of hostile) attempt(() => accountPhone(input, 'US'));
  // Of its own work: how long that takes depends on what else the machine does.
  const { user, system } = process.cpuUsage(before);
  const milliseconds = (user + system) / 1000;
  t.ok(milliseconds < 2_000, `${milliseconds.toFixed()} ms`);
  t.end();
});
