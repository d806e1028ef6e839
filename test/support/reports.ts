import type { NewReport, OwnReport } from '../../schemas/types.ts';
import type { Answer, Api } from './api.ts';

/** A report that says little, with whatever a test wants it to say. */
export function report(more: Partial<NewReport> = {}): NewReport {
  return { title: { text: 'A wave of fake shops', tlp: 'GREEN' }, harms: ['fraud'], ...more };
}

/** The version of an own report as a precondition. */
export const match = (version: number): { 'if-match': string } => ({ 'if-match': `"${version}"` });

/** Does one step of the workflow with the latest version. */
export function step(api: Api, { id, version }: OwnReport, what: 'submit' | 'review' | 'publish', body?: object): Promise<Answer<OwnReport>> {
  return api.post<OwnReport>(`/v1/reports/${id}/${what}`, body, match(version));
}

/** Brings a draft to publication: its author submits and publishes it, another client of the member approves it. */
export async function publish(author: Api, reviewer: Api, draft: OwnReport): Promise<OwnReport> {
  await expect(step(author, draft, 'submit'));
  await expect(step(reviewer, draft, 'review', { verdict: 'approve' }));
  return expect(step(author, draft, 'publish'));
}

/** Writes a report and publishes it. */
export async function published(author: Api, reviewer: Api, content: NewReport): Promise<OwnReport> {
  return publish(author, reviewer, await expect(author.post<OwnReport>('/v1/reports', content)));
}

/** Publishes a further version, unless it says the same. */
export async function update(author: Api, reviewer: Api, { id, version }: OwnReport, content: NewReport): Promise<OwnReport> {
  const draft = await expect(author.put<OwnReport>(`/v1/reports/${id}`, content, match(version)));
  return draft.version === version ? draft : publish(author, reviewer, draft);
}

async function expect<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body;
}
