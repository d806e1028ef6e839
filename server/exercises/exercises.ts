import type { ExerciseView, NewExercise } from '../../schemas/types.ts';
import { checkResponders, respondersOf, type Asker } from '../incidents/incidents.ts';
import { formatInstant, instant } from '../policy/time.ts';
import { Problem, problemAt } from '../problems.ts';
import type { ExerciseDocument } from '../world/documents.ts';
import type { HubWorld } from '../world/state.ts';
import type { Change } from '../world/store.ts';

const LONGEST = 90 * 86_400_000;

/** Whether a member takes part in an exercise. */
export function takesPart(world: HubWorld, { participants }: ExerciseDocument, member: string): boolean {
  return respondersOf(world, participants).has(member);
}

/** What is asked of what belongs to the exercise `id`, if any: that its origin takes part, and that it is not over. @throws Problem invalid-body */
export function exerciseFor(world: HubWorld, at: number, member: string, id: string | undefined): ExerciseDocument | undefined {
  if (id === undefined) return undefined;
  const exercise = world.exercises.get(id);
  if (exercise && at < exercise.until && takesPart(world, exercise, member)) return exercise;
  throw problemAt('invalid-body', '/exercise', 'is not an exercise that you take part in, or is over');
}

/** The exercises of a member, or for the operator all, by id. To others they do not exist. */
export function knownExercises(world: HubWorld, { member, operator }: Asker): ExerciseDocument[] {
  return [...world.exercises.values()].filter((exercise) => operator || takesPart(world, exercise, member.id)).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** An exercise that the member takes part in. @throws Problem not-found */
export function knownExercise(world: HubWorld, id: string, asker: Asker): ExerciseDocument {
  const exercise = world.exercises.get(id);
  if (!exercise || !(asker.operator || takesPart(world, exercise, asker.member.id))) throw new Problem('not-found');
  return exercise;
}

/** An exercise as its participants see it. */
export function exerciseView({ id, title, participants, from, until }: ExerciseDocument, at: number): ExerciseView {
  return { id, title, participants, from: formatInstant(from), until: formatInstant(until), state: at < from ? 'planned' : at < until ? 'under-way' : 'over' };
}

/**
 * Declares an exercise, or changes its title and participants. Its dates stay: what was posted in it ends when it ends, and was
 * accepted with that end.
 * @throws Problem invalid-body, invalid-times, conflict (other dates)
 */
export function declareExercise(world: HubWorld, at: number, id: string, { title, participants, ...times }: NewExercise): Change<{ created: boolean; exercise: ExerciseView }> {
  checkResponders(world, participants, '/participants');
  const [from, until] = [instant(times.from), instant(times.until)];
  if (until <= from || until > from + LONGEST) throw problemAt('invalid-times', '/until', 'must be after from, and at most 90 days later');
  const before = world.exercises.get(id);
  if (before && (before.from !== from || before.until !== until)) throw problemAt('conflict', '/until', 'an exercise keeps its dates');
  if (!before && until <= at) throw problemAt('invalid-times', '/until', 'must be in the future');
  const doc: ExerciseDocument = { id, title, participants, from, until };
  const deed = { action: before ? 'change-exercise' : 'declare-exercise', subject: id, detail: { title, participants, ...times } };
  return { entries: [{ kind: 'exercise', subject: id, doc }], deeds: [deed], result: { created: !before, exercise: exerciseView(doc, at) } };
}
