import type { HomeName } from '../support/hub.ts';
import { inScope } from './laws.ts';
import { ReportRun } from './report-run.ts';

/** What a run must have met, so that a generator that no longer meets what is hard fails. */
export const REPORT_MINIMUMS = { complete: 30, inMidPull: 15, sent: 40, gone: 4, withdrawn: 3, byTime: 15, partly: 30, marked: 20, linked: 15, superseded: 1, reads: 20, lists: 8, exports: 8, hiddenWords: 4, found: 2, notFound: 3, steps: 1 };

export type ReportEvent = keyof typeof REPORT_MINIMUMS;

/** How often a run met what is hard. */
export class ReportCounts {
  readonly #counts = new Map<ReportEvent, number>();

  add(event: ReportEvent): void {
    this.#counts.set(event, this.of(event) + 1);
  }

  of(event: ReportEvent): number {
    return this.#counts.get(event) ?? 0;
  }

  /** The events of which there were too few. */
  below(): string[] {
    return (Object.entries(REPORT_MINIMUMS) as [ReportEvent, number][]).flatMap(([event, least]) => (this.of(event) < least ? [`${event}: ${this.of(event)} of ${least}`] : []));
  }

  /** One event a line. */
  table(): string {
    return [...this.#counts].map(([event, count]) => `${String(count).padStart(9)}  ${event}`).join('\n');
  }
}

/** What the laws of reports are checked with. */
export interface ReportLawOptions {
  home: HomeName;
  seed: number;
  steps: number;
}

/** Takes random steps on a new hub and compares what readers of reports are shown with the plain evaluator. */
export async function checkReports({ home, seed, steps }: ReportLawOptions, counts = new ReportCounts()): Promise<{ counts: ReportCounts; failure?: string }> {
  try {
    await inScope(async (scope) => (await ReportRun.start(scope, { home, seed }, counts)).take(steps));
    return { counts };
  } catch (error) {
    return { counts, failure: `seed ${seed}, step ${counts.of('steps')}: ${String(error)}` };
  }
}
