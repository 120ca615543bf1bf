/**
 * Tells systemd how the service is (`Type=notify`): ready, stopping, and, for the watchdog, that
 * its loop turns. Node has no datagram sockets of the file system, so `systemd-notify` sends them,
 * which is wherever systemd is; the unit needs `NotifyAccess=all`, since it is a child that speaks.
 *
 * @module
 * @see https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
 */

import { execFile } from 'node:child_process';
import process from 'node:process';
import { Phase } from 'tidegate';

/** Heartbeats within the watchdog's time. */
const BEATS = 3;

/** Does nothing outside of systemd. Returns the undo. */
export function notifySystemd(lifecycle) {
  const { NOTIFY_SOCKET, WATCHDOG_USEC = '0', WATCHDOG_PID = String(process.pid) } = process.env;
  if (NOTIFY_SOCKET === undefined) return () => {};
  // One at a time, so that they arrive in order.
  let last = Promise.resolve();
  const tell = (...states) => {
    last = last.then(
      () =>
        new Promise((resolve) => {
          execFile('systemd-notify', states, (error) => {
            if (error !== null) console.error(`Cannot tell systemd ${states}: ${error.message}`);
            resolve();
          });
        }),
    );
  };
  let isStopping = false;
  const hear = (phase) => {
    if (phase === Phase.Ready) tell('READY=1', 'STATUS=ready');
    if (phase > Phase.Ready && !isStopping) {
      isStopping = true;
      tell('STOPPING=1', 'STATUS=draining');
    }
  };
  hear(lifecycle.phase());
  const forget = lifecycle.onTransition(({ to }) => hear(to));
  const watchdogMs = WATCHDOG_PID === String(process.pid) ? Number(WATCHDOG_USEC) / 1_000 : 0;
  const beating =
    watchdogMs > 0 ? setInterval(() => tell('WATCHDOG=1'), watchdogMs / BEATS) : undefined;
  beating?.unref();
  return () => {
    forget();
    clearInterval(beating);
  };
}
