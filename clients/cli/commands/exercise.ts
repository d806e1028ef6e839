import type { Command } from 'commander';
import type { ExerciseView, NewExercise } from '../../../schemas/types.ts';
import { readJson } from '../input.ts';
import { examples, segment } from '../options.ts';
import { fields, table } from '../output.ts';
import type { Commands, Session } from '../session.ts';

/** `tocsin exercise`: what is in one is not real. */
export function exerciseCommands(program: Command, commands: Commands): void {
  const exercise = program.command('exercise').description('exercises: what is in one is marked, and not real');
  exercise.command('list').description('list the exercises that you take part in').action(commands.does(listExercises))
    .addHelpText('after', examples(['tocsin exercise list', 'planned, under way and over']));
  exercise.command('show').description('show one exercise').argument('<exercise>', 'its name').action(commands.does(showExercise))
    .addHelpText('after', examples(['tocsin exercise show spring-drill', 'who takes part, from when to when']));
  exercise.command('declare').description('declare an exercise, or change its title and participants (operator)').argument('<exercise>', 'its name').argument('<file>', 'title, participants, from, until (JSON)').action(commands.does(declareExercise))
    .addHelpText('after', examples(['tocsin exercise declare spring-drill drill.json', 'its participants can post in it until it ends']));
}

async function listExercises({ client, out }: Session): Promise<void> {
  const list = await (await client()).request('GET', '/v1/exercises');
  out.result(list, () => table(['ID', 'STATE', 'FROM', 'UNTIL', 'TITLE'], list.exercises.map(({ id, state, from, until, title }) => [id, state, from, until, title])));
}

async function showExercise({ client, out }: Session, id: string): Promise<void> {
  const exercise = await (await client()).request('GET', `/v1/exercises/${segment(id)}`);
  out.result(exercise, () => describe(exercise));
}

async function declareExercise({ client, out }: Session, id: string, file: string): Promise<void> {
  const exercise = await (await client()).request('PUT', `/v1/exercises/${segment(id)}`, readJson(file) as NewExercise);
  out.result(exercise, () => describe(exercise));
}

function describe({ id, title, participants: { members = [], groups = [] }, from, until, state }: ExerciseView): string {
  return fields({ id, title, state, from, until, participants: [...members, ...groups.map((group) => `${group} (group)`)].join(', ') });
}
