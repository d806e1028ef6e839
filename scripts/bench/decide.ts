import { compile } from '../../server/policy/compile.ts';
import { judge, type Grant } from '../../server/policy/decide.ts';
import { SeededRandom } from '../../test/laws/random.ts';
import { AT, benchWorld, type BenchWorld } from './decide-world.ts';
import { CedarYardstick, permits } from './decide-cedar.ts';
import { interleave, report } from './report.ts';

const PROMISED = 100;
/** Decisions a second of the yardstick below which a run means nothing. */
const FLOOR = 500;
const CLASSES = 2_000;
/** Requests to the yardstick for so many decisions of ours. */
const PER_REQUEST = 50;

/**
 * Decisions of the compiled engine with their full terms, each about another pair of class and viewer and each round from
 * nothing, compiling included; against Cedar on the same rules. Every decision of every round is checked against the plain
 * evaluator, and every answer of Cedar against what the rules say.
 * @param n decisions a round: 2,000 classes times so many viewers
 */
export async function decide(n = 1_000_000, rounds = 5): Promise<void> {
  const bench = benchWorld(Math.max(1, Math.round(n / CLASSES)), CLASSES);
  const pairs = bench.viewers.length * CLASSES;
  const expected = judgeAll(bench);
  const asked = cedarRequests(bench, Math.ceil(pairs / PER_REQUEST));
  const measured = await interleave(
    rounds,
    () => {
      const grants = new Array<Grant | undefined>(pairs);
      const started = performance.now();
      decideAll(bench, grants);
      const seconds = (performance.now() - started) / 1000;
      check(grants, expected);
      return Promise.resolve(pairs / seconds);
    },
    () => {
      const started = performance.now();
      const answers = asked.map(({ call }) => permits(call));
      const seconds = (performance.now() - started) / 1000;
      const wrong = asked.filter(({ expect }, index) => answers[index] !== expect).length;
      if (wrong > 0) throw new Error(`Cedar says otherwise about ${wrong} of ${asked.length} requests`);
      return Promise.resolve(asked.length / seconds);
    },
  );
  report('decide', pairs, measured, PROMISED, FLOOR);
}

function decideAll({ world, viewers, classes }: BenchWorld, grants: (Grant | undefined)[]): void {
  const engine = compile(world, AT);
  let pair = 0;
  for (const viewer of viewers) {
    const decider = engine.viewer(viewer);
    for (const object of classes) grants[pair++] = decider.grant(object);
  }
}

/** What the plain evaluator grants for each pair, as text; undefined for nothing. */
function judgeAll({ world, viewers, classes }: BenchWorld): (string | undefined)[] {
  const same = new Map<string, string>();
  const expected = viewers.flatMap((viewer) =>
    classes.map((object) => {
      const { grant } = judge({ world, at: AT, viewer, object });
      const text = grant && JSON.stringify(grant);
      if (text !== undefined && !same.has(text)) same.set(text, text);
      return text === undefined ? undefined : same.get(text);
    }),
  );
  const granted = expected.filter((text) => text !== undefined).length;
  process.stderr.write(`${expected.length} pairs judged by the plain evaluator: ${granted} granted, ${same.size} different grants\n`);
  return expected;
}

function check(grants: readonly (Grant | undefined)[], expected: readonly (string | undefined)[]): void {
  const texts = new Map<Grant, string>();
  const textOf = (grant: Grant): string => {
    const text = texts.get(grant) ?? JSON.stringify(grant);
    texts.set(grant, text);
    return text;
  };
  const wrong = grants.filter((grant, pair) => (grant && textOf(grant)) !== expected[pair]).length;
  if (wrong > 0) throw new Error(`${wrong} of ${grants.length} decisions differ from the plain evaluator`);
}

/** Requests about pairs drawn at random, each with what the rules say: whether charter, policy and audience share, whatever comes of their terms. */
function cedarRequests({ world, viewers, classes }: BenchWorld, count: number): { call: Parameters<typeof permits>[0]; expect: boolean }[] {
  const random = new SeededRandom(7);
  const cedar = new CedarYardstick(world, AT);
  const requests = Array.from({ length: count }, () => {
    const object = random.pick(classes);
    const viewer = random.pick(viewers.filter((id) => id !== object.origin));
    const { findings } = judge({ world, at: AT, viewer, object });
    const expect = findings.every((finding) => finding.effect === 'share' || finding.layer === 'meet' || finding.layer === 'tlp');
    return { call: cedar.request(viewer, object), expect };
  });
  process.stderr.write(`${count} requests to Cedar, ${requests.filter(({ expect }) => expect).length} to be permitted\n`);
  return requests;
}
