import { readFileSync } from 'node:fs';
import t from 'tap';
import { type Harm, harmTree, parseHarmTree, type Vocabulary } from '../../schemas/harms.ts';
import { projectFile } from '../../schemas/root.ts';

/** The statement categories of the DSA transparency database, each with its own keywords. */
const dsaKeywords: Readonly<Record<string, readonly string[]>> = {
  ANIMAL_WELFARE: ['ANIMAL_HARM', 'UNLAWFUL_SALE_ANIMALS'],
  CONSUMER_INFORMATION: [
    'HIDDEN_ADVERTISEMENT',
    'INSUFFICIENT_INFORMATION_ON_TRADERS',
    'MISLEADING_INFO_CONSUMER_RIGHTS',
    'MISLEADING_INFO_GOODS_SERVICES',
    'NONCOMPLIANCE_PRICING',
  ],
  CYBER_VIOLENCE: [
    'CYBER_BULLYING_INTIMIDATION',
    'CYBER_HARASSMENT',
    'CYBER_INCITEMENT',
    'CYBER_STALKING',
    'NON_CONSENSUAL_IMAGE_SHARING',
    'NON_CONSENSUAL_MATERIAL_DEEPFAKE',
  ],
  CYBER_VIOLENCE_AGAINST_WOMEN: [
    'BULLYING_AGAINST_GIRLS',
    'CYBER_HARASSMENT_AGAINST_WOMEN',
    'CYBER_STALKING_AGAINST_WOMEN',
    'FEMALE_GENDERED_DISINFORMATION',
    'INCITEMENT_AGAINST_WOMEN',
    'NON_CONSENSUAL_IMAGE_SHARING_AGAINST_WOMEN',
    'NON_CONSENSUAL_MATERIAL_DEEPFAKE_AGAINST_WOMEN',
  ],
  DATA_PROTECTION_AND_PRIVACY_VIOLATIONS: [
    'BIOMETRIC_DATA_BREACH',
    'DATA_FALSIFICATION',
    'MISSING_PROCESSING_GROUND',
    'RIGHT_TO_BE_FORGOTTEN',
  ],
  ILLEGAL_OR_HARMFUL_SPEECH: ['DEFAMATION', 'DISCRIMINATION', 'HATE_SPEECH'],
  INTELLECTUAL_PROPERTY_INFRINGEMENTS: [
    'COPYRIGHT_INFRINGEMENT',
    'DESIGN_INFRINGEMENT',
    'GEOGRAPHIC_INDICATIONS_INFRINGEMENT',
    'PATENT_INFRINGEMENT',
    'TRADE_SECRET_INFRINGEMENT',
    'TRADEMARK_INFRINGEMENT',
  ],
  NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS: [
    'MISINFORMATION_DISINFORMATION',
    'VIOLATION_EU_LAW',
    'VIOLATION_NATIONAL_LAW',
  ],
  NOT_SPECIFIED_NOTICE: [],
  OTHER_VIOLATION_TC: [
    'ADULT_SEXUAL_MATERIAL',
    'AGE_SPECIFIC_RESTRICTIONS',
    'GEOGRAPHICAL_REQUIREMENTS',
    'GOODS_SERVICES_NOT_PERMITTED',
    'LANGUAGE_REQUIREMENTS',
    'NUDITY',
  ],
  PROTECTION_OF_MINORS: [
    'AGE_SPECIFIC_RESTRICTIONS_MINORS',
    'CHILD_SEXUAL_ABUSE_MATERIAL',
    'CHILD_SEXUAL_ABUSE_MATERIAL_DEEPFAKE',
    'GROOMING_SEXUAL_ENTICEMENT_MINORS',
    'UNSAFE_CHALLENGES',
  ],
  RISK_FOR_PUBLIC_SECURITY: [
    'ILLEGAL_ORGANIZATIONS',
    'RISK_ENVIRONMENTAL_DAMAGE',
    'RISK_PUBLIC_HEALTH',
    'TERRORIST_CONTENT',
  ],
  SCAMS_AND_FRAUD: [
    'IMPERSONATION_ACCOUNT_HIJACKING',
    'INAUTHENTIC_ACCOUNTS',
    'INAUTHENTIC_LISTINGS',
    'INAUTHENTIC_USER_REVIEWS',
    'PHISHING',
    'PYRAMID_SCHEMES',
  ],
  SELF_HARM: ['CONTENT_PROMOTING_EATING_DISORDERS', 'SELF_MUTILATION', 'SUICIDE'],
  UNSAFE_AND_PROHIBITED_PRODUCTS: ['PROHIBITED_PRODUCTS', 'UNSAFE_PRODUCTS'],
  VIOLENCE: [
    'COORDINATED_HARM',
    'HUMAN_EXPLOITATION',
    'HUMAN_TRAFFICKING',
    'INCITEMENT_VIOLENCE_HATRED',
    'TRAFFICKING_WOMEN_GIRLS',
  ],
};
const categoryPrefix = 'STATEMENT_CATEGORY_';
const keywordPrefix = 'KEYWORD_';

