import type { NewReport, PartDifference, PartKind, ReportComparison, ReportVersion } from '../../schemas/types.ts';

type Written = NonNullable<PartDifference['after']>;

const PARTS = ['title', 'summary', 'judgements', 'sections', 'actions'] as const;
const KINDS: Record<(typeof PARTS)[number], PartKind> = { title: 'title', summary: 'summary', judgements: 'judgement', sections: 'section', actions: 'action' };

/** What differs between two versions, part by part. Parts that are the same keep their places; what lies between those is paired in order. */
export function compareVersions(from: ReportVersion, to: ReportVersion): ReportComparison {
  const [before, after] = [from.content, to.content];
  const parts = PARTS.flatMap((name) => comparedParts(KINDS[name], listOf(before, name), listOf(after, name)));
  return { from: from.version, to: to.version, parts, fields: differingFields(before, after) };
}

function listOf(content: NewReport | undefined, name: (typeof PARTS)[number]): Written[] {
  return [content?.[name] ?? []].flat();
}

function differingFields(before: Partial<NewReport> = {}, after: Partial<NewReport> = {}): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => !(PARTS as readonly string[]).includes(name));
  return names.filter((name) => JSON.stringify(before[name as keyof NewReport]) !== JSON.stringify(after[name as keyof NewReport])).sort();
}

function comparedParts(part: PartKind, before: readonly Written[], after: readonly Written[]): PartDifference[] {
  const found: PartDifference[] = [];
  let [left, right] = [0, 0];
  for (const [i, j] of [...commonOf(before, after), [before.length, after.length] as const]) {
    const [gone, come] = [before.slice(left, i), after.slice(right, j)];
    for (let n = 0; n < Math.max(gone.length, come.length); n += 1) found.push(difference(part, gone[n], come[n]));
    if (i < before.length) found.push({ part, change: 'same' });
    [left, right] = [i + 1, j + 1];
  }
  return found;
}

function difference(part: PartKind, before: Written | undefined, after: Written | undefined): PartDifference {
  const change = before && after ? 'changed' : before ? 'removed' : 'added';
  return { part, change, ...(before ? { before } : {}), ...(after ? { after } : {}) };
}

/** The places of a longest common subsequence, by the textbook's dynamic programming: at most 100 parts of a kind. */
function commonOf(before: readonly Written[], after: readonly Written[]): (readonly [number, number])[] {
  const [a, b] = [before.map((each) => JSON.stringify(each)), after.map((each) => JSON.stringify(each))];
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) lengths[i]![j] = a[i] === b[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
  }
  const pairs: (readonly [number, number])[] = [];
  for (let [i, j] = [0, 0]; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (lengths[i + 1]![j]! >= lengths[i]![j + 1]!) i += 1;
    else j += 1;
  }
  return pairs;
}
