import { Pool } from 'undici';

const CONNECTIONS = 50;

/** Requests a second over a fixed number of connections, each asking again as soon as it is answered. */
export async function load(url: string, path: (index: number) => string, token: string, n: number): Promise<number> {
  const pool = new Pool(url, { connections: CONNECTIONS });
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < n) {
      const { statusCode, body } = await pool.request({ method: 'GET', path: path(next++), headers: { authorization: `Bearer ${token}` } });
      await body.dump();
      if (statusCode !== 200) throw new Error(`status ${statusCode}`);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  const seconds = (performance.now() - started) / 1000;
  await pool.close();
  return n / seconds;
}
