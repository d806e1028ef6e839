import { snapshot } from '../db/database.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import type { Hub } from '../hub.ts';
import type { MemberDocument } from '../world/documents.ts';
import type { ReportView } from '../../schemas/types.ts';
import { recordShown } from './disclosures.ts';
import { viewsAt } from './known.ts';
import { presentOf, sightOf } from './sight.ts';

/**
 * The report as the viewer may see it now, or undefined. That it was shown is durable when this returns. What the viewer may not
 * see and what does not exist take the same steps.
 */
export function readReport(hub: Hub, entitlements: Entitlements, viewer: MemberDocument, id: string): Promise<ReportView | undefined> {
  return snapshot(hub.db, async (tx) => {
    const present = await presentOf(hub, tx);
    const { head, world } = present;
    const sight = await sightOf(hub, entitlements, tx, head, viewer.id, world, head.at);
    const shown = (await viewsAt(tx, [id], head.position, sight)).get(id);
    if (shown) await recordShown(tx, present, viewer.number, [{ of: shown, name: shown.view.version, places: shown.places }]);
    return shown?.view;
  });
}
