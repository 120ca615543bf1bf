/**
 * `--help`, all of it on one screen.
 *
 * @module
 */

/** The text. */
export const HELP: string = `tidegate: asks a service where it is between boot and stop

Usage
  tidegate probe URL      one look at a probe: exit status for a health check
  tidegate wait URL       waits for a probe to say yes, or for an end
  tidegate status URL     phase, verdict, checks, cold start, threads, shutdown
  tidegate drain URL      closes the gate to writes, and returns at once
  tidegate readonly on|off URL
                          refuses writes until they are allowed again
  tidegate shutdown URL   shuts down, waits for the report, prints the steps
  tidegate run COMMAND    runs a command, passes signals on, sees to its end:
                          tidegate run --help
  tidegate reload [PID]   new instances in the place of those of a tidegate run

URL is that of the service, as http://localhost:8080, with its base path if it
has one. For probe and wait it may be that of the probe.

Options
  --for PROBE        probe, wait: live, startup, ready (default), ready/write;
                     wait: draining, stopped (one that is gone has stopped)
  --timeout TIME     500ms, 30s, 2m, 1h; wait: 30s, shutdown: 60s, others: 5s
  --watch            status: again and again, until Ctrl-C
  --token-file PATH  status, drain, readonly, shutdown: has the admin token
  --json             what the service answered, as one line of JSON; with
                     --watch one for each change
  -h, --help         this text
  -V, --version      the version

Environment
  TIDEGATE_ADMIN_TOKEN   the admin token, if there is no --token-file
  NO_COLOR               no colours

Exit codes
  0    it is so, or it is done
  1    the service says no: not ready, not drained, a step failed
  2    the command line is wrong, or the token cannot be read
  3    no answer, or not that of tidegate
  4    the token is missing or wrong, or admin calls are closed
  5    the time was over
  130  interrupted`;
