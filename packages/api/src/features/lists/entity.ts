import { defineEntity } from '../../platform/history/entity.ts';
import { exportedList, list } from './schemas.ts';
import { toList } from './to-list.ts';

/** Lists of tasks. Every user has an Inbox, whose id is the id of the user: it can be neither deleted nor archived. */
export const lists = defineEntity({
  name: 'list',
  table: 'lists',
  noun: 'list',
  owner: 'user_id',
  history: 'user',
  softDeletes: true,
  sync: { row: list, toWire: toList },
  export: { list: 'lists', row: exportedList },
  reference: {
    router: 'lists',
    name: 'Lists',
    description: 'Lists of tasks. Each task is in exactly one; every user has an Inbox.',
  },
  scopes: { read: 'tasks:read', write: 'tasks:write' },
});