const allowed: Readonly<Record<Vocabulary, ReadonlySet<string>>> = {
  dsa: new Set([
    ...Object.keys(dsaKeywords).map((name) => categoryPrefix + name),
    ...Object.values(dsaKeywords).flat().map((name) => keywordPrefix + name),
  ]),
  gifct: new Set([
    'imminent credible threat',
    'graphic violence against defenceless people',
    'glorification of terrorist acts',
    'recruitment and instruction',
    'perpetrator content',
  ]),
  // Incident types, report annotations, file annotations and the industry classification of the CyberTipline.
  ncmec: new Set([
    'Child Pornography (possession, manufacture, and distribution)',
    'Child Sex Trafficking',
    'Child Sex Tourism',
    'Child Sexual Molestation',
    'Misleading Domain Name',
    'Misleading Words or Digital Images on the Internet',
    'Online Enticement of Children for Sexual Acts',
    'Unsolicited Obscene Material Sent to a Child',
    'sextortion',
    'csamSolicitation',
    'minorToMinorInteraction',
    'spam',
    'sadisticOnlineExploitation',
    'animeDrawingVirtualHentai',
    'potentialMeme',
    'viral',
    'possibleSelfProduction',
    'physicalHarm',
    'violenceGore',
    'bestiality',
    'liveStreaming',
    'infant',
    'generativeAi',
    'A1',
    'A2',
    'B1',
    'B2',
  ]),
  // Tags are free text there; these are the ones that its own client library lists as popular.
  threatexchange: new Set([
    'access_token_theft',
    'bad_actor',
    'bot',
    'brute_force',
    'clickjacking',
    'compromised',
    'compromised_credential',
    'drugs',
    'email_spam',
    'explicit_content',
    'fake_account',
    'financial',
    'ip_infringement',
    'malicious_ad',
    'malicious_app',
    'malvertising',
    'malware',
    'malware_sample',
    'phishing',
    'piracy',
    'scam',
    'scraping',
    'self_xss',
    'share_baiting',
    'targeted',
    'terrorism',
    'weapons',
  ]),
};

interface Entry {
  id: string;
  parent: string | null;
  label: Record<string, string>;
  definition: string;
  crosswalk?: Record<string, string[]>;
  deprecated?: { by: string; since: string };
}

const file = JSON.parse(readFileSync(projectFile('schemas/harms.json'), 'utf8')) as { version: string; harms: Entry[] };
const harms = [...harmTree.harms.values()];

t.test('the file', async (t) => {
  t.equal(file.version, harmTree.version);
  t.same(file.harms.map((harm) => harm.id), [...harmTree.harms.keys()], 'each entry is one harm, in order');
  t.same(file.harms, harms, 'the loader neither drops nor invents anything');
});

t.test('ids and parents', async (t) => {
  t.equal(new Set(file.harms.map((harm) => harm.id)).size, file.harms.length, 'no id twice');
  for (const { id, parent } of harms) {
    t.match(id, /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*){0,2}$/);
    t.equal(parent, id.split('.').slice(0, -1).join('.') || null, `${id}: the prefix is the parent`);
    if (parent !== null) t.ok(harmTree.harms.has(parent), `${id}: the parent exists`);
  }
});

