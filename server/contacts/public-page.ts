import { createHash } from 'node:crypto';
import type { ContactNeed, ContactWay, OnCallHours, PublicContact, PublicContactQuery } from '../../schemas/types.ts';
import { html, Html } from '../http/html.ts';
import { enumeration } from '../policy/conditions.ts';
import { formatInstant } from '../policy/time.ts';
import type { HubWorld } from '../world/state.ts';
import { isWanted, type ContactRow } from './contacts.ts';
import { isOnCall } from './hours.ts';

const STYLE = `body{font:1rem/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin:0}form{display:flex;gap:1rem;flex-wrap:wrap;align-items:end;margin:1rem 0}
label{display:grid;gap:.25rem}select,button{font:inherit;padding:.4rem}article{border-top:1px solid #767676;padding:1rem 0}
ul{margin:.5rem 0;padding-left:1.2rem}.now{font-weight:600}small{color:#595959}
@media (prefers-color-scheme:dark){body{color:#eee;background:#161616}small{color:#b0b0b0}a{color:#8ab4f8}}`;

/** Nothing but the page's own style, and a form that asks this page again. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;

const NEEDS = enumeration('ContactNeed') as ContactNeed[];
const countryNames = new Intl.DisplayNames('en', { type: 'region' });

/** The public contacts that are asked for, those with somebody there now first; only such as are confirmed. */
export function publicList(world: HubWorld, at: number, rows: readonly ContactRow[], { need, country }: PublicContactQuery): PublicContact[] {
  const wanted = { verification: 'current' as const, ...(need ? { need } : {}), ...(country ? { country } : {}) };
  const shown = rows.filter((row) => isWanted(row, wanted, at)).map((row) => publicView(world, at, row));
  return shown.sort((a, b) => Number(b.on_call ?? false) - Number(a.on_call ?? false));
}

function publicView(world: HubWorld, at: number, { owner, doc, verified_at: verified }: ContactRow): PublicContact {
  const { title, role, needs = [], countries, ways, hours, criteria } = doc;
  return {
    member: world.members.get(owner)!.title,
    title,
    role,
    needs,
    ...(countries ? { countries } : {}),
    ways,
    ...(hours ? { hours, on_call: isOnCall(hours, at) } : {}),
    ...(criteria ? { criteria } : {}),
    verified_at: formatInstant(verified!),
  };
}

/** The page that tells users whom to contact. */
export function publicPage(contacts: readonly PublicContact[], countries: readonly string[], { need, country }: PublicContactQuery): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Whom to contact</title><style>${new Html(STYLE)}</style></head>
<body><main><h1>Whom to contact</h1>
<p>If somebody is in danger now, call the emergency number of your country first.</p>
<form method="get" action="/contacts">
<label>What is it about? <select name="need"><option value="">Anything</option>${NEEDS.map((one) => option(one, wordsOf(one), need))}</select></label>
<label>Country <select name="country"><option value="">Any</option>${countries.map((one) => option(one, countryNames.of(one) ?? one, country))}</select></label>
<button>Show</button></form>
${contacts.length === 0 ? html`<p>There is no contact for this.</p>` : contacts.map(article)}
</main></body></html>
`.text;
}

function option(value: string, text: string, chosen: string | undefined): Html {
  return html`<option value="${value}"${value === chosen ? html` selected` : undefined}>${text}</option>`;
}

function article({ member, title, needs, countries, ways, hours, on_call: onCall, criteria, verified_at: verified }: PublicContact): Html {
  return html`<article><h2>${title}</h2><p>${member}${onCall ? html` <span class="now">· there now</span>` : undefined}</p>
<ul>${ways.map((way) => html`<li>${link(way)}</li>`)}</ul>
${criteria ? html`<p>${criteria}</p>` : undefined}
${needs.length > 0 ? html`<p>For: ${needs.map(wordsOf).join(', ')}</p>` : undefined}
<p><small>${countries ? `In ${countries.map((code) => countryNames.of(code) ?? code).join(', ')}. ` : ''}${hours ? `${hoursText(hours)}. ` : ''}Confirmed on ${verified.slice(0, 10)}.</small></p></article>`;
}

function link({ kind, address }: ContactWay): Html {
  const target = { email: `mailto:${address}`, phone: `tel:${address.replaceAll(/[^+0-9]/g, '')}`, url: address }[kind];
  return html`<a href="${target}" rel="noreferrer nofollow">${address}</a>`;
}

function hoursText({ zone, weekly }: OnCallHours): string {
  return `${weekly.map(({ days, from, to }) => `${days.join(', ')} ${from}–${to}`).join('; ')} (${zone})`;
}

function wordsOf(id: string): string {
  return id.replaceAll('-', ' ');
}
