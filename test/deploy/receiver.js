/**
 * The socket of `sd_notify`, as systemd has it: prints each datagram as a line of JSON. Run by Deno,
 * since Node has no datagram sockets of the file system.
 *
 * @module
 */

const socket = Deno.listenDatagram({ transport: 'unixpacket', path: Deno.args[0] });
console.log('listening');
for await (const [bytes] of socket) console.log(JSON.stringify(new TextDecoder().decode(bytes)));
