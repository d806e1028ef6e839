import { instant } from '../../server/policy/time.ts';
import { instantsOfChange } from '../../server/policy/world.ts';
import { ManualClock } from '../../server/clock.ts';
import type { HomeName, TestScope } from '../support/hub.ts';
import { Counts } from './counts.ts';
import type { Effect } from './model.ts';
import { Possible } from './possible.ts';
import { measure } from './measure-steps.ts';
import { Processes } from './processes.ts';
import { pull, pullAll } from './pull.ts';
import { SeededRandom } from './random.ts';
import { Scene, type Check, type Done } from './scene.ts';
import * as signals from './signal-steps.ts';
import { OPERATOR, type Step } from './steps.ts';
import * as world from './world-steps.ts';

const DAY = 86_400_000;
const START_OF_TIME = Date.parse('2026-11-22T12:00:00Z');
const RETENTION = 30 * DAY;
/** Changes of the world in one concurrent step: each doubles what readers may have seen. */
const CHANGES_TOGETHER = 3;
/** Signals looked at, instants chosen among, and the furthest of them, when the clock goes to a change. */
const LATEST = 80;
const NEXT = 7;
const MOST = 20 * DAY;
const CHANGES_OF_WORLD: readonly Step['do'][] = ['activate', 'suspend', 'resume', 'group'];

/** Where and how steps are taken. */
export interface RunOptions {
  home: HomeName;
  /** Processes of the hub at any time. */
  processes: number;
  seed: number;
}

/**
 * Takes the steps on a new hub, and compares whenever a pull is complete; at the end, everything.
 * @returns how often the run met what is hard
 * @throws LawBroken, or any error of an answer that should not be
 */
export async function takeSteps(t: TestScope, { home, processes: count, seed }: RunOptions, steps: readonly Step[], counts: Counts): Promise<void> {
  const clock = new ManualClock(START_OF_TIME);
  const processes = await Processes.start(t, { home, clock, random: new SeededRandom(seed), retention: RETENTION, count });
  try {
    const run = new Run(new Scene(processes, clock, counts, RETENTION));
    for (const step of steps) await run.take(step);
    await run.finish();
  } finally {
    await processes.close();
  }
}

