/**
 * `--help`, all of it on one screen.
 *
 * @module
 */

/** The text. */
export const HELP: string = `tidegate: shows and changes the lifecycle of a running service

Usage
  tidegate probe URL      asks a probe once; the exit code is for health checks
  tidegate wait URL       waits for a probe to succeed or the process to end
  tidegate status URL     phase, verdict, checks, cold start, threads, shutdown
  tidegate drain URL      refuses new writes, and returns at once
  tidegate readonly on|off URL
                          on: refuses writes; off: admits them again
  tidegate shutdown URL   shuts down, waits for the report, prints the steps
  tidegate fleet status|drain|shutdown URL
                          for the whole fleet that the service follows
  tidegate run COMMAND    runs a command, passes signals on, ensures it exits:
                          tidegate run --help
  tidegate reload [PID]   replaces the instances of a running tidegate run

URL is the address of the service, such as http://localhost:8080, including its
base path if it has one. For probe and wait it may be the URL of the probe.

Options
  --for PROBE        probe, wait: live, startup, ready (default), ready/write;
                     wait: draining, stopped (also if the process is gone)
  --timeout TIME     such as 500ms, 30s, 2m, 1h (defaults: wait 30s,
                     shutdown 60s, others 5s)
  --watch            status: repeats until Ctrl-C
  --deployment ID    fleet drain, shutdown: this deployment and older ones;
                     default: the newest, which means all of them
  --token-file PATH  the file with the admin token of status, drain,
                     readonly, shutdown and fleet
  --json             the answer of the service as one line of JSON; with
                     --watch, one line for each change
  -h, --help         this text
  -V, --version      the version

Environment
  TIDEGATE_ADMIN_TOKEN   the admin token, if there is no --token-file
  NO_COLOR               no colours

Exit codes
  0    success
  1    the service says no: not ready, not drained, a step failed
  2    the command line is wrong, or the token cannot be read
  3    no answer, or one that did not come from tidegate
  4    the token is missing or wrong, or admin calls are closed
  5    timed out
  130  interrupted`;
