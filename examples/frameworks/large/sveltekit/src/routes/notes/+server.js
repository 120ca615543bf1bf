export async function POST({ request }) {
  return new Response(await globalThis.service.save(await request.text()));
}
