/** A line of the demonstration. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A heading with room above it. */
export function heading(text: string): void {
  say(`\n${text}\n${'─'.repeat(Math.min(text.length, 100))}`);
}

/** Rows under a head, in columns as wide as they need; the last is cut to fit a wide screen. */
export function table(head: readonly string[], rows: readonly string[][]): void {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  for (const row of [head, ...rows]) say(`  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd());
}

/** Hours in words. */
export function duration(hours: number): string {
  if (hours % 24 === 0) return hours === 24 ? 'A day' : `${hours / 24} days`;
  return hours === 1 ? 'An hour' : `${hours} hours`;
}
