import { actorOf, operatorOf, viewerOf, type Access } from '../auth/access.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { declareExercise, exerciseView, knownExercise, knownExercises } from './exercises.ts';

const tags = ['Incidents'];

/** Exercises: what is in one is marked, and real to nobody. */
export function exerciseRoutes(app: App, hub: Hub, access: Access): void {
  app.get('/v1/exercises', { onRequest: access('members:read'), schema: { tags, summary: 'The exercises that you take part in', response: { 200: $('ExerciseList') } } }, (request) => {
    const viewer = viewerOf(request);
    return { exercises: knownExercises(viewer.world, viewer).map((exercise) => exerciseView(exercise, viewer.head.at)) };
  });

  app.get('/v1/exercises/:exercise', { onRequest: access('members:read'), schema: { tags, summary: 'One exercise', params: $('ExercisePath'), response: { 200: $('ExerciseView') } } }, (request) => {
    const viewer = viewerOf(request);
    return exerciseView(knownExercise(viewer.world, request.params.exercise, viewer), viewer.head.at);
  });

  app.put('/v1/exercises/:exercise', { onRequest: access('incidents:write'), schema: { tags, summary: 'Declare an exercise, or change its title and participants', description: 'For the operator.', params: $('ExercisePath'), body: $('NewExercise'), response: { 200: $('ExerciseView'), 201: $('ExerciseView') } } }, async (request, reply) => {
    const actor = actorOf(operatorOf(request));
    const { created, exercise } = await hub.worlds.change(actor, (world, at) => declareExercise(world, at, request.params.exercise, request.body));
    return reply.code(created ? 201 : 200).send(exercise);
  });
}
