import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { projectFile } from '../../schemas/root.ts';
import type { Policy, PolicyCases, Tlp } from '../../schemas/types.ts';
import { prepareCase } from '../../server/policy/cases.ts';
import { compile } from '../../server/policy/compile.ts';
import { countable } from '../../server/policy/counting.ts';
import { judge, type Grant, type Request } from '../../server/policy/decide.ts';
import type { PolicyObject, SignalObject } from '../../server/policy/object.ts';
import { instant } from '../../server/policy/time.ts';
import { instantsOfChange, type World } from '../../server/policy/world.ts';
import { portion, runs, scenes, seed, type Scene } from './arbitraries.ts';
import { EVERYTHING, HOUR, member, NOON, policy, request, share, signal, WIDEST, withhold, world } from './build.ts';

t.comment(`SEED=${seed}`);

const text = (grant: Grant | undefined): string => (grant ? JSON.stringify(grant) : 'withheld');

function compiled({ world, at, viewer, object, feed }: Request): Grant | undefined {
  return compile(world, at).viewer(viewer, feed).grant(object);
}

/** How much was compared, and whether it was worth it. */
class Tally {
  compared = 0;
  granted = 0;
  counted = 0;
  readonly texts = new Set<string>();

  /** Whether both engines grant the same, to the letter, in all that the scene asks. The engine was compiled at `since(at)`. */
  same({ world, instants, viewers, feeds, objects }: Scene, since: (world: World, at: number) => number = (_, at) => at): boolean {
    return instants.every((at) => {
      const engine = compile(world, since(world, at));
      const found = new Map<Grant, string>();
      if (!objects.every((object) => this.#countsAlike(engine.countable(object), countable(world, at, object)))) return false;
      return viewers.every((viewer) => feeds.every((feed) => {
        const decider = engine.viewer(viewer, feed);
        return objects.every((object) => {
          const grant = decider.grant(object);
          if (grant) found.set(grant, text(grant));
          return this.#count(text(judge({ world, at, viewer, object, ...(feed ? { feed } : {}) }).grant), text(grant));
        });
      })) && new Set(found.values()).size === found.size;
    });
  }

  #countsAlike(found: boolean, expected: boolean): boolean {
    if (expected) this.counted += 1;
    return found === expected;
  }

  #count(expected: string, found: string): boolean {
    this.compared += 1;
    if (expected !== 'withheld') this.granted += 1;
    this.texts.add(expected);
    return expected === found;
  }

  toString(): string {
    return `${this.compared} comparisons, ${this.granted} granted, ${this.texts.size} different grants, ${this.counted} times a signal counts; SEED=${seed}`;
  }
}

t.test('the compiled engine grants what the plain evaluator grants, to the letter, and equal grants are one', async (t) => {
  const tally = new Tally();
  fc.assert(fc.property(scenes, (scene) => tally.same(scene)), runs(560));
  t.comment(String(tally));
  t.ok(tally.compared >= 200_000 * portion, 'enough of them');
  t.ok(tally.granted > tally.compared / 20 && tally.texts.size > 1000 * portion && tally.counted > 100 * portion, 'and enough shared for the comparison to mean something');
});

t.test('it holds until the next instant of change', async (t) => {
  const tally = new Tally();
  const before = (world: World, at: number): number => instantsOfChange(world, instant).findLast((change) => change <= at) ?? at;
  fc.assert(fc.property(scenes, (scene) => tally.same({ ...scene, instants: scene.instants.map((at) => at + 1) }, before)), runs(100));
  t.comment(String(tally));
  t.ok(tally.granted > 1000 * portion);
});

