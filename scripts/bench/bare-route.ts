/** The yardstick of `read`: a bare Fastify route, one primary-key query, an answer of the same bytes. */
import fastify from 'fastify';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 10 });
const answer = process.env['ANSWER'] ?? '';
const server = fastify();

server.get<{ Params: { id: string } }>('/:id', async (request, reply) => {
  const { rows } = await pool.query('select id, class_id, accepted_at, content from signal where id = $1', [request.params.id]);
  return reply.code(rows.length === 1 ? 200 : 404).type('application/json; charset=utf-8').send(answer);
});

process.stdout.write(`${await server.listen({ port: 0 })}\n`);
