/** Commits page after page to a file store, until it is killed: `node replica-writer.js FOLDER`. */
import { FileStore } from '../../../clients/sdk/stores/file.ts';
import { nextPage, pageOf } from './replica-pages.ts';

const store = await FileStore.open(process.argv[2] ?? '', 'all');
process.stdout.write('ready\n');
for (let number = nextPage(store); ; number += 1) await store.commit(pageOf(number));