class Run {
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
    scene.model = scene.model.with([{ world: (model) => model.putMember({ id: OPERATOR, kind: 'hub', status: 'active', trust: 'trusted', jurisdictions: [], agreements: [] }) }]);
    scene.committed();
  }

  /** Takes one step. What it wrote becomes part of the oracle's world; what it saw is compared. */
  async take(step: Step): Promise<void> {
    if (step.do === 'in-turn') {
      for (const each of step.steps) await this.take(each);
      return;
    }
    const scene = this.#scene;
    scene.step += 1;
    scene.counts.add('steps');
    scene.busy.clear();
    try {
      this.#settle(step.do === 'together' ? await this.#together(step.steps) : [await this.#perform(step)]);
    } catch (error) {
      if (error instanceof Error) error.message = `at step ${scene.step}, ${JSON.stringify(step)}:\n${error.message}`;
      throw error;
    }
  }

  /** Brings every replica up to date. */
  async finish(): Promise<void> {
    for (const { status } of this.#scene.model.members.values()) if (status === 'suspended') await this.take({ do: 'resume', pick: 0, hub: 0 });
    for (const replica of this.#scene.replicas.values()) {
      this.#scene.busy.clear();
      this.#settle([await pullAll(this.#scene, replica)]);
    }
  }

  #settle(done: readonly Done[]): void {
    const scene = this.#scene;
    const effects = done.flatMap(({ effect }): Effect[] => (effect ? [effect] : []));
    const checks = done.flatMap((one): Check[] => one.checks ?? []);
    const possible = new Possible(scene.model, effects);
    scene.model = possible.after;
    for (const check of checks) check(possible);
  }

  /** All at once: each is sent before the first is answered. */
  async #together(steps: readonly Step[]): Promise<Done[]> {
    const scene = this.#scene;
    scene.together = true;
    let changes = 0;
    const chosen = steps.filter((step) => !CHANGES_OF_WORLD.includes(step.do) || (changes += 1) <= CHANGES_TOGETHER);
    const pulls = chosen.filter((step) => step.do === 'pull').length;
    if (pulls < chosen.length) scene.counts.add('writeDuringPull', pulls);
    try {
      const settled = await Promise.allSettled(chosen.map((step) => this.#perform(step)));
      const failed = settled.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason;
      return settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    } finally {
      scene.together = false;
    }
  }

  #perform(step: Step): Promise<Done> {
    const scene = this.#scene;
    switch (step.do) {
      case 'pull': return pull(scene, step);
      case 'join': return world.join(scene, step);
      case 'change': return world.change(scene, step);
      case 'subscribe': return world.subscribe(scene, step);
      case 'leave': return world.leave(scene, step);
      case 'suspend': return world.suspend(scene, step);
      case 'resume': return world.resume(scene, step);
      case 'group': return world.group(scene, step);
      case 'delete-group': return world.deleteGroup(scene, step);
      case 'activate': return world.activate(scene, step);
      case 'withdraw-policy': return world.withdrawPolicy(scene, step);
      case 'feed': return world.feed(scene, step);
      case 'withdraw-feed': return world.withdrawFeed(scene, step);
      case 'post': return signals.post(scene, step);
      case 'set': return signals.set(scene, step);
      case 'update': return signals.update(scene, step);
      case 'retract': return signals.retract(scene, step);
      case 'expire': return signals.expire(scene, step);
      case 'undo': return signals.undo(scene, step);
      case 'read': return signals.read(scene, step);
      case 'clock': return this.#moveClock(step.by, step.hub);
      case 'clock-to-change': return this.#moveClockToChange(step);
      case 'measure': return measure(scene, step);
      case 'rotate-keys': return this.#rotateKeys(step.hub);
      case 'restart': return this.#restart(step.hub);
      case 'together':
      case 'in-turn': throw new Error('steps that are taken together do not hold others');
    }
  }

  /** The hub's time does not go back with the clock. Where its last commit is not known to us, one is made first. */
  async #moveClock(by: number, hub: number): Promise<Done> {
    const scene = this.#scene;
    if (by < 0 && !scene.certain) {
      world.expectOk(await scene.processes.send(OPERATOR, hub, 'POST', '/v1/keys/signing/rotate', {}));
      scene.committed();
    }
    if (by < 0) scene.counts.add('clockBack');
    scene.clock.advance(by);
    return {};
  }

  /** To an instant at which something changes for the viewer, or a millisecond off. */
  async #moveClockToChange({ viewer, pick, off, pull: next, hub }: Step & { do: 'clock-to-change' }): Promise<Done> {
    const { model, clock } = this.#scene;
    const now = this.#scene.instant();
    const spans = [...model.signals.values()].slice(-LATEST).flatMap((signal) => (signal.retracted ? [] : [model.decide(viewer, 'all', signal, now).span]));
    const instants = [...instantsOfChange(model.world, instant), ...spans.flatMap((span) => [span?.release ?? 0, span?.end ?? 0])];
    const soon = [...new Set(instants)].filter((at) => at > now && at < now + MOST).sort((a, b) => a - b).slice(0, NEXT);
    const chosen = soon[pick % Math.max(1, soon.length)];
    if (chosen !== undefined) await this.#moveClock(Math.max(0, chosen + off - clock.now()), hub);
    return next ? pull(this.#scene, { ...next, viewer, hub }) : {};
  }

  async #rotateKeys(hub: number): Promise<Done> {
    const scene = this.#scene;
    world.expectOk(await scene.processes.send(OPERATOR, hub, 'POST', '/v1/keys/signing/rotate', {}));
    scene.committed();
    scene.counts.add('keysRotated');
    return {};
  }

  async #restart(hub: number): Promise<Done> {
    await this.#scene.processes.restart(hub);
    this.#scene.counts.add('restarts');
    return {};
  }
}
