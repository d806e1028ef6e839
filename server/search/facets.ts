import type { FacetValue, ReportFacets } from '../../schemas/types.ts';
import type { Tally } from './find.ts';
import type { TitleClass } from './search.ts';

const MOST = 50;

/** How many of the reports that were found are of which harm and so on, as far as their reader is told of each. */
export function facetsOf(tallies: readonly Tally[], titles: ReadonlyMap<number, TitleClass>): ReportFacets {
  const facet = (valuesOf: (title: TitleClass, year: number) => readonly string[]): FacetValue[] => {
    const counts = new Map<string, number>();
    for (const { title_class: classId, year, reports } of tallies) {
      for (const value of valuesOf(titles.get(classId)!, year)) counts.set(value, (counts.get(value) ?? 0) + reports);
    }
    return [...counts].map(([value, reports]) => ({ value, reports })).sort((a, b) => b.reports - a.reports || (a.value < b.value ? -1 : 1)).slice(0, MOST);
  };
  return {
    harms: facet(({ harms }) => harms),
    regions: facet(({ regions }) => regions),
    tactics: facet(({ tactics }) => tactics),
    origins: facet(({ origin }) => (origin === undefined ? [] : [origin])),
    years: facet((_title, year) => [String(year)]),
  };
}
