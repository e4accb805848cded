import { feedOfTable, type Noun } from '../db/noun.ts';
import { channelColumns } from './columns.ts';
import { Channel, ChannelPatch, ChannelTest, ChannelWithSecret, NewChannel } from './model.ts';

export const channelNoun: Noun<'channel', Channel> = {
  type: 'channel',
  schema: 'Channel',
  schemas: () => [Channel, ChannelWithSecret, NewChannel, ChannelPatch, ChannelTest],
  tables: ['duly.channels'],
  secretColumns: ['secret'],
  isVersioned: true,
  feed: feedOfTable('channel', {
    name: 'duly.channels',
    alias: 'ch',
    columns: channelColumns,
    isLive: null,
    idDescription: "The channel's id.",
  }),
};
