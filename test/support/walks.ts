/** The crisis, instant by instant: what happens, and whose view changes to what. Read it beside the policy. */
export const CRISIS = `
2026-11-19T08:00Z  Harbourview posts footage, a manifesto, an admirer, a threat (TLP RED) and a news broadcast
  + footage to saltmarsh: digests harm severity confidence status labels note, named
  + manifesto to saltmarsh: digests harm severity confidence status, named
  + admirer to saltmarsh: digests harm severity confidence status, named
  + threat to northstar, lanternline: digests harm severity confidence status basis, named
2026-11-19T09:00Z  Harbourview publishes a report; its judgement is TLP AMBER
  + report to saltmarsh: title summary judgement action, named
2026-11-19T10:00Z  Lifeline opens the incident for two days
  + footage to northstar: digests harm severity labels, hidden
  + manifesto to northstar, openshore, farhub: digests harm severity confidence, pseudonymous
  + report to northstar, lanternline, lifeline, openshore: title summary action, named
  + footage to lifeline: digests harm severity confidence note, named
  + manifesto to lifeline: digests harm severity confidence, named
  + footage to openshore, farhub: digests harm severity confidence, pseudonymous
2026-11-19T10:30Z  Harbourview reports imminent harm (TLP RED)
  + alarm to northstar, lanternline: text, named
2026-11-19T12:00Z  Harbourview posts a copy that nobody has verified yet
  + copy to saltmarsh: digests harm severity confidence status, named
  + copy to lifeline: digests harm severity confidence, named
2026-11-19T13:00Z  Time has come
  + copy to northstar, openshore, farhub: digests harm severity confidence, pseudonymous
2026-11-20T08:00Z  Time has come
  + footage to quillet: harm severity, hidden
  + manifesto to quillet: harm severity, hidden
2026-11-20T12:00Z  Time has come
  + copy to quillet: harm severity, hidden
2026-11-21T10:00Z  Time has come
  - footage from northstar, lifeline, openshore, farhub
  - manifesto from northstar, lifeline, openshore, farhub
  - copy from northstar, lifeline, openshore, farhub
  - report from northstar, lanternline, lifeline, openshore
2026-11-22T08:00Z  Time has come
  - threat from northstar, lanternline
  + footage to northstar, openshore, farhub: digests harm severity confidence, pseudonymous
  + manifesto to northstar, openshore, farhub: digests harm severity confidence, pseudonymous
2026-11-22T10:30Z  The alarm is three days old
  - alarm from northstar, lanternline
2026-11-22T12:00Z  Time has come
  + copy to northstar, openshore, farhub: digests harm severity confidence, pseudonymous
2026-11-23T10:00Z  Saltmarsh opens the incident again, without an end
  ~ footage for northstar: digests harm severity labels, hidden
  + report to northstar, lanternline, lifeline, openshore: title summary action, named
  + footage to lifeline: digests harm severity confidence note, named
  + manifesto to lifeline: digests harm severity confidence, named
  + copy to lifeline: digests harm severity confidence, named
2026-11-23T11:00Z  Saltmarsh closes it
  ~ footage for northstar: digests harm severity confidence, pseudonymous
  - report from northstar, lanternline, lifeline, openshore
  - footage from lifeline
  - manifesto from lifeline
  - copy from lifeline
2026-11-26T09:00Z  The report is a week old
  + report to northstar, lanternline, lifeline, openshore: title summary action, pseudonymous
2026-12-03T08:00Z  Time has come
  - footage from saltmarsh
  - manifesto from saltmarsh
  - admirer from saltmarsh
2026-12-03T12:00Z  Time has come
  - copy from saltmarsh
`;

/** The election likewise. */
export const ELECTION = `
2027-07-29T08:00Z  Before the campaign Northstar posts a lie about voting, a threat to an official and an opinion
  + threat to civicwatch: digests harm severity confidence status note, named
2027-07-31T22:00Z  Time has come
  + lie to civicwatch, harbourview: digests harm severity confidence, named
2027-08-19T08:00Z  Time has come
  - lie from civicwatch, harbourview
2027-08-28T08:00Z  Time has come
  - threat from civicwatch
2027-09-30T08:00Z  In its last week Northstar posts a rumour, a network and an impostor
  + impostor to civicwatch, harbourview: digests harm severity confidence, named
2027-09-30T09:00Z  Northstar publishes advice on false polling offices
  + advice to civicwatch: title summary section action, named
  + advice to harbourview: title summary action, named
2027-09-30T10:00Z  Northstar publishes an assessment of the network
  + assessment to civicwatch: title summary judgement action, named
2027-09-30T14:00Z  Time has come
  + rumour to civicwatch: digests harm severity confidence intent basis, pseudonymous
  + network to civicwatch: digests harm severity confidence intent basis, pseudonymous
2027-10-01T22:00Z  The last two days begin
  - rumour from civicwatch
  ~ assessment for civicwatch: title summary …, named
2027-10-03T22:00Z  The polls are closed
  - impostor from civicwatch, harbourview
  - network from civicwatch
  - advice from civicwatch, harbourview
  - assessment from civicwatch
  + lie to quillet: harm severity, hidden
2027-10-30T08:00Z  Time has come
  + rumour to quillet: harm severity, hidden
  + network to quillet: harm severity, hidden
  + impostor to quillet: harm severity, hidden
2027-10-30T09:00Z  The advice is 30 days old
  + advice to quillet: title summary, hidden
2027-10-30T10:00Z  The assessment is 30 days old
  + assessment to quillet: title summary judgement, hidden
2028-08-27T08:00Z  Time has come
  - lie from quillet
2028-10-29T08:00Z  Time has come
  - rumour from quillet
  - network from quillet
  - impostor from quillet
2028-10-29T09:00Z  Time has come
  - advice from quillet
2028-10-29T10:00Z  Time has come
  - assessment from quillet
`;