t.test('the types that policies rely on', async (t) => {
  const needed = [
    'csea.abuse-material csea.sextortion csea.solicitation csea.minor-to-minor csea.self-generated csea.synthetic csea.live-streaming',
    'violence.imminent violence.incitement violence.graphic violence.gang',
    'terrorism.perpetrator-content terrorism.recruitment terrorism.glorification terrorism.instruction',
    'fraud.phishing fraud.investment fraud.romance fraud.impersonation fraud.shopping',
    'elections.disinformation elections.threats-to-officials harassment.doxxing',
    'ncii self-harm hate human-exploitation influence-operations account-takeover spam malware privacy restricted-goods adult',
    'adult.solicitation adult-sexual-exploitation synthetic-media intellectual-property dangerous-organisations coordinating-harm',
    'animal-welfare consumer-information other',
  ].flatMap((line) => line.split(' '));
  for (const id of needed) t.ok(harmTree.harms.has(id), id);
});

t.test('texts', async (t) => {
  for (const { id, label, definition } of harms) {
    const languages = id.includes('.') ? ['en'] : ['en', 'fr', 'de', 'es'];
    for (const language of languages) t.ok(label[language]?.trim(), `${id} has a label in ${language}`);
    t.match(definition, /^[A-Z][^.]*\.$/, `${id} is defined in one sentence`);
  }
  for (const language of ['en', 'fr', 'de', 'es']) {
    const names = harms.map((harm) => harm.label[language]).filter((name) => name !== undefined);
    t.equal(new Set(names).size, names.length, `no label twice in ${language}`);
  }
});

t.test('crosswalk', async (t) => {
  for (const { id, crosswalk } of harms) {
    for (const [vocabulary, words] of Object.entries(crosswalk) as [Vocabulary, readonly string[]][]) {
      t.same(words.filter((word) => !allowed[vocabulary].has(word)), [], `${id}: ${vocabulary} has these words`);
      t.equal(new Set(words).size, words.length, `${id}: ${vocabulary} says nothing twice`);
    }
  }

  const used = new Set(harms.flatMap((harm) => harm.crosswalk.dsa ?? []));
  for (const category of Object.keys(dsaKeywords)) t.ok(used.has(categoryPrefix + category), `${category} is used`);

  for (const { id, crosswalk: { dsa = [] } } of harms) {
    t.ok(dsa[0]?.startsWith(categoryPrefix), `${id}: the category to report under comes first`);
    const categories = dsa.filter((word) => word.startsWith(categoryPrefix));
    const keywords = categories.flatMap((category) => dsaKeywords[category.slice(categoryPrefix.length)] ?? []);
    for (const word of dsa.filter((word) => word.startsWith(keywordPrefix))) {
      t.ok(keywords.includes(word.slice(keywordPrefix.length)), `${id}: ${word} belongs to one of its categories`);
    }
  }

  const outside = (vocabulary: Vocabulary, ...roots: string[]): string[] =>
    harms
      .filter((harm) => harm.crosswalk[vocabulary] && !roots.some((root) => harmTree.covers(root, harm.id)))
      .map((harm) => harm.id);
  t.same(outside('ncmec', 'csea'), [], 'the words of NCMEC are for harms to children');
  t.same(outside('gifct', 'terrorism', 'violence.imminent'), [], 'the words of GIFCT are for terrorism and imminent threats');
});

t.test('covers', async (t) => {
  const { covers } = harmTree;
  t.ok(covers('csea', 'csea'), 'itself');
  t.ok(covers('csea', 'csea.sextortion'), 'a child');
  t.ok(covers('csea', 'csea.sextortion.financial'), 'a grandchild');
  t.notOk(covers('csea.sextortion', 'csea'), 'never upwards');
  t.notOk(covers('csea.sextortion', 'csea.solicitation'), 'never sideways');
  t.ok(harmTree.harms.has('adult') && harmTree.harms.has('adult-sexual-exploitation'));
  t.notOk(covers('adult', 'adult-sexual-exploitation'), 'a shared beginning is no kinship');
  const strangers = [
    ['nothing', 'csea'],
    ['csea', 'csea.nothing'],
    ['nothing', 'nothing'],
    ['', ''],
    ['', 'csea'],
    ['csea', 'csea.'],
    ['csea.', 'csea.sextortion'],
    ['toString', 'toString'],
  ] as const;
  for (const [ancestor, harm] of strangers) {
    t.notOk(covers(ancestor, harm), `unknown: ${ancestor || '(empty)'} and ${harm || '(empty)'}`);
  }

  const lineage = (harm: Harm | undefined): string[] =>
    harm ? [harm.id, ...lineage(harm.parent === null ? undefined : harmTree.harms.get(harm.parent))] : [];
  const wrong = harms.flatMap((harm) => {
    const above = lineage(harm);
    return harms.filter((other) => covers(other.id, harm.id) !== above.includes(other.id)).map((other) => `${other.id} > ${harm.id}`);
  });
  t.same(wrong, [], 'agrees with a walk along the parents for every pair');
});

