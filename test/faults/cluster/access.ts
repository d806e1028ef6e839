import type { Problem } from '../../../schemas/types.ts';
import type { TocsinClient } from '../../../clients/sdk/index.ts';
import { call, requestToken, type Credentials } from '../../support/api.ts';
import type { Hubs } from './hubs.ts';
import { Again, type Patience } from './patience.ts';
import type { Tally } from './tally.ts';

/** A token is used for so long, in milliseconds; hubs give them for 15 minutes. */
const LIFE = 600_000;

/** Asks every process by itself: tokens of one hold at the others, and who is cut off is cut off at all. */
export class AccessCheck {
  readonly findings: string[] = [];
  readonly #hubs: Hubs;
  readonly #patience: Patience;
  readonly #tally: Tally;
  readonly #credentials: ReadonlyMap<string, Credentials>;
  readonly #tokens = new Map<string, { text: string; since: number }>();

  constructor(hubs: Hubs, patience: Patience, tally: Tally, credentials: ReadonlyMap<string, Credentials>) {
    this.#hubs = hubs;
    this.#patience = patience;
    this.#tally = tally;
    this.#credentials = credentials;
  }

  /** The suspension of the member has just been acknowledged: the next request to any process that lives is refused. */
  async suspended(member: string): Promise<void> {
    await this.#askAll(await this.#token(member), `${member}, suspended`, 'urn:tocsin:problem:member-suspended');
    this.#tally.add('suspensions checked at all processes');
  }

  /** A client is made, gets its token from one process, uses it at all, and is revoked: the next request to any is refused. */
  async revoked(operator: TocsinClient, member: string): Promise<void> {
    const { client_id, client_secret } = await operator.request('POST', `/v1/members/${member}/clients`, { title: 'For a moment', scopes: ['members:read'] });
    const token = await this.#request({ client_id, client_secret: client_secret! });
    await this.#askAll(token, `a client of ${member}`, undefined);
    await operator.request('POST', `/v1/clients/${client_id}/revoke`);
    await this.#askAll(token, `a revoked client of ${member}`, 'urn:tocsin:problem:invalid-token');
    this.#tally.add('revocations checked at all processes');
  }

  async #askAll(token: string, who: string, refusal: string | undefined): Promise<void> {
    await Promise.all(this.#hubs.urls.map(async (url) => {
      const answer = await call<Partial<Problem>>(`${url}/v1/me`, 'GET', undefined, { authorization: `Bearer ${token}` }).catch(() => undefined);
      if (!answer || answer.status === 503) return;
      if (refusal === undefined ? answer.status !== 200 : answer.body.type !== refusal) this.findings.push(`${who}: a process answered ${answer.status} ${JSON.stringify(answer.body)}`);
      this.#tally.add('requests to single processes');
    }));
  }

  async #token(member: string): Promise<string> {
    const known = this.#tokens.get(member);
    if (known && Date.now() < known.since + LIFE) return known.text;
    const text = await this.#request(this.#credentials.get(member)!);
    this.#tokens.set(member, { text, since: Date.now() });
    return text;
  }

  /** From whatever process answers. */
  #request(credentials: Credentials): Promise<string> {
    const { urls } = this.#hubs;
    return this.#patience.insist('a token', async (tries) => {
      const answer = await requestToken(urls[tries % urls.length]!, { ...credentials }).catch(() => undefined);
      if (answer?.status !== 200) throw new Again('no token');
      return (answer.body as { access_token: string }).access_token;
    });
  }
}
