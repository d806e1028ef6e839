import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { CanonicalisationError, hashEmail, hashMedia, hashUrl, type KeyRing } from '../../clients/sdk/index.ts';
import type { NewSignal } from '../../schemas/types.ts';

/** What Northstar and Ironquay know, where the user names no lists. Everything here is made up. */
export function builtIn(keys: KeyRing): Record<string, NewSignal[]> {
  const base = { status: 'malicious', tlp: 'GREEN' } as const;
  return {
    northstar: [
      { ...base, digests: [hashUrl(keys, 'login.parcel-fee.example')], harm: 'fraud.phishing', severity: 'high', confidence: 95, reference: 'ns-1' },
      { ...base, digests: [hashUrl(keys, 'https://prize.example/claim?id=7')], harm: 'fraud.phishing', severity: 'medium', confidence: 90, reference: 'ns-2' },
      { ...base, digests: [hashUrl(keys, 'double-your-coins.example')], harm: 'fraud.investment', severity: 'high', confidence: 85, reference: 'ns-3' },
      { ...base, digests: [hashEmail(keys, 'too.good@mail.example')], harm: 'fraud.shopping', severity: 'medium', confidence: 75, reference: 'ns-4' },
      { ...base, digests: [hashUrl(keys, 'half-sure.example')], harm: 'fraud', severity: 'low', confidence: 40, reference: 'ns-5' },
    ],
    ironquay: [
      { ...base, digests: [hashUrl(keys, 'login.parcel-fee.example')], harm: 'fraud.phishing', severity: 'critical', confidence: 90, reference: 'iq-1' },
      { ...base, digests: [hashMedia('media-md5', '9e107d9d372bb6826bd81d3542a419d6')], harm: 'spam', severity: 'low', confidence: 80, reference: 'iq-2' },
      { ...base, digests: [hashUrl(keys, 'under-appeal.example')], harm: 'fraud', severity: 'high', confidence: 85, labels: ['under-appeal'], reference: 'iq-3' },
    ],
  };
}

/** A list of domains or URLs, one a line, as phishing signals hashed here. Lines that are no URL are counted and left out. */
export async function* fromList(file: string, keys: KeyRing, tally: { read: number; refused: number }): AsyncGenerator<NewSignal> {
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const url = line.trim();
    if (!url || url.startsWith('#')) continue;
    tally.read += 1;
    try {
      yield { digests: [hashUrl(keys, url)], harm: 'fraud.phishing', severity: 'high', confidence: 90, status: 'malicious', tlp: 'GREEN' };
    } catch (error) {
      if (!(error instanceof CanonicalisationError)) throw error;
      tally.refused += 1;
    }
  }
}
