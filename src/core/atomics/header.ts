/**
 * HEADER in plain JavaScript: makes zeroed memory a lifecycle.
 *
 * @module
 */

import {
  AT_CHECK_CAPACITY,
  AT_MAGIC,
  AT_MEMBER_CAPACITY,
  AT_REPORT_CAPACITY,
  AT_STAGE_CAPACITY,
  AT_STATE,
  AT_VERSION,
  MAGIC,
  STARTING,
  VERSION,
} from '../../../assembly/layout.ts';
import type { Core } from '../core.ts';
import { stateWord } from './state.ts';
import type { Words } from './words.ts';

export type HeaderModule = Pick<Core, 'create'>;

export function headerModule({ store32, store64 }: Words): HeaderModule {
  return {
    create: (now, members, stages, reports, checks) => {
      store32(AT_VERSION, VERSION);
      store32(AT_MEMBER_CAPACITY, members);
      store32(AT_STAGE_CAPACITY, stages);
      store32(AT_REPORT_CAPACITY, reports);
      store32(AT_CHECK_CAPACITY, checks);
      store64(AT_STATE, stateWord(now, 0, 0, STARTING));
      // Last: memory that has it has all the rest.
      store32(AT_MAGIC, MAGIC);
    },
  };
}
