import type { Command } from 'commander';
import { examples, segment } from '../options.ts';
import { table } from '../output.ts';
import type { Commands, Session } from '../session.ts';

/** `tocsin feed`: what is offered, and what one is subscribed to. */
export function feedCommands(program: Command, commands: Commands): void {
  const feed = program.command('feed').description('feeds that are offered to you, and subscriptions to them');
  feed.command('list').description('list the feeds that are offered to you').action(commands.does(listFeeds))
    .addHelpText('after', examples(['tocsin feed list', 'each with its title; pull one: tocsin pull FEED']));
  feed.command('subscribe').description('subscribe to a feed: policies may ask for that, and its owner sees it').argument('<feed>', '`all`, or the offering member and a name: northstar/fraud').action(commands.does(subscribe))
    .addHelpText('after', examples(['tocsin feed subscribe northstar/fraud', 'twice is once']));
  feed.command('unsubscribe').description('end a subscription').argument('<feed>', 'its name').action(commands.does(unsubscribe))
    .addHelpText('after', examples(['tocsin feed unsubscribe northstar/fraud', 'what was shared with subscribers only is taken back']));
  feed.command('subscriptions').description('list what you are subscribed to').action(commands.does(listSubscriptions))
    .addHelpText('after', examples(['tocsin feed subscriptions', 'each feed, and since when']));
  feed.command('subscribers').description('list who is subscribed to a feed of yours').argument('<feed>', 'its name').action(commands.does(listSubscribers))
    .addHelpText('after', examples(['tocsin feed subscribers northstar/fraud', 'each member, and since when']));
}

async function listFeeds({ client, out }: Session): Promise<void> {
  const list = await (await client()).request('GET', '/v1/feeds');
  out.result(list, () => table(['FEED', 'TITLE'], list.feeds.map(({ id, title }) => [id, title])));
}

async function subscribe({ client, out }: Session, feed: string): Promise<void> {
  const subscription = await (await client()).request('PUT', `/v1/subscriptions/${pathOf(feed)}`);
  out.result(subscription, () => `You are subscribed to ${subscription.feed} since ${subscription.since}.`);
}

async function unsubscribe({ client, out }: Session, feed: string): Promise<void> {
  await (await client()).request('DELETE', `/v1/subscriptions/${pathOf(feed)}`);
  out.result({ feed, subscribed: false }, () => `You are not subscribed to ${feed} any more.`);
}

async function listSubscriptions({ client, out }: Session): Promise<void> {
  const list = await (await client()).request('GET', '/v1/subscriptions');
  out.result(list, () => table(['FEED', 'SINCE'], list.subscriptions.map(({ feed, since }) => [feed, since])));
}

async function listSubscribers({ client, out }: Session, feed: string): Promise<void> {
  const [owner = '', name = ''] = feed.split('/');
  const list = await (await client()).request('GET', `/v1/feeds/${segment(owner)}/${segment(name)}/subscribers`);
  out.result(list, () => table(['MEMBER', 'SINCE'], list.subscribers.map(({ member, since }) => [member, since])));
}

function pathOf(feed: string): `${string}/${string}` {
  return feed.split('/').map(segment).join('/') as `${string}/${string}`;
}
