import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { definitions } from '../../schemas/index.ts';
import { projectFile } from '../../schemas/root.ts';
import type { Policy, PolicyCases } from '../../schemas/types.ts';
import { validatorOf } from '../../server/http/validation.ts';
import { runCases } from '../../server/policy/cases.ts';
import { validatePolicy } from '../../server/policy/validate.ts';
import { mutants } from './mutations.ts';

interface Shipped {
  name: string;
  policy: Policy;
  cases: PolicyCases;
}

const folder = projectFile('sharing-policies');
const shipped: Shipped[] = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => ({ name, policy: read(`${name}/policy.json`) as Policy, cases: read(`${name}/cases.json`) as PolicyCases }));
const policyErrors = validatorOf('Policy');
const casesErrors = validatorOf('PolicyCases');
const policies = shipped.map(({ policy }) => policy);

function read(path: string): unknown {
  return JSON.parse(readFileSync(`${folder}/${path}`, 'utf8'));
}

t.test('every shipped policy and its cases are valid documents', async (t) => {
  for (const { name, policy, cases } of shipped) {
    const { groups, members, feeds, incidents, exercises } = cases.world;
    const ids = (all: readonly { id: string }[] = []): Set<string> => new Set(all.map(({ id }) => id));
    const known = { groups: new Set(groups), members: ids(members), feeds: new Set(feeds), incidents: ids(incidents), exercises: new Set(exercises) };
    t.equal(policyErrors(policy), undefined, `${name}: policy`);
    t.equal(casesErrors(cases), undefined, `${name}: cases`);
    t.same(validatePolicy(policy, known), [], `${name}: names and bounds`);
    t.match(policy.id, new RegExp(`^(hub|example)/${name}$`), `${name}: its id is its folder’s name`);
  }
});

t.test('every case comes out as its author says', async (t) => {
  for (const { name, policy, cases } of shipped) {
    const failed = runCases(policy, cases, policies).filter((result) => !result.passed);
    t.same(failed, [], `${name}: ${cases.cases.length} cases`);
    t.equal(new Set(cases.cases.map((one) => one.name)).size, cases.cases.length, `${name}: no two cases have the same name`);
  }
});

t.test('each has its paragraph for signers, which names whatever has to be replaced', async (t) => {
  const index = readFileSync(`${folder}/README.md`, 'utf8');
  for (const { name, policy } of shipped) {
    const text = readFileSync(`${folder}/${name}/signers.md`, 'utf8');
    t.ok(text.startsWith(`# ${policy.title}: `), `${name}: under its title`);
    for (const part of ['For whom', 'What you promise', 'What you get', 'Know before you sign', 'Names']) t.match(text, new RegExp(`^\\*\\*${part}\\.\\*\\* \\S.{10}`, 'm'), `${name}: ${part}`);
    const names = policy.rules.flatMap(namesIn);
    t.same(names.filter((one) => !text.includes(`\`${one}\``)), [], `${name}: all its names`);
    t.ok(index.includes(`[${name}](${name}/signers.md)`), `${name}: in the index`);
  }
});

t.test('a member can put it into force: it is in every group that its policy names', async (t) => {
  for (const { name, policy, cases } of shipped.filter(({ name: one, cases: { layer } }) => layer !== 'charter' && one !== 'language-tour')) {
    const origin = cases.world.members.find(({ id }) => id === cases.signal?.origin)!;
    const groups = policy.rules.flatMap(({ peers: { groups: { any = [], all = [], none = [] } = {} } = {}, terms }) => [...any, ...all, ...none, ...(terms?.handling?.onward_groups ?? [])]);
    t.same(groups.filter((group) => !origin.groups?.includes(group)), [], name);
  }
});

/** The members, groups, agreements, feeds and incidents that a rule names. */
function namesIn({ peers, incidents, terms, ...rule }: Policy['rules'][number]): string[] {
  const about = [peers, rule.signals?.origin, rule.reports?.origin, rule.messages?.origin].filter((one) => one !== undefined);
  const lists = about.flatMap(({ id, groups, agreements, subscribed, responds }) => [id, groups, agreements, subscribed, responds]);
  return [...lists, incidents].flatMap((list) => Object.values(list ?? {}).flat() as string[]).concat(terms?.handling?.onward_groups ?? []);
}

t.test('the cases have teeth: no clause can change without one failing', async (t) => {
  for (const { name, policy, cases } of shipped) {
    const all = mutants(policy);
    const survivors = all.filter((mutant) => survives(mutant.policy, cases));
    t.same(survivors.map((mutant) => mutant.name), [], `${name}: ${all.length} mutants`);
  }
});

/** Whether a mutant is a policy that passes all cases. The case that failed last is tried first: it often fails the next mutant too. */
function survives(policy: unknown, cases: PolicyCases): boolean {
  if (policyErrors(policy) !== undefined) return false;
  const failing = cases.cases.findIndex((one) => !runCases(policy as Policy, { ...cases, cases: [one] }, policies)[0]!.passed);
  if (failing > 0) cases.cases.unshift(...cases.cases.splice(failing, 1));
  return failing === -1;
}

t.test('the shipped policies speak the whole language', async (t) => {
  const spoken = new Set(policies.flatMap((policy) => policy.rules.flatMap((rule) => words(rule, '').map(ofMembers))));
  const language = [...new Set(vocabulary({ $ref: 'Rule#' }, '').map(ofMembers))];
  t.ok(language.length > 80, `${language.length} words`);
  t.same(language.filter((word) => !spoken.has(word)), []);
});

/** A word that is said of members, whoever it is said of. */
function ofMembers(word: string): string {
  return word.replace(MEMBERS, '.member.');
}

interface Schema {
  $ref?: string;
  properties?: { [name: string]: Schema };
  items?: Schema;
  enum?: string[];
  anyOf?: Schema[];
}

/** Terms whose every value is a word of the language. Elsewhere a word is a path: an attribute with an operator, a term, a field of handling. */
const CHOICES = ['.effect', '.covers', '.terms.reveal', '.terms.origin'];

/** What is asked of members is one language, whether of the peer or of an origin. */
const MEMBERS = /^\.(peers|(signals|reports|messages)\.origin)\./;

function vocabulary(schema: Schema, path: string): string[] {
  if (schema.$ref) return vocabulary(definitions[schema.$ref.slice(0, -1)] as Schema, path);
  if (schema.properties) return Object.entries(schema.properties).flatMap(([name, inner]) => vocabulary(inner, `${path}.${name}`));
  if (!CHOICES.includes(path)) return [path];
  if (schema.anyOf) return [...new Set(schema.anyOf.flatMap((inner) => vocabulary(inner, path)))];
  return schema.items ? vocabulary(schema.items, path) : (schema.enum ?? []).map((value) => `${path}=${value}`);
}

function words(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return [path, ...value.map((element) => `${path}=${String(element)}`)];
  if (typeof value === 'string' || typeof value === 'number') return [path, `${path}=${value}`];
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, inner]) => words(inner, `${path}.${name}`))];
}
