import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Place, Policy, PolicyCases } from '../../../schemas/types.ts';
import { CliError, Exit, type ExitCode } from '../failure.ts';
import { readJson } from '../input.ts';
import { count } from '../output.ts';
import type { KnownNames } from '../../../server/policy/validate.ts';
import type { Session } from '../session.ts';

interface PolicyFile {
  file: string;
  document: unknown;
  /** What its schema says against it. */
  wrong: Place[];
}

/** A report on one policy. `failed` are its failing cases, `wrong` the places that keep it from being a policy. */
interface Report {
  file: string;
  cases: number;
  failed: { name: string; differences: string[] }[];
  wrong: Place[];
}

/** Checks policies by schema and by what a schema cannot say. */
export async function validatePolicies(session: Session, paths: string[], { online }: { online?: boolean }): Promise<ExitCode> {
  const { validatePolicy, namesOf } = await import('../../../server/policy/validate.ts');
  const hubNames = online ? await namesOnHub(session) : undefined;
  const reports: Report[] = [];
  for (const { file, document, wrong } of await readPolicies(paths)) {
    const policy = document as Policy;
    const deeper = wrong.length > 0 ? [] : validatePolicy(policy, { ...namesOf(policy), ...hubNames });
    reports.push({ file, cases: 0, failed: [], wrong: [...wrong, ...deeper] });
  }
  const bad = reports.filter(({ wrong }) => wrong.length > 0);
  const documents = reports.map(({ file, wrong }) => ({ file, valid: wrong.length === 0, errors: wrong }));
  session.out.result(documents, () => [...bad.map(describe), `${count(reports.length - bad.length, 'policy')} valid, ${bad.length} not.`.replace('policys', 'policies')].join('\n'));
  return bad.length > 0 ? Exit.failed : Exit.done;
}

/** Runs the cases that lie beside policies. */
export async function testPolicies({ out }: Session, paths: string[], { cases }: { cases?: string }): Promise<ExitCode> {
  if (cases !== undefined && paths.length > 1) throw new CliError('--cases goes with one policy.');
  const { runCases } = await import('../../../server/policy/cases.ts');
  const files = await readPolicies(paths);
  const policies = files.filter(({ wrong }) => wrong.length === 0).map(({ document }) => document as Policy);
  const reports: Report[] = [];
  for (const { file, document, wrong } of files) {
    const found = await readCases(cases ?? join(dirname(file), 'cases.json'));
    const allWrong = [...wrong, ...found.wrong];
    const results = allWrong.length > 0 ? [] : runCases(document as Policy, found.document as PolicyCases, policies);
    reports.push({ file, cases: results.length, failed: results.filter(({ passed }) => !passed).map(({ name, differences }) => ({ name, differences })), wrong: allWrong });
  }
  const bad = reports.filter(({ failed, wrong }) => failed.length > 0 || wrong.length > 0);
  out.result(reports, () => reports.map(describe).join('\n'));
  return bad.length > 0 ? Exit.failed : Exit.done;
}

function describe({ file, cases, failed, wrong }: Report): string {
  if (wrong.length > 0) return [`${file} is not valid:`, ...wrong.map(({ pointer, detail }) => `  ${pointer || '/'} ${detail}`)].join('\n');
  const lines = failed.flatMap(({ name, differences }) => [`  ${name}`, ...differences.map((difference) => `    ${difference}`)]);
  return [`${file}: ${failed.length === 0 ? `${count(cases, 'case')} passed` : `${failed.length} of ${count(cases, 'case')} failed`}`, ...lines].join('\n');
}

async function readPolicies(paths: readonly string[]): Promise<PolicyFile[]> {
  const { validatorOf } = await import('../../../server/http/validation.ts');
  const errors = validatorOf('Policy');
  return paths.map((path) => {
    const file = existsSync(path) && statSync(path).isDirectory() ? join(path, 'policy.json') : path;
    const document = readJson(file);
    return { file, document, wrong: errors(document) ?? [] };
  });
}

async function readCases(file: string): Promise<PolicyFile> {
  const { validatorOf } = await import('../../../server/http/validation.ts');
  const document = readJson(file);
  const wrong = validatorOf('PolicyCases')(document) ?? [];
  return { file, document, wrong: wrong.map(({ pointer, detail }) => ({ pointer: `${file}#${pointer}`, detail })) };
}

async function namesOnHub({ client }: Session): Promise<Pick<KnownNames, 'groups' | 'members'>> {
  const hub = await client();
  const [{ groups }, { members }] = await Promise.all([hub.request('GET', '/v1/groups'), hub.request('GET', '/v1/members')]);
  return { groups: new Set(groups.map(({ id }) => id)), members: new Set(members.map(({ id }) => id)) };
}