t.test('deprecated harms lead to a current one', async (t) => {
  for (const { id, deprecated } of harms) {
    if (!deprecated) continue;
    const replacement = harmTree.harms.get(deprecated.by);
    t.ok(replacement && !replacement.deprecated, `${id} -> ${deprecated.by}`);
  }
  const entry = (id: string, deprecated?: { by: string; since: string }): Entry => ({
    ...plain(id),
    ...(deprecated ? { deprecated } : {}),
  });
  const since = '2026-11';
  const tree = parseHarmTree(document(entry('old', { by: 'new', since }), entry('new')));
  t.same(tree.harms.get('old')?.deprecated, { by: 'new', since });
  t.notOk(tree.covers('new', 'old'), 'a replacement does not cover what it replaces');
  t.throws(() => parseHarmTree(document(entry('old', { by: 'gone', since }))), /unknown harm: gone/);
  t.throws(() => parseHarmTree(document(entry('old', { by: 'old', since }))), /deprecated harm: old/);
  t.throws(() => parseHarmTree(document(entry('a', { by: 'b', since }), entry('b', { by: 'a', since }))), /deprecated harm: b/);
  t.throws(() => parseHarmTree(document(entry('old', { by: 'new', since: '2026-12' }), entry('new'))), /later version/);
  t.throws(() => parseHarmTree(document(entry('old', { by: 'new', since: 'soon' }), entry('new'))), /YYYY-MM/);
});

t.test('a malformed document is refused', async (t) => {
  t.ok(parseHarmTree(document(plain('a'), plain('a.b'), plain('a.b.c'))), 'the sound one passes');
  const bare: Entry = { id: 'a', label: { en: 'A' }, definition: 'A harm.', parent: null };
  t.same(parseHarmTree(document(bare)).harms.get('a')?.crosswalk, {}, 'a harm without a counterpart may say nothing');
  const bad: [string, unknown, RegExp][] = [
    ['no object', [], /not an object/],
    ['no version', { harms: [] }, /version is missing/],
    ['a version that is no month', { version: '2026-13', harms: [] }, /YYYY-MM/],
    ['no list', { version: '2026-11', harms: {} }, /not a list/],
    ['an unknown key', document({ ...plain('a'), colour: 'red' } as Entry), /unknown key: colour/],
    ['an id twice', document(plain('a'), plain('a')), /listed twice/],
    ['a missing parent', document(plain('a.b')), /after its parent/],
    ['a child before its parent', document(plain('a.b'), plain('a')), /after its parent/],
    ['another parent', document(plain('a'), { ...plain('b'), parent: 'a' }), /parent of b/],
    ['four levels', document(plain('a'), plain('a.b'), plain('a.b.c'), plain('a.b.c.d')), /more than 3 levels/],
    ...['', 'A', '1a', 'a.', '.a', 'a..b', 'a_b', 'a b', 'é', 'a\n'].map(
      (id): [string, unknown, RegExp] => [`id ${JSON.stringify(id)}`, document(plain(id)), /id is/],
    ),
    ['no English label', document({ ...plain('a'), label: { fr: 'Un' } }), /in en is missing/],
    ['an empty label', document({ ...plain('a'), label: { en: 'A', fr: ' ' } }), /in fr is missing/],
    ['no definition', document({ ...plain('a'), definition: '' }), /definition of a is missing/],
    ['an unknown vocabulary', document({ ...plain('a'), crosswalk: { iana: ['x'] } }), /unknown key: iana/],
    ['an empty word', document({ ...plain('a'), crosswalk: { dsa: [''] } }), /dsa is missing/],
  ];
  for (const [name, value, complaint] of bad) t.throws(() => parseHarmTree(value), complaint, name);
});

function plain(id: string): Entry {
  const parent = id.includes('.') ? id.slice(0, id.lastIndexOf('.')) : null;
  return { id, label: { en: id }, definition: 'A harm.', parent, crosswalk: {} };
}

function document(...harms: Entry[]): { version: string; harms: Entry[] } {
  return { version: '2026-11', harms };
}
