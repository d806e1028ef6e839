import type { Done, Scene } from './scene.ts';
import { aimed } from './signal-steps.ts';
import type { Step } from './steps.ts';

/** Measures other than before are written: of the members named, and of signals. What a signal says does not change by it. */
export async function measure(scene: Scene, { signals, members, hub }: Extract<Step, { do: 'measure' }>): Promise<Done> {
  const measured = signals.flatMap(({ aim, corroboration, dispute }) => {
    const signal = aimed(scene, aim);
    return signal && scene.take(signal.id) ? [{ ...signal, corroboration, dispute }] : [];
  });
  await scene.processes.measured(hub, Math.floor(scene.instant() / 86_400_000), members, measured);
  scene.committed();
  scene.counts.add('measured', measured.filter(({ id, corroboration, dispute }) => corroboration !== (scene.model.signals.get(id)!.corroboration ?? 0) || dispute !== (scene.model.signals.get(id)!.dispute ?? 'none')).length);
  return { effect: { world: (model) => model.putMeasures(members), signals: measured } };
}
