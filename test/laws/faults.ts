/** A mistake that the laws must catch: one piece of a built module, and what stands there instead. */
export interface Fault {
  /** What goes wrong. */
  what: string;
  /** The module below `dist/server`. */
  module: string;
  /** Must occur exactly once, so that a fault cannot vanish when the code changes. */
  snippet: string;
  replacement: string;
  /** The laws that catch it: those of signals when absent. */
  law?: 'reports';
}

/** The named faults of `--break NAME`. None is in the policy engine, which the oracle uses as well. */
export const faults: Record<string, Fault> = {
  'late-commit-skipped': {
    what: 'positions of the log are taken before, and apart from, the transaction that writes there: a reader passes what commits late',
    module: 'signals/writer.js',
    snippet: 'const head = await advance(tx, this.#hub.clock, writes.length);',
    replacement: 'const head = await this.#hub.db.transaction().execute((apart) => advance(apart, this.#hub.clock, writes.length)); await new Promise((soon) => setTimeout(soon, 300));',
  },
  'removal-lost': {
    what: 'a signal that an update hides stays with those who hold it',
    module: 'feeds/drain.js',
    snippet: "const gone = { row, exception, ...(held ? { removal: 'gone' } : {}) };",
    replacement: 'const gone = { row, exception };',
  },
  'removal-by-policy-lost': {
    what: 'what a change of entitlements hides stays with those who hold it',
    module: 'feeds/diff.js',
    snippet: "...act('remove', without(held, after)), ",
    replacement: '',
  },
  'embargo-restarts': {
    what: 'an update inside an embargo begins it anew',
    module: 'signals/store.js',
    snippet: 'update signal s set class_id = r.class_id,',
    replacement: 'update signal s set accepted_at = ${at}::bigint, class_id = r.class_id,',
  },
  'embargo-ends-late': {
    what: 'an embargo ends a millisecond late',
    module: 'feeds/entitlements.js',
    snippet: 'const hi = delay === 0 ? FOREVER : at - delay;',
    replacement: 'const hi = delay === 0 ? FOREVER : at - delay - 1;',
  },
  'window-end-untold': {
    what: 'views do not say when a window of visibility closes',
    module: 'feeds/look.js',
    snippet: 'windows.flatMap((w) => (w.for === undefined ?',
    replacement: 'windows.flatMap((w) => (w.for !== null ?',
  },
  'retraction-to-holders-only': {
    what: 'a retraction is not told to a member that received the signal and does not hold it now',
    module: 'feeds/drain.js',
    snippet: 'const received = await receivedAmong(work, gone.map(({ row }) => row));',
    replacement: 'const received = new Set();',
  },
  'retraction-to-everybody': {
    what: 'a retraction is told to members that never received the signal',
    module: 'feeds/drain.js',
    snippet: 'if (!received.has(verdict.row.id))',
    replacement: 'if (received === undefined)',
  },
  'resync-without-retractions': {
    what: 'a replica that begins anew does not learn what was retracted',
    module: 'feeds/drain.js',
    snippet: 'holdsNothing ? await readRetractions(tx, position, end, wanted)',
    replacement: 'holdsNothing ? []',
  },
  'entitlements-change-unnoticed': {
    what: 'a scan under way goes on towards its goal although entitlements have changed',
    module: 'feeds/pull.js',
    snippet: 'if (await showSame(work, first, now))',
    replacement: 'if (first)',
  },
  'ahead-forgotten': {
    what: 'what a page said of signals that change again further on in the log is forgotten',
    module: 'feeds/pull.js',
    snippet: 'from.ahead ? from.pull : 0',
    replacement: '0',
  },
  'end-left-to-a-scan-untold': {
    what: 'what ends while a change of it is left to a scan stays with those who hold something older',
    module: 'feeds/drain.js',
    snippet: 'const untold = !isScanned(segments, place);',
    replacement: 'const untold = false;',
  },
  'judged-by-the-old-class': {
    what: 'an updated signal is judged by what it was before',
    module: 'feeds/drain.js',
    snippet: 'const place = placeOf(row, row.class_id, row.until);',
    replacement: 'const place = placeOf(row, row.prev_class ?? row.class_id, row.until);',
  },
  'feed-as-it-is-now': {
    what: 'what a replica holds of a feed is told by the feed as it is now, not as it was',
    module: 'feeds/pull.js',
    snippet: 'feedOf(then, id) ?? feed',
    replacement: 'feed',
  },
  'table-of-an-older-world': {
    what: 'decisions are kept although the world has changed',
    module: 'feeds/entitlements.js',
    snippet: 'const interval = `${world.version} ',
    replacement: 'const interval = `',
  },
  'cursor-beyond-the-page': {
    what: 'the cursor of a page that was full passes the rows of the log that it had no room for',
    module: 'feeds/drain.js',
    snippet: 'return { dirty, stopped };',
    replacement: 'return { dirty, stopped: rows.at(-1).position };',
  },
  'time-runs-backwards': {
    what: 'decisions follow a clock that was set back',
    module: 'db/head.js',
    snippet: "sql `greatest(at, ${clock.sql()})`.as('at')",
    replacement: "sql `(${clock.sql()})`.as('at')",
  },
  'digest-without-updates': {
    what: 'the sums of the digest keep what a signal was before an update',
    module: 'signals/store.js',
    snippet: 'sums.remove(summandOf(row));\n    for (const row of rows)',
    replacement: ';\n    for (const row of rows)',
  },
  'digest-with-retracted': {
    what: 'the sums of the digest keep what was retracted',
    module: 'signals/store.js',
    snippet: 'sums.remove(summandOf(row));\n    await sql',
    replacement: ';\n    await sql',
  },
  'digest-with-ended': {
    what: 'the digest counts signals until the end of the day on which they end',
    module: 'feeds/digest.js',
    snippet: 'c.until_day > ${today} as whole',
    replacement: 'c.until_day >= ${today} as whole',
  },
  'report-removal-lost': {
    law: 'reports',
    what: 'a report that is hidden stays with those who hold it',
    module: 'reports/changes/pull.js',
    snippet: "[{ id, change: { type: 'remove', id, reason: 'gone' } }]",
    replacement: '[]',
  },
  'report-withdrawal-to-holders-only': {
    law: 'reports',
    what: 'the withdrawal of a report is not told to a member that was shown it and does not hold it now',
    module: 'reports/changes/pull.js',
    snippet: 'held !== undefined || received.has(id) ?',
    replacement: 'held !== undefined ?',
  },
  'report-withdrawal-to-everybody': {
    law: 'reports',
    what: 'the withdrawal of a report is told to members that were never shown it',
    module: 'reports/changes/pull.js',
    snippet: 'held !== undefined || received.has(id) ?',
    replacement: 'id ?',
  },
  'report-release-forgotten': {
    law: 'reports',
    what: 'that an embargo on a part has ended is not noticed',
    module: 'reports/changes/candidates.js',
    snippet: ', { lo: a.hi, hi: b.hi }]',
    replacement: ']',
  },
  'report-segments-passed-over': {
    law: 'reports',
    what: 'changes below the point that a pull has reached are skipped',
    module: 'reports/changes/pull.js',
    snippet: 'const rest = from.slice(index);',
    replacement: 'const rest = from.slice(index); if (index === 0 && from.length > 1) continue;',
  },
  'report-by-the-present-policy': {
    law: 'reports',
    what: 'what a replica holds of reports is told by the policies of now, not by those of then',
    module: 'reports/changes/pull.js',
    snippet: 'await hub.worlds.at(version, tx), at)',
    replacement: 'world, at)',
  },
  'report-link-to-a-change-untold': {
    law: 'reports',
    what: 'that a linked signal changed is not noticed',
    module: 'reports/changes/candidates.js',
    snippet: "union select l.report_id from change_log c join report_link l on l.target = c.signal_id and l.kind = 'signal' where c.position > ${position}",
    replacement: '',
  },
  'report-links-to-hidden-signals': {
    law: 'reports',
    what: 'links show signals that their reader may not see',
    module: 'reports/known.js',
    snippet: '.filter((signal) => grantedNow(sight, signal))',
    replacement: '',
  },
  'report-links-to-hidden-reports': {
    law: 'reports',
    what: 'links show reports that their reader may not see',
    module: 'reports/known.js',
    snippet: '.filter((title) => grantedReport(sight, title))',
    replacement: '',
  },
  'report-parts-by-the-title': {
    law: 'reports',
    what: 'parts are shown with their title, whatever is decided about them',
    module: 'reports/view.js',
    snippet: 'class_id: classes[place], accepted_at',
    replacement: 'class_id: classes[0], accepted_at',
  },
  'report-omissions-told': {
    law: 'reports',
    what: 'that something is left out is told where policy does not let it be',
    module: 'reports/view.js',
    snippet: "const marks = reveals(title.grant, 'omissions');",
    replacement: 'const marks = true;',
  },
  'report-export-without-marks': {
    law: 'reports',
    what: 'a printable page leaves the marks of handling out',
    module: 'reports/export.js',
    snippet: '`TLP:${tlp}`,',
    replacement: '',
  },
  'report-list-by-hidden-fields': {
    law: 'reports',
    what: 'a list is filtered by what is not shown',
    module: 'reports/list.js',
    snippet: 'reveals(grant, field) && fits(object.attributes)',
    replacement: 'fits(object.attributes)',
  },
  'search-in-hidden-parts': {
    law: 'reports',
    what: 'a search finds words of parts that are hidden',
    module: 'search/find.js',
    snippet: "${queryOf(words)} and ${among('p.class_id', seenClasses(sight, 'part'))} and ",
    replacement: '${queryOf(words)} and ',
  },
};

/** The source of a module with its fault. @throws Error where the snippet does not occur exactly once */
export function withFault(source: string, { module, snippet, replacement }: Fault): string {
  const parts = source.split(snippet);
  if (parts.length !== 2) throw new Error(`the snippet of the fault occurs ${parts.length - 1} times in ${module}: ${snippet}`);
  return parts.join(replacement);
}