t.test('the shipped policies, all their cases and each case for every peer', async (t) => {
  const folder = projectFile('sharing-policies');
  const read = (path: string): unknown => JSON.parse(readFileSync(`${folder}/${path}`, 'utf8'));
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const policies = names.map((name) => read(`${name}/policy.json`) as Policy);
  for (const [index, name] of names.entries()) {
    const document = read(`${name}/cases.json`) as PolicyCases;
    const requests = document.cases.flatMap((one) => document.world.members.map(({ id }) => prepareCase(policies[index]!, document, { ...one, peer: id }, policies)));
    t.notOk(requests.some((one) => 'problems' in one), `${name}: ${requests.length} questions`);
    const asked = requests.flatMap((one) => ('request' in one ? [one.request] : []));
    t.same(asked.map((one) => text(compiled(one))), asked.map((one) => text(judge(one).grant)));
  }
});

t.test('of a rule for several groups, each peer takes terms and standing by its own', async (t) => {
  const circles = policy(share('circles', { peers: { groups: { any: ['a', 'b'] } }, terms: { ...EVERYTHING, handling: { ...WIDEST, onward: 'group' } } }));
  const here = world({ policy: circles, groups: ['a', 'b'], origin: { groups: ['a'] }, viewer: { groups: ['a'] }, others: [member('second', { groups: ['b'] }), member('both', { groups: ['a', 'b'] })] });
  const engine = compile(here, NOON);
  const granted = (tlp: Tlp): (readonly string[] | undefined)[] => {
    const object: PolicyObject = { kind: 'signal', origin: 'origin', attributes: signal({ tlp }) };
    return ['viewer', 'second', 'both'].map((viewer) => engine.viewer(viewer).grant(object)?.handling.onward_groups);
  };
  t.same(granted('GREEN'), [['a'], ['b'], ['a', 'b']]);
  t.same(granted('AMBER'), [[], undefined, []]);
});

t.test('policies of hundreds of rules: each may decide', async (t) => {
  const rules = Array.from({ length: 500 }, (_, index) => share(`r${index + 1}`, { signals: { labels: { any: [`l${index + 1}`] } }, terms: { ...EVERYTHING, after: `PT${index + 1}H` } }));
  for (const hour of [1, 31, 32, 33, 64, 65, 300, 499, 500]) {
    const signal = { labels: [`l${hour}`, 'l500'] };
    t.same(compiled(request({ policy: policy(...rules), signal }))?.windows, [{ after: hour * HOUR }], `rule ${hour}`);
    t.equal(compiled(request({ policy: policy(...rules, withhold('last', { signals: { labels: { any: [`l${hour}`] } } })), signal })), undefined, 'a withhold wins from the last place');
  }
});

t.test('long lists: who is named, and who is not', async (t) => {
  const ids = Array.from({ length: 1000 }, (_, index) => `m${index}`);
  for (const [id, granted] of [['m0', true], ['m999', true], ['m1000', false]] as const) {
    const asked = (operator: 'in' | 'notIn'): boolean => {
      const { world, ...rest } = request({ policy: policy(share('s', { peers: { id: { [operator]: ids } } })), viewer: { id } });
      const members = new Map([...world.members.values()].map((one) => [one.id, one]));
      return compiled({ ...rest, world: { ...world, members }, viewer: id }) !== undefined;
    };
    t.equal(asked('in'), granted, `${id} in`);
    t.equal(asked('notIn'), !granted, `${id} notIn`);
  }
});

t.test('an object is looked at once, for all viewers and feeds', async (t) => {
  const { world, object, at } = request({});
  let reads = 0;
  const watched: SignalObject = { ...object as SignalObject, get attributes() { reads += 1; return (object as SignalObject).attributes; } };
  const engine = compile(world, at);
  const feeds = [undefined, { id: 'all' }, { id: 'origin/urls', owner: 'origin', filter: { type: { in: ['url' as const] } } }];
  const grants = feeds.flatMap((feed) => Array.from({ length: 3 }, () => engine.viewer('viewer', feed).grant(watched)));
  t.equal(new Set(grants).size, 1);
  t.ok(grants[0]);
  t.equal(reads, 2, 'once for the policies, once for the filter');
  t.equal(engine.viewer('viewer').grant({ ...object, notBefore: NOON })?.notBefore, NOON);
});
