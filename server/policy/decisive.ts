import type { Policy, Rule } from '../../schemas/types.ts';
import { decide, type Request } from './decide.ts';
import { evaluatePolicy, type Question } from './evaluate.ts';
import type { Lifetime } from './object.ts';
import { inForce, type World } from './world.ts';

/** A rule of the charter or of the origin's policy. */
export interface RuleOf {
  layer: 'charter' | 'policy';
  policy: string;
  rule: string;
}

/** What is left of one owner's policy when rules are taken out, and which those are. */
interface Rest {
  owner: string;
  policy: Policy;
  without: readonly RuleOf[];
}

/**
 * The smallest set of rules whose joint removal turns the decision: what is shared would be withheld, what is withheld would be
 * shared. Of several as small, it is one.
 * @returns undefined where no removal does
 */
export function decisiveRules(request: Request, lifetime: Lifetime): RuleOf[] | undefined {
  const { world, object, viewer } = request;
  const [origin, peer] = [world.members.get(object.origin), world.members.get(viewer)];
  if (!origin || !peer) return undefined;
  const question: Question = { world, at: request.at, origin, viewer: peer, object };
  const before = isShared(request, lifetime);
  // Where the origin is the operator, charter and policy are one.
  const [charter, policy] = [restsOf('charter', world.operator, question), origin.id === world.operator ? undefined : restsOf('policy', origin.id, question)];
  const both = charter.flatMap((one) => (policy ?? [undefined]).map((other) => (other ? [one, other] : [one])));
  const cost = (rests: readonly Rest[]): number => rests.reduce((sum, { without }) => sum + without.length, 0);
  const found = both.sort((a, b) => cost(a) - cost(b)).find((rests) => isShared({ ...request, world: withRests(request, rests) }, lifetime) !== before);
  return found?.flatMap(({ without }) => without);
}

function isShared(request: Request, lifetime: Lifetime): boolean {
  return decide(request, lifetime).span !== undefined;
}

/**
 * What may have the say in one policy after rules were taken out that turn something: without the withholds that match, each share
 * that matches, without those before it; or none. Only rules that match matter, and of what shares alike the first.
 */
function restsOf(layer: RuleOf['layer'], owner: string, question: Question): Rest[] {
  const activation = inForce(question.world, owner, question.at);
  if (!activation?.policy) return [];
  const { policy } = activation;
  const matching = evaluatePolicy(question, activation).traces.filter(({ matched }) => matched).map(({ rule }) => rule);
  const [withholds, shares] = [matching.filter(({ effect }) => effect === 'withhold'), matching.filter(({ effect }) => effect === 'share')];
  const rest = (rules: Rule[], without: Rule[]): Rest => ({ owner, policy: { ...policy, rules }, without: without.map(({ id }) => ({ layer, policy: policy.id, rule: id })) });
  const distinct = shares.flatMap((share, index) => (shares.findIndex((other) => grantAlike(other, share)) === index ? [{ share, index }] : []));
  const opened = distinct.map(({ share, index }) => rest([share], [...withholds, ...shares.slice(0, index)]));
  return [...opened, rest([], [...withholds, ...shares])];
}

/** Whether two shares grant the same to whomever both match: by terms, and by whom they name. */
function grantAlike(one: Rule, other: Rule): boolean {
  return JSON.stringify([one.terms, one.peers?.id?.in, one.peers?.groups]) === JSON.stringify([other.terms, other.peers?.id?.in, other.peers?.groups]);
}

function withRests({ world, at }: Request, rests: readonly Rest[]): World {
  return { ...world, activations: new Map([...world.activations, ...rests.map(({ owner, policy }) => [owner, [{ version: inForce(world, owner, at)!.version, effective: -Infinity, policy }]] as const)]) };
}
