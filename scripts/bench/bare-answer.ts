import fastify from 'fastify';

/** The yardstick of `idle-poll`: a bare Fastify route without a database that gives the bytes of its environment's ANSWER. */
const answer = process.env['ANSWER'] ?? '{}';
const server = fastify();
server.get('/', (_request, reply) => reply.type('application/json; charset=utf-8').send(answer));
process.stdout.write(`${await server.listen({ host: '127.0.0.1', port: 0 })}\n`);
