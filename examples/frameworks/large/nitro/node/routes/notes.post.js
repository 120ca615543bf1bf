export default defineEventHandler(async (event) =>
  globalThis.service.save(await readRawBody(event)),
);
