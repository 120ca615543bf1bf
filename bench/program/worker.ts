/**
 * What a worker thread runs: the one task that its first message names.
 *
 * @module
 */

import { contend } from './contended.ts';
import { nextMessage, parent, type Task } from './threads.ts';
import { answerWakeups } from './wakeup.ts';

const channel = parent();
const task = await nextMessage<Task>(channel);
// The message says which of the two it is; each checks what else is in it by using it.
if (task.task === 'contend') contend(task as Parameters<typeof contend>[0], channel);
else await answerWakeups(task as Parameters<typeof answerWakeups>[0], channel);
