import type { Command } from 'commander';
import type { OverlapTable, TrendCell, Trends } from '../../../schemas/types.ts';
import { examples, given, oneOf } from '../options.ts';
import { table } from '../output.ts';
import type { Commands, Session } from '../session.ts';

/** `tocsin trends`: what members' signals come to, week by week. */
export function trendsCommand(program: Command, commands: Commands): void {
  program.command('trends').description('what members’ signals come to, week by week; small numbers are left out')
    .option('--weeks <number>', 'how many, from the last that has ended; 12 when left out')
    .addOption(oneOf('--by <what>', 'only this table', 'TrendDimension'))
    .option('--overlap', 'instead, how much of what you posted others knew')
    .action(commands.does(showTrends))
    .addHelpText('after', examples(['tocsin trends --weeks 4 --by harm', 'signals by harm in the last four weeks'], ['tocsin trends --overlap', 'how much of what you posted others knew at each week’s close']));
}

async function showTrends({ client, out }: Session, flags: { weeks?: string; by?: string; overlap?: boolean }): Promise<void> {
  const hub = await client();
  if (flags.overlap) {
    const overlap = await hub.request('GET', '/v1/trends/overlap', undefined, { query: given({ weeks: flags.weeks }) });
    out.result(overlap, () => overlapText(overlap));
    return;
  }
  const trends = await hub.request('GET', '/v1/trends', undefined, { query: given({ weeks: flags.weeks, by: flags.by }) });
  out.result(trends, () => trendsText(trends));
}

function trendsText({ weeks }: Trends): string {
  const rows = weeks.flatMap(({ from, cells }) => cells.map((cell) => [day(from), ...cellRow(cell)]));
  return rows.length === 0 ? 'There is nothing to say of these weeks.' : table(['WEEK', 'BY', 'VALUE', 'SIGNALS', 'ORIGINS', 'AGAINST THE 4 BEFORE'], rows);
}

function cellRow({ by, value, signals, origins, ratio }: TrendCell): string[] {
  return [by, value, String(signals), String(origins), ratio === undefined ? '' : `× ${ratio.toFixed(2)}`];
}

function overlapText({ weeks }: OverlapTable): string {
  const rows = weeks.flatMap(({ from, harms }) => harms.map(({ harm, indicators, known, median_lag_days: lag }) =>
    [day(from), harm, String(indicators), ...known.map(({ share }) => `${Math.round(share * 100)} %`), lag === undefined ? '' : String(lag)]));
  const steps = weeks.flatMap(({ harms }) => harms)[0]?.known.map(({ others }) => `${others}+ OTHERS`) ?? [];
  return rows.length === 0 ? 'There is nothing to say of these weeks.' : table(['WEEK', 'HARM', 'INDICATORS', ...steps, 'DAYS BEHIND'], rows);
}

function day(instant: string): string {
  return instant.slice(0, 10);
}
